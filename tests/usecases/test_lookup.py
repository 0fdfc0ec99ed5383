"""Find my booking: a link for whoever booked, and the same answer, after the same work, for everybody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput
from clinic.domain.people.patient import GuardianDetails
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.tables.audit import Audit
from clinic.store.tables.messages import OutboxMessage
from clinic.usecases import booking
from clinic.usecases.booking import Booked
from tests import build
from tests.build import KEY, PATIENT
from tests.conftest import FakeClock
from tests.race import connected, together

NOW = FakeClock().now
BORN = date(1971, 4, 23)


class Help:
    """Visits a day apart, and somebody who asks for their links."""

    def __init__(self, session: Session) -> None:
        self.session, self.now = session, NOW
        self.place, self.person, self.kind = build.practice(session)
        self.days = 0

    def book(self, **said: Any) -> Booked:
        self.days += 1
        wish = SlotRef(self.kind.id, self.place.id, self.person.id, cell_at(NOW + timedelta(days=self.days)))
        held = booking.hold(self.session, write_opening(KEY, wish), key=KEY, who=PATIENT, now=self.now)
        return booking.confirm(self.session, held.token, build.details(**said), key=KEY, who=PATIENT, now=self.now)

    def ask(self, family_name: str = "Garcia", born: date | None = BORN, phone: str = "", reference: str = "") -> list[int]:
        """The visits whose links wait to be sent now."""
        asked = booking.read_lookup(family_name, born, phone=phone, reference=reference)
        booking.send_links(self.session, asked, who=PATIENT, now=self.now)
        waiting = select(OutboxMessage.appointment_id).where(OutboxMessage.event == "link", OutboxMessage.done_at.is_(None))
        return list(self.session.scalars(waiting.order_by(OutboxMessage.id)))

    def send(self) -> None:
        """As the worker will."""
        self.session.execute(update(OutboxMessage).values(done_at=self.now))
        self.session.commit()

    def sequences(self) -> list[int]:
        links = select(OutboxMessage.sequence).where(OutboxMessage.event == "link").order_by(OutboxMessage.id)
        return list(self.session.scalars(links))


@pytest.fixture
def desk(session: Session) -> Help:
    return Help(session)


def ids(*visits: Booked) -> list[int]:
    return [visit.summary.appointment_id for visit in visits]


@pytest.mark.parametrize(
    "asked",
    [
        {"phone": "407.555.0123"},
        {"phone": "+1 (407) 555-0123 ext. 9"},
        {"phone": "(407) 555-0123", "family_name": " GARCÍA "},
        {"phone": "(407) 555-0123", "reference": "00000000000"},
    ],
)
def test_each_visit_ahead_is_told_of(desk: Help, asked: dict[str, str]) -> None:
    first, second = desk.book(), desk.book()
    gone = desk.book()
    booking.cancel(desk.session, gone.manage_token, None, key=KEY, who=PATIENT, now=NOW)
    desk.book(given_name="José", family_name="Sousa")
    assert desk.ask(**asked) == ids(first, second)


def test_a_reference_will_do_as_people_type_it(desk: Help) -> None:
    first, _second = desk.book(), desk.book()
    typed = first.reference.lower().replace("0", "o")
    assert desk.ask(reference=f" {typed[:4]}-{typed[4:]} ") == ids(first), "of this visit alone"


def test_a_childs_visit_is_found_by_the_guardians_number(desk: Help) -> None:
    mother = GuardianDetails(name="Ana Garcia", relation="parent", phone="(407) 555-0199", consent=True)
    child = desk.book(given_name="Leo", birth_date=date(2015, 5, 5), guardian=mother)
    assert desk.ask(born=date(2015, 5, 5), phone="407 555 0199") == ids(child)


@pytest.mark.parametrize(
    "asked",
    [
        {"phone": "407 555 0124"},
        {"phone": "407 555 0123", "born": date(1971, 4, 24)},
        {"phone": "407 555 0123", "family_name": "Garci"},
        {"phone": "407 555 0123", "family_name": "Garcia%"},
        {"phone": "407 555 0123", "family_name": "Mariagarcia"},
        {"reference": "00000000000"},
    ],
)
def test_a_miss_tells_nobody(desk: Help, asked: dict[str, Any]) -> None:
    desk.book()
    expected = ["Garcia%"] if asked.get("family_name") == "Garcia%" else []
    found = desk.ask(**asked)
    assert bool(found) == bool(expected), "signs are no letters: they are passed over"


def test_past_visits_are_not_told_of(desk: Help) -> None:
    desk.book()
    desk.now = NOW + timedelta(days=1)
    assert desk.ask(phone="407 555 0123") == []


def test_not_again_while_it_waits_nor_more_than_three_a_day(desk: Help) -> None:
    visits = ids(desk.book(), desk.book(), desk.book())
    assert desk.ask(phone="407 555 0123") == visits
    assert desk.ask(phone="407 555 0123") == visits
    assert desk.sequences() == [0, 0, 0]
    for _ in range(3):
        desk.send()
        desk.now += timedelta(hours=1)
        desk.ask(phone="407 555 0123")
    assert desk.sequences() == [0, 0, 0, 1, 1, 1, 2, 2, 2], "three a day and no fourth"
    desk.send()
    desk.now = NOW + timedelta(hours=23, minutes=59)
    assert desk.ask(phone="407 555 0123") == []
    desk.now = NOW + timedelta(hours=24)
    assert desk.ask(phone="407 555 0123") == visits[1:], "the first of them has begun"
    assert desk.sequences()[-2:] == [3, 3]


def test_hit_and_miss_ask_the_database_the_same(desk: Help) -> None:
    desk.book()
    statements: list[str] = []
    event.listen(desk.session.get_bind(), "before_cursor_execute", lambda *given: statements.append(given[2]))

    def work(**asked: Any) -> list[str]:
        statements.clear()
        booking.send_links(desk.session, booking.read_lookup("Garcia", BORN, **asked), who=PATIENT, now=desk.now)
        return list(statements)

    hit, miss = work(phone="407 555 0123"), work(phone="407 555 0124")
    assert hit == miss
    assert any("insert into outbox" in statement.lower() for statement in miss)
    looked = desk.session.execute(select(Audit.appointment_id, Audit.detail).where(Audit.action == "look_up")).all()
    assert [(made is not None, detail) for made, detail in looked] == [(True, ""), (False, "")]


def test_two_who_ask_at_once_tell_once(database: str) -> None:
    with connected(database, 8) as engine:
        with Session(engine) as session:
            desk = Help(session)
            desk.book()
        asked = booking.read_lookup("Garcia", BORN, phone="407 555 0123")
        answers = together(engine, [lambda s: booking.send_links(s, asked, who=PATIENT, now=NOW)] * 6)
        assert answers == [None] * 6
        with Session(engine) as session:
            assert list(session.scalars(select(OutboxMessage.event).order_by(OutboxMessage.id))) == ["booked", "link"]


def test_every_wrong_field_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        booking.read_lookup(" ", None)
    assert set(refused.value.fields) == {"family_name", "birth_date", "phone"}
    with pytest.raises(InvalidInput) as refused:
        booking.read_lookup("李", BORN, phone="12", reference="7Q2M9XKD4TA")
    assert set(refused.value.fields) == {"phone", "reference"}
    assert "Garcia" not in repr(booking.read_lookup("Garcia", BORN, phone="407 555 0123"))
