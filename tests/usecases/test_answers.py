"""What is said on the way to a booking: kept with the hold and gone with it, kept with the visit as it was said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.domain.errors import NotFound
from clinic.domain.people.patient import GuardianDetails, PatientDetails
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import Draft, Intake, Patient
from clinic.usecases import booking
from clinic.usecases.booking import Booked, Hold
from tests import build
from tests.build import KEY, PATIENT
from tests.conftest import FakeClock
from tests.invariants import broken

NOW = FakeClock().now
TEN = NOW + timedelta(hours=1)
ANSWERS = [("given_name", "Zoë"), ("reason", "low back\r\npain\0 and a lone \ud83d"), ("interpreter", "y"), ("email", "")]
CHILD = {"given_name": "Leo", "birth_date": date(2015, 5, 5)}
MOTHER = GuardianDetails(name="Ana Garcia", relation="parent", phone="(407) 555-0199", consent=True)


class Counter:
    """Where one specialist's times are held, with answers, and booked."""

    def __init__(self, session: Session) -> None:
        self.session, self.now = session, NOW
        self.place, self.person, self.kind = build.practice(session)

    def hold(self, start: Any = TEN) -> Hold:
        wish = SlotRef(self.kind.id, self.place.id, self.person.id, cell_at(start))
        return booking.hold(self.session, write_opening(KEY, wish), key=KEY, who=PATIENT, now=self.now)

    def keep(self, hold: Hold, answers: Any = ANSWERS) -> bool:
        return booking.keep_answers(self.session, hold.token, answers, key=KEY, now=self.now)

    def kept(self, hold: Hold) -> list[tuple[str, str]]:
        return booking.answers_kept(self.session, hold.token, key=KEY)

    def book(self, hold: Hold | None = None, **said: Any) -> Booked:
        held = hold or self.hold()
        return booking.confirm(self.session, held.token, build.details(**said), key=KEY, who=PATIENT, now=self.now)

    def said(self, booked: Booked) -> PatientDetails | None:
        return booking.said_before(self.session, booked.manage_token, key=KEY, now=self.now)

    def intake(self, booked: Booked) -> Intake:
        return self.session.get_one(Intake, booked.summary.appointment_id)

    def drafts(self) -> int:
        return self.session.scalar(select(func.count()).select_from(Draft)) or 0


@pytest.fixture
def counter(session: Session) -> Iterator[Counter]:
    counter = Counter(session)
    yield counter
    session.rollback()
    assert broken(session, now=counter.now) == []


class TestDrafts:
    def test_answers_wait_with_the_hold(self, counter: Counter) -> None:
        hold, other = counter.hold(), counter.hold(TEN + timedelta(hours=1))
        assert counter.kept(hold) == []
        assert counter.keep(hold)
        assert counter.kept(hold) == ANSWERS
        assert counter.kept(other) == []
        assert counter.keep(hold, [("given_name", "Ana")])
        assert counter.kept(hold) == [("given_name", "Ana")]
        assert counter.drafts() == 1

    @pytest.mark.parametrize("end", ["confirm", "release", "expire"])
    def test_they_are_gone_with_it(self, counter: Counter, end: str) -> None:
        hold, other = counter.hold(), counter.hold(TEN + timedelta(hours=1))
        assert counter.keep(hold)
        if end == "confirm":
            counter.book(hold)
        elif end == "release":
            booking.release(counter.session, hold.token, key=KEY, who=PATIENT, now=NOW)
        else:
            counter.now = NOW + timedelta(minutes=12)
            assert booking.sweep(counter.session, now=counter.now) == 2
        assert counter.drafts() == 0
        assert counter.kept(hold) == []
        assert counter.keep(hold) is (end == "expire"), "whoever comes back to a time that ended may still book it"
        assert counter.keep(other)

    def test_a_draft_refused_leaves_the_one_before(self, counter: Counter) -> None:
        hold = counter.hold()
        assert counter.keep(hold)
        assert not counter.keep(hold, [("reason", "x" * booking.LONGEST_DRAFT)])
        assert counter.kept(hold) == ANSWERS

    def test_what_nobody_came_back_to_goes_when_another_is_kept(self, counter: Counter) -> None:
        old, young, new = (counter.hold(TEN + timedelta(hours=number)) for number in range(3))
        counter.keep(old)
        counter.now = NOW + timedelta(minutes=30)
        counter.keep(young)
        counter.now = NOW + timedelta(minutes=61)
        counter.keep(new)
        assert [bool(counter.kept(hold)) for hold in (old, young, new)] == [False, True, True]

    def test_the_sweeper_takes_along_what_came_after_the_hold_had_ended(self, counter: Counter) -> None:
        hold = counter.hold()
        counter.now = NOW + timedelta(minutes=12)
        assert booking.sweep(counter.session, now=counter.now) == 1
        assert counter.keep(hold)
        for minutes, left in ((60, 1), (61, 0)):
            booking.sweep(counter.session, now=counter.now + timedelta(minutes=minutes))
            assert counter.drafts() == left

    def test_a_token_of_others_keeps_and_shows_nothing(self, counter: Counter) -> None:
        hold = counter.hold()
        counter.keep(hold)
        forged = hold.token[:-1] + ("A" if hold.token[-1] != "A" else "B")
        with pytest.raises(NotFound):
            booking.answers_kept(counter.session, forged, key=KEY)
        with pytest.raises(NotFound):
            booking.keep_answers(counter.session, forged, ANSWERS, key=KEY, now=NOW)


class TestIntake:
    def test_every_booking_has_one(self, counter: Counter) -> None:
        booked = counter.book(
            email="maria@example.com", language="es", interpreter=True, access_needs="A ramp", insurer="Sunny Health",
            texts=True, postal_code="32801-1234", phone="(407) 555-0123 ext. 4",
        )  # fmt: skip
        row = counter.intake(booked)
        assert (row.email, row.language, row.interpreter) == ("maria@example.com", "es", True)
        assert (row.access_needs, row.insurer, row.texts_consented_at) == ("A ramp", "Sunny Health", NOW)
        assert (row.given_name, row.family_name, row.phone_extension, row.postal_code) == ("Maria", "Garcia", "4", "32801")
        plain = counter.intake(counter.book(counter.hold(TEN + timedelta(hours=1))))
        assert (plain.email, plain.language, plain.interpreter) == (None, "en", False)
        assert (plain.access_needs, plain.insurer, plain.texts_consented_at) == (None, None, None)

    def test_a_record_that_was_there_stays_as_it_is(self, counter: Counter) -> None:
        counter.book(email="maria@example.com", postal_code="32801", language="es")
        rival = counter.book(
            counter.hold(TEN + timedelta(hours=1)), given_name="maría", email="thief@example.org", postal_code="99501",
            phone="407 555 0123 ext. 9", texts=True,
        )  # fmt: skip
        record = counter.session.scalars(select(Patient)).one()
        assert (record.given_name, record.email, record.postal_code, record.language, record.phone_extension) == (
            "Maria", "maria@example.com", "32801", "es", None,
        )  # fmt: skip
        assert counter.intake(rival).email == "thief@example.org", "messages about this visit go where its booker said"


class TestSaidBefore:
    def test_it_comes_back_as_it_was_said(self, counter: Counter) -> None:
        told = build.details(
            email="maria@example.com", language="es", interpreter=True, access_needs="A ramp", insurer="Sunny Health",
            postal_code="32801", phone="(407) 555-0123 ext. 4", new_patient=True, reason="Lower back", texts=True,
        )  # fmt: skip
        hold = counter.hold()
        booked = booking.confirm(counter.session, hold.token, told, key=KEY, who=PATIENT, now=NOW)
        assert counter.said(booked) == replace(told, reason=None, texts=False)

    def test_a_childs_guardian_comes_along_without_consent(self, counter: Counter) -> None:
        said = counter.said(counter.book(**CHILD, guardian=MOTHER, booked_by="parent"))
        assert said is not None
        assert said.guardian == replace(MOTHER, consent=False)
        assert (said.booked_by, said.given_name) == ("parent", "Leo")

    def test_it_does_not_tell_whether_there_was_a_record(self, counter: Counter) -> None:
        """Whoever knows a name, a birth date and a number learns neither how a record spells it nor what else it holds."""
        counter.book(given_name="María José", email="maria@example.com", postal_code="32801", language="es", insurer="Sunny")
        known = counter.said(counter.book(counter.hold(TEN + timedelta(hours=1)), given_name="maria jose", family_name="GARCIA"))
        assert counter.session.scalar(select(func.count()).select_from(Patient)) == 1
        stranger = counter.said(
            counter.book(
                counter.hold(TEN + timedelta(hours=2)), given_name="maria jose", family_name="GARCIA", birth_date=date(1970, 1, 1)
            )
        )
        assert known is not None
        assert stranger is not None
        assert replace(known, birth_date=None) == replace(stranger, birth_date=None)

    def test_a_visit_without_an_intake_says_nothing(self, counter: Counter) -> None:
        booked = counter.book()
        counter.session.delete(counter.intake(booked))
        counter.session.commit()
        assert counter.said(booked) is None
        assert counter.session.get_one(Appointment, booked.summary.appointment_id).state == "booked"
