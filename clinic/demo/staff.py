"""One account of each role, for looking around in a demo. Their password is no secret, and their second step a fixed code."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.adapters.one_time_codes import new_secret
from clinic.adapters.passwords import Passwords
from clinic.adapters.sealing import Sealer
from clinic.domain.people.roles import Grant, Reach, Role, Scope
from clinic.store.connect import begin_write
from clinic.store.patients import encrypted_answers
from clinic.store.staff import ties
from clinic.store.staff.accounts import add_grant
from clinic.store.tables.directory import Location, Offer, Specialist
from clinic.store.tables.staff import Account

PASSWORD = "lamp vest okapi"  # noqa: S105 (of a demo: printed when it starts)
EVERYWHERE = Reach(frozenset({Scope.ORGANISATION}))
NAMES = {
    "specialist": Role.SPECIALIST,
    "callcenter": Role.AGENT,
    "frontdesk": Role.FRONT_DESK,
    "manager": Role.MANAGER,
    "admin": Role.ADMINISTRATOR,
}


def addresses() -> list[tuple[str, Role]]:
    """(e-mail address, role) of each."""
    return [(f"{name}@example.org", role) for name, role in NAMES.items()]


def open_accounts(session: Session, *, hashing: Passwords, sealer: Sealer, now: datetime) -> bool:
    """One account of each role at the first clinic there is, unless there are accounts. Returns whether they were made."""
    begin_write(session)
    place = session.scalar(select(Location.id).order_by(Location.id).limit(1))
    if place is None or session.scalar(select(Account.id).limit(1)) is not None:
        session.rollback()
        return False
    here = select(Offer.specialist_id).where(Offer.location_id == place)
    clinics = select(func.count(Offer.location_id.distinct())).where(Offer.specialist_id == Specialist.id).scalar_subquery()
    of_most = select(Specialist).where(Specialist.id.in_(here)).order_by(clinics.desc(), Specialist.id)
    someone = session.scalars(of_most.limit(1)).first()
    encrypted_answers.keep_seal(session, sealer.seal)
    invented = {
        Role.AGENT: "Hana Quartermoor", Role.FRONT_DESK: "Omar Fernhallow", Role.MANAGER: "Greta Lockmeadow",
        Role.ADMINISTRATOR: "Silas Wintergarden", Role.SPECIALIST: someone.name if someone else "Juno Tidewell",
    }  # fmt: skip
    grants = {
        Role.SPECIALIST: Grant(Role.SPECIALIST), Role.AGENT: Grant(Role.AGENT, None, True),
        Role.FRONT_DESK: Grant(Role.FRONT_DESK, place),
        Role.MANAGER: Grant(Role.MANAGER, place, True), Role.ADMINISTRATOR: Grant(Role.ADMINISTRATOR),
    }  # fmt: skip
    for email, role in addresses():
        account = Account(
            email=email, name=invented[role], state="active", created_at=now, password_hash=hashing.hash(PASSWORD),
            totp_secret=sealer.seal(new_secret()), specialist_id=someone.id if someone and role is Role.SPECIALIST else None,
        )  # fmt: skip
        session.add(account)
        session.flush()
        add_grant(session, account.id, grants[role])
        if account.specialist_id is not None:
            ties.vouch(session, account.id, EVERYWHERE, (), by=None, now=now)
    session.commit()
    return True
