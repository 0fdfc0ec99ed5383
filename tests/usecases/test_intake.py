"""What a patient tells a clinic: sealed in the database, read by those who may, kept through a change of keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer, WrongKey, new_key
from clinic.domain.errors import IllegalMove, NotFound
from clinic.domain.people.roles import Grant, Role, Viewer
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_key
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.engine.placing.place import Details
from clinic.usecases import booking
from clinic.usecases.operations import keys
from clinic.usecases.records import intake
from tests import build

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)
CANARY = "purple walrus"
GIVEN = {"blood_thinners": {"version": 1, "chosen": ["yes"], "words": CANARY}}
NURSE = Who("specialist:1", "portal", staff=True)


class Visit:
    def __init__(self, session: Session) -> None:
        self.location, self.specialist, kind = build.practice(session)
        patient = build.patient(session, now=NOW)
        wish = SlotRef(kind.id, self.location.id, self.specialist.id, cell_at(NOW + timedelta(days=1)))
        self.id = place.book(session, wish, Details(patient.id), who=build.STAFF, now=NOW)
        session.commit()
        self.token = write_key(build.KEY, "manage", self.id, 0)


@pytest.fixture
def visit(session: Session) -> Visit:
    return Visit(session)


def tell(session: Session, visit: Visit, sealer: Sealer, **given: object) -> None:
    told = {"version": 3, "sealer": sealer, "key": build.KEY, "who": build.PATIENT, "now": NOW, **given}
    intake.answer(session, visit.token, GIVEN, **told)  # type: ignore[arg-type]


def test_the_database_cannot_read_it_and_the_specialist_can(session: Session, visit: Visit) -> None:
    sealer = Sealer([new_key()])
    assert not intake.is_answered(session, visit.token, key=build.KEY, now=NOW)
    tell(session, visit, sealer)
    assert intake.is_answered(session, visit.token, key=build.KEY, now=NOW)
    for table in ("sealed_answers", "seal", "audit", "task", "outbox", "intake"):
        assert CANARY not in str(session.execute(text(f"select * from {table}")).all())
        assert "blood_thinners" not in str(session.execute(text(f"select * from {table}")).all())
    reader = build.reader(visit.specialist.id)
    assert intake.read(session, reader, visit.id, sealer=sealer, who=NURSE, now=NOW) == {"questions": (3, GIVEN)}
    actions = session.execute(text("select action from audit order by id")).scalars().all()
    assert actions[-2:] == ["answer", "see_answers"]


def test_who_may_read(session: Session, visit: Visit) -> None:
    """The row "read-intake" of the roles' table."""
    sealer = Sealer([new_key()])
    tell(session, visit, sealer)
    here, elsewhere, specialist_id = visit.location.id, visit.location.id + 1, visit.specialist.id

    def reader(role: Role, location_id: int | None = None, *, flag: bool = False, **more: Any) -> Viewer:
        return build.viewer("read-intake", Grant(role, location_id, flag), **more)

    may = [
        reader(Role.SPECIALIST, specialist_id=specialist_id),
        reader(Role.MANAGER, here, flag=True),
        reader(Role.ADMINISTRATOR, glass=True),
    ]
    may_not = [
        reader(Role.SPECIALIST, specialist_id=specialist_id + 1),
        reader(Role.SPECIALIST),
        reader(Role.MANAGER, here),
        reader(Role.MANAGER, elsewhere, flag=True),
        reader(Role.ADMINISTRATOR),
        reader(Role.AGENT, flag=True, specialist_id=specialist_id, glass=True),
        reader(Role.FRONT_DESK, here, specialist_id=specialist_id, glass=True),
        build.viewer("read-intake", specialist_id=specialist_id),
    ]
    for reader in may:
        assert intake.read(session, reader, visit.id, sealer=sealer, who=NURSE, now=NOW), reader
    for reader in may_not:
        assert intake.read(session, reader, visit.id, sealer=sealer, who=NURSE, now=NOW) == {}, reader


def test_keys_are_changed_and_nothing_is_lost(session: Session, visit: Visit) -> None:
    old, new = new_key(), new_key()
    assert keys.check_key(session, Sealer([old]))  # nothing is sealed yet: any key will do
    tell(session, visit, Sealer([old]))
    assert keys.check_key(session, Sealer([old]))
    assert not keys.check_key(session, Sealer([new]))
    assert keys.check_key(session, Sealer([new, old]))
    assert keys.renew_keys(session, Sealer([new, old])) == 1
    assert keys.check_key(session, Sealer([new]))
    assert not keys.check_key(session, Sealer([old]))
    reader = build.reader(visit.specialist.id)
    assert intake.read(session, reader, visit.id, sealer=Sealer([new]), who=NURSE, now=NOW) == {"questions": (3, GIVEN)}
    with pytest.raises(WrongKey):
        intake.read(session, reader, visit.id, sealer=Sealer([old]), who=NURSE, now=NOW)
    with pytest.raises(WrongKey):
        keys.renew_keys(session, Sealer([old]))


def test_a_call_that_is_needed_is_a_task_that_says_nothing(session: Session, visit: Visit) -> None:
    sealer = Sealer([new_key()])
    tell(session, visit, sealer, routes=("read_at_visit", "bring_list"))
    assert session.execute(text("select count(*) from task")).scalar_one() == 0
    tell(session, visit, sealer, routes=("nurse_calls",))
    assert session.execute(text("select kind from task")).scalars().all() == ["call_about_answers"]


def test_answers_go_with_a_visit_that_is_still_to_come(session: Session, visit: Visit) -> None:
    sealer = Sealer([new_key()])
    with pytest.raises(NotFound):
        intake.answer(
            session, visit.token[:-2] + "xx", GIVEN, version=1, sealer=sealer, key=build.KEY, who=build.PATIENT, now=NOW
        )
    with pytest.raises(IllegalMove):
        tell(session, visit, sealer, now=NOW + timedelta(days=1, hours=8))
    booking.cancel(session, visit.token, None, key=build.KEY, who=build.PATIENT, now=NOW)
    with pytest.raises(IllegalMove):
        tell(session, visit, sealer)
