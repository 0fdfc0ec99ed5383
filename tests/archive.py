"""Rows with a past, written as they are: what no use case would make today."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from clinic.domain.scheduling.appointment import State
from clinic.domain.time.timeline import cell_at
from clinic.store.base import Base
from clinic.store.connect import begin_write
from tests import build

TABLES = Base.metadata.tables
DAY = timedelta(days=1)


class Archive:
    """One clinic, one specialist, and what happened there."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.place, self.person, self.kind = build.practice(session)
        self.number = 0

    def add(self, table: str, **values: Any) -> int:
        begin_write(self.session)
        keys = list(TABLES[table].primary_key.columns)
        made = self.session.execute(insert(TABLES[table]).values(**values).returning(keys[0])).scalar_one()
        self.session.commit()
        return made  # type: ignore[no-any-return]

    def patient(self, since: datetime) -> int:
        return build.patient(self.session, now=since).id

    def appointment(self, end: datetime, *, patient_id: int | None, **given: Any) -> int:
        """A visit that ended then; a hold, when there is no patient."""
        self.number += 1
        values = {
            "reference": f"R{self.number:07d}", "state": State.FULFILLED if patient_id else State.EXPIRED,
            "visit_type_id": self.kind.id, "location_id": self.place.id, "specialist_id": self.person.id,
            "patient_id": patient_id, "start_at": end - timedelta(minutes=30), "end_at": end, "time_zone": "America/New_York",
            "held_at": end - DAY, "booked_at": end - DAY if patient_id else None, "channel": "web",
        }  # fmt: skip
        return self.add("appointment", **{**values, **given})

    def hold(self, until: datetime, **given: Any) -> int:
        """A time that was held until then, for the day after."""
        return self.appointment(until + DAY, patient_id=None, hold_expires_at=until, **given)

    def message(self, appointment_id: int | None, at: datetime, *, entry_id: int | None = None, done: bool = True) -> int:
        """A message that was sent then, or still waits; the delivery's id."""
        told = self.add(
            "outbox", appointment_id=appointment_id, entry_id=entry_id, event="booked", sequence=0, due_at=at, done_at=at
        )
        return self.add(
            "delivery", outbox_id=told, channel="mail", appointment_id=appointment_id, recipient="sealed", body="sealed",
            due_at=at, next_at=at, tries=1, detail="", done_at=at if done else None, outcome="sent" if done else None,
        )  # fmt: skip

    def entry(self, ended: datetime | None, **given: Any) -> int:
        values = {"visit_type_id": self.kind.id, "said": "sealed", "created_at": self.now - 400 * DAY, "ended_at": ended}
        return self.add("waitlist_entry", **values | {"end_reason": "left" if ended else None} | given)

    def freed(self, done: datetime | None, hold_id: int | None = None) -> int:
        span = {"since": self.now - 60 * DAY, "until": self.now - 59 * DAY, "freed_at": self.now - 61 * DAY}
        return self.add(
            "freed_time", specialist_id=self.person.id, location_id=self.place.id, cause="cancelled", look_at=self.now,
            hold_id=hold_id, done_at=done, **span,
        )  # fmt: skip

    def offer(self, freed_id: int, hold_id: int, entry_id: int, made: datetime) -> int:
        return self.add(
            "time_offer", entry_id=entry_id, freed_id=freed_id, hold_id=hold_id, rank=1, state="lapsed", made_at=made,
            expires_at=made,
        )  # fmt: skip

    def call(self, ended: datetime, **given: Any) -> int:
        """A call of somebody on the staff, with a visit noted that was cancelled since."""
        account = self.add("account", email=f"{self.number}@example.org", name="Ada", state="active", created_at=self.now,
                           failures_in_row=0)  # fmt: skip
        made = self.add("call", account_id=account, began_at=ended, ended_at=ended, **given)
        about = self.appointment(self.now, patient_id=self.patient(self.now))
        self.add("call_visit", call_id=made, appointment_id=about, action="book", at=ended)
        return made

    def end(self, call_id: int, at: datetime) -> None:
        begin_write(self.session)
        self.session.execute(update(TABLES["call"]).where(TABLES["call"].c.id == call_id).values(ended_at=at))
        self.session.commit()

    def merge(self, at: datetime, *, since: datetime | None = None) -> int:
        """Two patients of whom one is the other since then."""
        into, gone = self.patient(since or self.now), self.patient(since or self.now)
        begin_write(self.session)
        self.session.execute(update(TABLES["patient"]).where(TABLES["patient"].c.id == gone).values(merged_into_id=into))
        self.session.commit()
        return self.add("patient_merge", from_id=gone, into_id=into, at=at, actor="account:1", moved="{}")

    def task(self, *, done: datetime | None = None, **about: int) -> int:
        return self.add("task", kind="failed_message", created_at=self.now - 3000 * DAY, done_at=done, **about)

    def visit(self, end: datetime, patient_id: int) -> int:
        """A visit with everything that can hang on one."""
        made = self.appointment(end, patient_id=patient_id)
        begin_write(self.session)
        cells = {"start_cell": cell_at(end) - 6, "end_cell": cell_at(end), "appointment_id": made}
        for resource in (patient_id, self.person.id):
            self.session.execute(insert(TABLES["claim"]).values(resource_id=resource, **cells))
        for table, values in {
            "intake": {"given_name": "Maria", "language": "en", "interpreter": False},
            "sealed_answers": {"kind": "questions", "version": 1, "sealed": "sealed", "saved_at": end},
            "guardian": {"name": "Ana", "relation": "parent", "phone": "+14075550100", "consented_at": end},
            "idempotency_key": {"scope": "book", "key": f"key {made}", "request_hash": "", "created_at": self.now},
        }.items():
            self.session.execute(insert(TABLES[table]).values(appointment_id=made, **values))
        self.session.commit()
        delivery = self.message(made, end)
        self.task(done=self.now, appointment_id=made, patient_id=patient_id, delivery_id=delivery)
        return made
