"""Every row of the log says in columns who, where and with which details, whichever statement wrote it; all is sealed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing.changing import Who
from clinic.store.audit.access_log import note_seen
from clinic.store.audit.audit import CHAIN_VERSION, note
from clinic.store.connect import begin_write
from clinic.store.tables.audit import Audit
from clinic.usecases import booking
from clinic.usecases.audit import auditing
from tests import build
from tests.build import KEY
from tests.queues import NOW

AGENT = Who("account:17", "phone", staff=True, detail="call=33")


@pytest.fixture
def rows(session: Session) -> dict[str, Audit]:
    """By action: a visit held, booked and cancelled by an agent, looked at by a colleague; an import that is about no visit."""
    place, person, kind = build.practice(session, weekly=build.EVERY_DAY)
    opening = write_opening(KEY, SlotRef(kind.id, place.id, person.id, cell_at(NOW + timedelta(days=2))))
    held = booking.hold(session, opening, key=KEY, who=AGENT, now=NOW)
    booked = booking.confirm(session, held.token, build.details(), key=KEY, who=AGENT, now=NOW)
    booking.cancel(session, booked.manage_token, None, key=KEY, who=build.PATIENT, now=NOW)
    begin_write(session)
    note_seen(session, "account:4", Action.SEE_VISIT, {booked.summary.appointment_id: None}, now=NOW)
    note(session, None, actor="command-line", action=Action.IMPORT, detail="shifts: 3 new; sha256 ab", now=NOW)
    session.commit()
    found = {row.action: row for row in session.scalars(select(Audit))}
    found["at"] = place.id  # type: ignore[assignment]
    return found


def test_whichever_statement_writes_it(rows: dict[str, Audit]) -> None:
    place = rows.pop("at")
    said = {
        action: (row.actor, row.actor_kind, row.actor_id, row.details, row.location_id, row.chain_version)
        for action, row in rows.items()
    }
    assert said == {
        "hold": ("account:17", "account", 17, '{"call":"33"}', place, CHAIN_VERSION),
        "book": ("account:17", "account", 17, '{"call":"33"}', place, CHAIN_VERSION),
        "cancel": ("patient", "patient", None, None, place, CHAIN_VERSION),
        "see_visit": ("account:4", "account", 4, None, place, CHAIN_VERSION),
        "import": ("command-line", "command-line", None, None, None, CHAIN_VERSION),
    }


def test_rows_of_one_transaction_share_its_number(rows: dict[str, Audit], session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        assert rows["see_visit"].xid == rows["import"].xid
        assert rows["hold"].xid != rows["book"].xid
        assert all(isinstance(row.xid, int) for name, row in rows.items() if name != "at")
    else:
        assert {row.xid for name, row in rows.items() if name != "at"} == {None}


@pytest.mark.parametrize(
    "change", ["actor_id = 18", "actor_kind = 'patient'", "details = '{}'", "location_id = 999", "chain_version = 3", "xid = 5"]
)
@pytest.mark.usefixtures("rows")
def test_a_column_that_is_changed_is_found_out(session: Session, change: str) -> None:
    auditing.seal(session, now=NOW + timedelta(minutes=20))
    assert auditing.verify(session).broken is None
    begin_write(session)
    session.execute(text(f"update audit set {change} where action = 'book'"))
    session.commit()
    broken = auditing.verify(session).broken
    assert broken is not None
    assert broken.why == "changed"
