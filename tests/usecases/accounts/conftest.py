"""A staff of four with whole sign-ins, and what it takes to check them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.adapters.passwords import Passwords
from clinic.adapters.sealing import Sealer
from clinic.domain.people.roles import Grant, Role
from clinic.store.staff.accounts import add_grant
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.staff import Account
from clinic.usecases import accounts
from clinic.usecases.accounts import Locks, Person
from tests import build
from tests.conftest import FakeClock

PASSWORD = "okapi-vest-lamp"
SECRET = pyotp.random_base32()


@dataclass
class Staff:
    """`sign_in(account)` goes the whole way; `person(token)` is who a cookie stands for now."""

    session: Session
    clock: FakeClock
    locks: Locks
    here: int
    there: int
    made: dict[str, int] = field(default_factory=dict)

    def hire(self, name: str, *grants: Grant, **given: Any) -> int:
        values = {
            "email": f"{name.lower()}@example.org", "name": f"{name} Ashgrover", "state": "active", "created_at": self.clock(),
            "password_hash": self.locks.hashing.hash(PASSWORD), "totp_secret": self.locks.sealer.seal(SECRET),
        }  # fmt: skip
        id_ = build.save(self.session, Account(**{**values, **given})).id
        for grant in grants:
            add_grant(self.session, id_, grant)
        self.session.commit()
        self.made[name] = id_
        return id_

    def code(self) -> str:
        """What the app shows now. Each counts once, so the clock goes on."""
        self.clock.forward(seconds=30)
        return pyotp.TOTP(SECRET).at(self.clock())

    def begin(self, name: str, password: str = PASSWORD) -> str:
        email = f"{name.lower()}@example.org"
        return accounts.begin_sign_in(self.session, email, password, locks=self.locks, device="Firefox", now=self.clock())

    def finish(self, token: str, code: str) -> str:
        half = self.person(token)
        return accounts.finish_sign_in(self.session, half, code, locks=self.locks, device="Firefox", now=self.clock())

    def sign_in(self, name: str) -> str:
        return self.finish(self.begin(name), self.code())

    def person(self, token: str) -> Person:
        found = accounts.look(self.session, token, now=self.clock()).person
        assert found
        return found

    def is_in(self, token: str) -> bool:
        return accounts.look(self.session, token, now=self.clock()).person is not None

    def audit(self) -> list[tuple[str, str]]:
        """(actor, action) of every row, in order."""
        self.session.rollback()
        return [(row.actor, row.action) for row in self.session.scalars(select(Audit).order_by(Audit.id))]

    def told(self) -> list[tuple[int | None, str]]:
        """(account, event) of what the staff are told."""
        self.session.rollback()
        wanted = select(OutboxMessage).where(OutboxMessage.account_id.is_not(None)).order_by(OutboxMessage.id)
        return [(row.account_id, row.event) for row in self.session.scalars(wanted)]


@pytest.fixture
def staff(session: Session, clock: FakeClock) -> Staff:
    locks = Locks(
        hashing=Passwords(weak=True), sealer=Sealer(["dGhlIGtleSBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzLi4="]), key=build.KEY,
        brand="Impact Medical",
    )  # fmt: skip
    staff = Staff(session, clock, locks, build.location(session).id, build.location(session).id)
    staff.hire("Ada", Grant(Role.ADMINISTRATOR))
    staff.hire("Mina", Grant(Role.MANAGER, staff.here))
    staff.hire("Felix", Grant(Role.FRONT_DESK, staff.here))
    staff.hire("Noor", Grant(Role.FRONT_DESK, staff.there))
    return staff
