"""The staff book for a patient whom they know: as last told, within their reach, once, and safely at the same moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import IllegalMove, InvalidInput, KeyReused, NotFound, PatientClash, TimeTaken
from clinic.domain.people.patient import GuardianDetails
from clinic.domain.people.roles import Grant, Role, Viewer
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing.changing import Who
from clinic.store.access import find_patient
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.store.tables.patients import Guardian, Intake, Patient
from clinic.usecases import booking
from clinic.usecases.booking import request_once
from tests import build
from tests.build import KEY, PATIENT
from tests.invariants import broken
from tests.race import connected, together

NOW = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)  # Monday, nine in Orlando
TEN = NOW + timedelta(hours=1)
AGENT = Who("account:7", "phone", staff=True, detail="call=33")
CALLER = Viewer(build.viewer("book", Grant(Role.AGENT)).reach)


class Clinic:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.place, self.person, self.kind = build.practice(session)

    def hold(self, start: datetime = TEN, *, specialist_id: int | None = None) -> str:
        wish = SlotRef(self.kind.id, self.place.id, specialist_id or self.person.id, cell_at(start))
        return booking.hold(self.session, write_opening(KEY, wish), key=KEY, who=AGENT, now=NOW).token

    def patient(self, start: datetime, **said: Any) -> int:
        """Somebody who booked on the web."""
        booked = booking.confirm(self.session, self.hold(start), build.details(**said), key=KEY, who=PATIENT, now=NOW)
        visit = self.session.scalar(select(Appointment).where(Appointment.reference == booked.reference))
        assert visit
        assert visit.patient_id
        return visit.patient_id


def agent_of(patient_id: int) -> Viewer:
    return Viewer(CALLER.reach, patients=frozenset({patient_id}))


def book(session: Session, token: str, patient_id: int, *, viewer: Viewer | None = None, **given: Any) -> booking.Booked:
    options = {"viewer": viewer or agent_of(patient_id), "key": KEY, "who": AGENT, "now": NOW}
    return booking.book_known(session, token, patient_id, **{**options, **given})


def test_as_last_told_with_the_call_on_every_row(session: Session) -> None:
    clinic = Clinic(session)
    patient_id = clinic.patient(TEN + timedelta(days=1), email="old@example.org", texts=True)
    told = {"email": "new@example.org", "language": "es", "interpreter": True, "access_needs": "A ramp", "texts": False}
    assert clinic.patient(TEN + timedelta(days=2), **told) == patient_id
    token, once = clinic.hold(), request_once("calls", "x" * 16, {"hold": 1})
    booked = book(session, token, patient_id, booked_by="partner", reason="My back", once=once)
    visit = session.scalars(select(Appointment).where(Appointment.reference == booked.reference)).one()
    said = session.get(Intake, visit.id)
    assert said
    assert (said.email, said.language, said.interpreter, said.access_needs, said.texts_consented_at) == (
        "new@example.org", "es", True, "A ramp", None
    )  # fmt: skip
    assert (visit.patient_id, visit.booked_by, visit.reason, visit.channel) == (patient_id, "partner", "My back", "phone")
    rows = session.execute(select(Audit.action, Audit.actor, Audit.detail).where(Audit.appointment_id == visit.id)).all()
    assert [tuple(row) for row in rows] == [("hold", "account:7", "call=33"), ("book", "account:7", "call=33")]
    assert session.scalars(select(OutboxMessage.event).where(OutboxMessage.appointment_id == visit.id)).all() == ["booked"]
    # Sent again, because the network was lost: the same answer. Without its key, or with another request: refused.
    assert book(session, token, patient_id, booked_by="partner", reason="My back", once=once) == booked
    with pytest.raises(IllegalMove):
        book(session, token, patient_id)
    with pytest.raises(KeyReused):
        book(session, token, patient_id, once=request_once("calls", "x" * 16, {"hold": 2}))
    assert broken(session, now=NOW) == []


def test_a_minor_comes_with_whoever_answered_for_them(session: Session) -> None:
    clinic = Clinic(session)
    father = GuardianDetails(name="Ana Garcia", relation="parent", phone="(407) 555-0177", consent=True)
    child = clinic.patient(TEN + timedelta(days=1), birth_date=date(2015, 3, 1), guardian=father)
    book(session, clinic.hold(), child)
    assert session.scalars(select(Guardian.phone)).all() == ["+14075550177"] * 2
    alone = build.patient(session, now=NOW, birth_date=date(2015, 3, 2)).id
    with pytest.raises(InvalidInput) as refused:
        book(session, clinic.hold(TEN + timedelta(hours=2)), alone)
    assert set(refused.value.fields) == {"guardian"}
    with pytest.raises(InvalidInput) as refused:
        book(session, clinic.hold(TEN + timedelta(hours=3)), child, booked_by="nobody", reason="x" * 1001)
    assert set(refused.value.fields) == {"booked_by", "reason"}


def test_nobody_beyond_reach(session: Session) -> None:
    clinic = Clinic(session)
    patient_id = clinic.patient(TEN + timedelta(days=1))
    stranger = build.patient(session, now=NOW).id
    desk = build.viewer("book", Grant(Role.FRONT_DESK, clinic.place.id))
    elsewhere = build.viewer("book", Grant(Role.FRONT_DESK, clinic.place.id + 1))
    theirs = build.viewer("book", Grant(Role.SPECIALIST), specialist_id=clinic.person.id)
    nothing = build.viewer("book", Grant(Role.ADMINISTRATOR))
    seen = {name: [find_patient(session, viewer, one) is not None for one in (patient_id, stranger)] for name, viewer in {
        "desk": desk, "elsewhere": elsewhere, "theirs": theirs, "nothing": nothing, "caller": CALLER,
        "on the phone": agent_of(stranger), "desk, looked up": Viewer(desk.reach, patients=frozenset({stranger})),
    }.items()}  # fmt: skip
    assert seen == {
        "desk": [True, False], "elsewhere": [False, False], "theirs": [True, False], "nothing": [False, False],
        "caller": [False, False], "on the phone": [False, True], "desk, looked up": [True, False],
    }  # fmt: skip
    token = clinic.hold()
    for viewer in (elsewhere, nothing, CALLER):
        with pytest.raises(NotFound):
            book(session, token, patient_id, viewer=viewer)
    far, person, _ = build.practice(session, visit=clinic.kind)
    wish = SlotRef(clinic.kind.id, far.id, person.id, cell_at(TEN))
    not_here = booking.hold(session, write_opening(KEY, wish), key=KEY, who=AGENT, now=NOW).token
    for viewer in (desk, theirs):
        with pytest.raises(NotFound, match="not at your clinic"):
            book(session, not_here, patient_id, viewer=viewer)
    assert book(session, token, patient_id, viewer=desk).reference


def test_a_hold_that_ended_and_was_taken_leaves_with_other_times(session: Session) -> None:
    clinic = Clinic(session)
    patient_id, token = clinic.patient(TEN + timedelta(days=1)), clinic.hold()
    later = NOW + timedelta(minutes=11)
    wish = SlotRef(clinic.kind.id, clinic.place.id, clinic.person.id, cell_at(TEN))
    booking.hold(session, write_opening(KEY, wish), key=KEY, who=PATIENT, now=later)
    with pytest.raises(TimeTaken) as refused:
        book(session, token, patient_id, now=later)
    assert len(refused.value.alternatives) >= 3


def test_one_patient_two_agents_two_specialists_at_one_moment(database: str) -> None:
    """Two visits of one patient at one time: one stands. One hold booked twice: one stands."""
    with connected(database) as engine, Session(engine) as session:
        clinic = Clinic(session)
        _place, other, _kind = build.practice(session, visit=clinic.kind, at=clinic.place)
        for number in range(6):
            patient_id = build.patient(session, now=NOW).id
            start = TEN + timedelta(days=number // 3, minutes=60 * (number % 3))
            tokens = [clinic.hold(start), clinic.hold(start + timedelta(minutes=15), specialist_id=other.id)]
            verbs = [lambda s, t=token, p=patient_id: book(s, t, p) for token in [*tokens, tokens[0]]]
            answers = together(engine, verbs)
            won = [answer for answer in answers if not isinstance(answer, Exception)]
            assert len(won) == 1, answers
            assert {type(answer) for answer in answers if isinstance(answer, Exception)} <= {PatientClash, IllegalMove}, answers
        session.rollback()
        assert session.scalars(select(Patient.id)).all()
        assert broken(session, now=NOW) == []
