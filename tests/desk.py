"""The desk, for tests: agents, a practice with visits, and everything of a patient that nobody may see too early."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.people.roles import Grant, Reach, Role, reach
from clinic.domain.scheduling.appointment import State
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing import attendance
from clinic.engine.placing.changing import Who
from clinic.engine.placing.lookup import read_lookup
from clinic.store.connect import begin_write
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.staff import Account
from clinic.usecases import booking, desk
from clinic.usecases.booking import Booked
from tests import build
from tests.build import KEY, PATIENT

BORN = date(1971, 4, 23)


@dataclass(frozen=True)
class Someone:
    """Somebody on the staff, as a use case of the desk knows them."""

    account_id: int
    grants: tuple[Grant, ...]
    specialist_id: int | None = None

    @property
    def actor(self) -> str:
        return f"account:{self.account_id}"

    def reach(self, action: str, /) -> Reach:
        return reach(action, self.grants)


class Desk:
    """One practice; patients and visits as they are booked by anybody; time as it is told."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now, self.days, self.staff = session, now, 0, 0
        self.place, self.doctor, self.kind = build.practice(
            session, weekly=build.EVERY_DAY, horizon_days=400, audience="returning"
        )
        self.agent = self.hire()

    def hire(self, *grants: Grant) -> Someone:
        """An agent, unless said otherwise."""
        self.staff += 1
        row = Account(email=f"{self.staff}@example.org", name=f"Agent {self.staff}", state="active", created_at=self.now)
        return Someone(build.save(self.session, row).id, grants or (Grant(Role.AGENT),))

    def supervisor(self) -> Someone:
        return self.hire(Grant(Role.AGENT, None, True))

    def manager(self, location_id: int | None = None) -> Someone:
        return self.hire(Grant(Role.MANAGER, location_id or self.place.id))

    def book(self, *, who: Who = PATIENT, **said: Any) -> Booked:
        """A visit on a day of its own; by a patient, of whom it proves nothing, or by the staff."""
        self.days += 1
        wish = SlotRef(self.kind.id, self.place.id, self.doctor.id, cell_at(self.now + timedelta(days=self.days)))
        held = booking.hold(self.session, write_opening(KEY, wish), key=KEY, who=who, now=self.now)
        return booking.confirm(self.session, held.token, build.details(**said), key=KEY, who=who, now=self.now)

    def attended(self, **said: Any) -> Booked:
        """A visit of a month ago, at which they were seen: what they say of it proves who they are."""
        today, self.now = self.now, self.now - timedelta(days=30)
        try:
            booked = self.book(**said)
        finally:
            self.now = today
        visit, at = booked.summary.appointment_id, booked.summary.start
        begin_write(self.session)
        for state in (State.ARRIVED, State.STARTED, State.FULFILLED):
            attendance.mark(self.session, visit, state, who=build.STAFF, now=at)
        self.session.commit()
        return booked

    def patient_of(self, booked: Booked) -> int:
        wanted = select(Appointment.patient_id).where(Appointment.id == booked.summary.appointment_id)
        found = self.session.execute(wanted).scalar_one()
        self.session.rollback()
        assert found is not None
        return found

    def begin(self, agent: Someone | None = None) -> int:
        return desk.begin_call(self.session, agent or self.agent, now=self.now)

    def look(self, call: int, agent: Someone | None = None, **asked: Any) -> desk.CallersFound:
        values = {"family_name": "Garcia", "birth_date": BORN, "phone": "407 555 0123"} | asked
        lookup = read_lookup(
            values["family_name"], values["birth_date"], phone=values["phone"], reference=asked.get("reference", "")
        )  # fmt: skip
        return desk.look_up(self.session, agent or self.agent, call, lookup, key=KEY, now=self.now)

    def verify(
        self, call: int, row: str, given_name: str, fact: str = "", answer: str = "", agent: Someone | None = None,
        *, born: date | None = None,
    ) -> desk.CallerVerdict:  # fmt: skip
        proof = desk.Proof(given_name, fact, answer, born)
        return desk.verify(self.session, agent or self.agent, call, row, proof, key=KEY, now=self.now)

    def actions(self, actor: str) -> list[tuple[str, int | None, str]]:
        """What the audit log has of somebody: (action, patient, detail)."""
        rows = self.session.execute(
            select(Audit.action, Audit.patient_id, Audit.detail).where(Audit.actor == actor).order_by(Audit.id)
        )
        found = [(action, patient_id, detail) for action, patient_id, detail in rows]
        self.session.rollback()
        return found
