"""What patients are sent about their visits, by a real mail server."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import vobject
from icalendar import Calendar
from sqlalchemy import select, text

from clinic.store.tables.messages import Delivery, OutboxMessage
from clinic.store.tables.work import Task
from clinic.store.work.tasks import FAILED_MESSAGE, LETTER
from tests.usecases.messages.conftest import House

AT = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)  # a Monday, 9:00 EST
BORN = date(1971, 4, 23)
AFTER_THE_CHANGE = datetime(2027, 3, 15, 13, 0, tzinfo=UTC)  # a Monday, 9:00 EDT


def parts(message: EmailMessage) -> dict[str, str]:
    return {part.get_content_type(): str(part.get_content()) for part in message.walk() if part.get_content_maintype() == "text"}


def invitations(message: EmailMessage) -> list[bytes]:
    return [
        part.get_payload(decode=True)  # type: ignore[misc]
        for part in message.walk()
        if part.get_content_type() in ("text/calendar", "application/ics")
    ]


def read(invitation: bytes) -> dict[str, Any]:
    """By two libraries that must agree."""
    calendar = Calendar.from_ical(invitation)
    [event] = calendar.walk("VEVENT")
    other = vobject.readOne(invitation.decode())
    assert event["UID"] == other.vevent.uid.value
    assert event.decoded("DTSTART") == other.vevent.dtstart.value
    assert int(event["SEQUENCE"]) == int(other.vevent.sequence.value)
    assert str(calendar["METHOD"]) == other.method.value
    return {
        "uid": str(event["UID"]), "start": event.decoded("DTSTART"), "sequence": int(event["SEQUENCE"]),
        "method": str(calendar["METHOD"]), "status": str(event["STATUS"]),
    }  # fmt: skip


def test_booked_changed_and_cancelled_are_told_with_invitations_that_agree(house: House) -> None:
    booked = house.book(AT)
    house.work()
    house.move(booked, AFTER_THE_CHANGE)
    house.work()
    house.cancel(booked)
    house.work()

    told = [received.message for received in house.box.received]
    assert [message["Subject"] for message in told] == [
        "Your visit is booked", "Your visit has a new time", "Your visit is cancelled",
    ]  # fmt: skip
    assert [received.recipients for received in house.box.received] == [("maria@example.com",)] * 3
    assert all(received.tls for received in house.box.received)
    read_ones = [{*map(str, map(read, invitations(message)))} for message in told]
    assert all(len(same) == 1 for same in read_ones), "the part and the attachment differ"
    first, second, third = (read(invitations(message)[0]) for message in told)
    assert (first["method"], first["sequence"], first["start"]) == ("REQUEST", 0, AT)
    assert (second["method"], second["sequence"], second["start"]) == ("REQUEST", 1, AFTER_THE_CHANGE)
    assert (third["method"], third["sequence"], third["status"]) == ("CANCEL", 2, "CANCELLED")
    assert first["uid"] == second["uid"] == third["uid"]
    assert "Monday, November 30, 2026, 9:00 AM EST" in parts(told[0])["text/plain"]
    assert "Monday, March 15, 2027, 9:00 AM EDT" in parts(told[1])["text/plain"]


def test_text_and_html_say_the_same_and_nothing_private(house: House) -> None:
    house.book(AT, reason="CANARYREASON", insurer="CANARYINSURER", access_needs="CANARYNEEDS", birth_date=BORN)
    house.work()
    [received] = house.box.received
    whole = received.content.decode() + "".join(parts(received.message).values())
    for secret in ("CANARY", "Garcia", "1971", "0123", house.kind.name, house.person.name):
        assert secret not in whole, secret
    words = parts(received.message)
    plain = re.sub(r"\s+", " ", words["text/plain"])
    for sentence in re.findall(r">([^<>]+)<", words["text/html"]):
        if sentence.strip() and sentence.strip() != "Your visit is booked":
            assert re.sub(r"\s+", " ", sentence).strip() in plain
    assert re.findall(r'href="(https://[^"]+)"', words["text/html"]) == re.findall(r"https://\S+", words["text/plain"])


def test_a_visit_cancelled_while_its_confirmation_waits_is_not_confirmed_any_more(house: House) -> None:
    house.box.stop()
    booked = house.book(AT)
    house.work()
    house.cancel(booked)
    house.box.start()
    house.clock.forward(minutes=10)
    house.work()
    assert [received.message["Subject"] for received in house.box.received] == ["Your visit is cancelled"]
    assert house.session.scalars(select(Delivery.outcome).order_by(Delivery.id)).all() == ["dropped", "sent"]


def test_the_next_message_waits_for_the_one_before(house: House) -> None:
    booked = house.book(AT)
    house.box.say("RCPT", "450 4.7.1 Come back later")
    house.work()
    house.session.execute(text("update appointment set generation = generation"))
    house.session.commit()
    from clinic.usecases.booking import VisitLookup, send_links

    house.clock.forward(seconds=1)
    send_links(
        house.session, VisitLookup("Garcia", BORN, "+14075550123", None), who=_who(), now=house.clock()
    )  # fmt: skip
    house.work()
    assert house.box.received == []
    house.clock.forward(minutes=1)
    house.work()
    assert [r.message["Subject"] for r in house.box.received] == ["Your visit is booked", "The link to your visit"]
    assert booked.reference


def _who() -> Any:
    from clinic.engine.placing.changing import Who

    return Who("patient", "web")


def test_a_mail_put_off_is_tried_again_under_the_same_message_id(house: House) -> None:
    house.book(AT)
    house.box.say("DATA", "451 4.3.0 Not now", "451 4.3.0 Not now")
    for _ in range(4):
        house.work()
        house.clock.forward(minutes=3)
    [received] = house.box.received
    row = house.session.scalars(select(Delivery)).one()
    assert (row.outcome, row.tries) == ("sent", 3)
    assert received.message["Message-ID"]


def test_a_mailbox_that_does_not_exist_is_a_task_at_once(house: House) -> None:
    house.book(AT)
    house.box.say("RCPT", "550 5.1.1 No such user")
    house.work()
    row = house.session.scalars(select(Delivery)).one()
    assert (row.outcome, row.detail, row.tries) == ("failed", "550", 1)
    task = house.session.scalars(select(Task)).one()
    assert (task.kind, task.delivery_id, task.appointment_id) == (FAILED_MESSAGE, row.id, row.appointment_id)


def test_a_server_that_stays_away_is_given_up_after_four_hours(house: House) -> None:
    house.box.stop()
    house.book(AT)
    began = house.clock()
    while house.session.scalars(select(Delivery.outcome)).first() is None:
        house.work()
        house.clock.forward(minutes=2)
        assert house.clock() - began < timedelta(hours=4, minutes=10)
    assert house.session.scalars(select(Delivery.outcome)).one() == "failed"
    assert house.clock() - began > timedelta(hours=3, minutes=30)
    assert house.session.scalars(select(Task.kind)).one() == FAILED_MESSAGE


def test_when_the_worker_dies_between_250_and_its_record_the_mail_comes_twice_under_one_id(house: House) -> None:
    house.book(AT)

    class Died(BaseException):
        pass

    def die(point: str) -> None:
        if point == "sent":
            raise Died

    with pytest.raises(Died):
        house.work(fault=die)
    house.session.rollback()
    house.work()
    assert len(house.box.received) == 1, "taken over before the lease has ended"
    house.clock.forward(seconds=61)
    house.work()
    one, other = house.box.received
    assert one.message["Message-ID"] == other.message["Message-ID"]


def test_reminders_come_at_the_visits_own_hour_and_in_the_morning_of_the_day(house: House) -> None:
    house.book(AT)
    house.work()
    planned = house.session.execute(
        select(OutboxMessage.event, OutboxMessage.due_at).where(OutboxMessage.done_at.is_(None)).order_by(OutboxMessage.due_at)
    ).all()
    assert [(event, due) for event, due in planned] == [
        ("reminder-7", AT - timedelta(days=7)),
        ("reminder-2", AT - timedelta(days=2)),
        ("reminder-0", AT - timedelta(hours=15)),  # eight in the morning is too short before nine: six in the evening before
    ]
    for _event, due in planned:
        house.clock.now = due
        house.work()
    assert [r.message["Subject"] for r in house.box.received] == [
        "Your visit is booked", "Your visit is in a week", "Your visit is in two days", "Your visit is soon",
    ]  # fmt: skip


def test_a_visit_that_moved_is_reminded_of_at_its_new_time_alone(house: House) -> None:
    booked = house.book(AT)
    house.work()
    house.move(booked, AT + timedelta(days=14))
    house.work()
    house.clock.now = AT - timedelta(days=1)
    house.work()
    assert [r.message["Subject"] for r in house.box.received] == ["Your visit is booked", "Your visit has a new time"]
    house.clock.now = AT + timedelta(days=12)
    house.work()
    assert house.box.received[-1].message["Subject"] == "Your visit is in two days"


def test_who_has_neither_mail_nor_texts_is_sent_a_letter(house: House) -> None:
    house.book(AT, email="")
    house.work()
    row = house.session.scalars(select(Delivery)).one()
    assert (row.channel, row.outcome) == ("letter", "letter")
    assert house.session.scalars(select(Task.kind)).all() == [LETTER]
    assert row.body
    assert "Garcia" not in row.body, "sealed"
    letter = house.app.extensions["clinic"].sealer.open(row.body)
    assert "Monday, November 30, 2026, 9:00 AM EST" in letter
    assert "/manage/" not in letter, "nobody presses a link on paper"
    assert "call (407) 555-0100" in letter
    assert house.box.received == []


def test_texts_go_to_who_said_yes_and_never_at_night(house: House) -> None:
    house.clock.now = datetime(2026, 11, 17, 3, 0, tzinfo=UTC)  # ten in the evening in Orlando
    house.book(AT, email="", texts=True)
    house.work()
    assert house.texts.sent == []
    house.clock.now = datetime(2026, 11, 17, 13, 0, tzinfo=UTC)
    house.work()
    [(number, words)] = house.texts.sent
    assert number == "+14075550123"
    assert "Mon, Nov 30, 9:00 AM EST" in words
    assert house.kind.name not in words


def test_someone_who_answered_stop_gets_no_more_texts(house: House) -> None:
    from clinic.adapters.delivery import Undelivered
    from clinic.store.tables.patients import Intake

    house.book(AT, email="", texts=True)
    house.texts.refusals.append(Undelivered("twilio 21610", permanent=True))
    house.work()
    assert house.session.scalars(select(Intake.texts_consented_at)).one() is None
    assert house.session.scalars(select(Task.kind)).one() == FAILED_MESSAGE


def test_what_was_sent_outlives_a_change_of_keys(house: House) -> None:
    from clinic.adapters.sealing import Sealer, new_key
    from clinic.usecases import messages
    from clinic.usecases.operations import keys

    house.book(AT)
    house.work()
    new, old = new_key(), house.app.extensions["clinic"].settings.intake_keys[0]
    assert keys.renew_keys(house.session, Sealer([new, old])) == 1
    [sent] = messages.sent_last(house.session, Sealer([new]))
    assert "Monday, November 30, 2026" in sent.body
    assert not keys.check_key(house.session, Sealer([old]))


def test_who_agreed_to_texts_is_called_of_an_offer_where_nobody_sends_texts(house: House) -> None:
    from clinic.store.work.tasks import PHONE_OFFER
    from clinic.usecases import waitlist

    sooner = house.book(AT, given_name="Ann", phone="(407) 555-0199")
    later = house.book(AT + timedelta(days=3), email="", texts=True)
    waitlist.want_earlier(house.session, later.manage_token, wanted=True, key=house.key, who=_who(), now=house.clock())
    house.cancel(sooner)
    assert waitlist.offer_times(house.session, now=house.clock()).offered == 1
    house.work(texts=False)
    assert PHONE_OFFER in house.session.scalars(select(Task.kind)).all()


def test_a_message_that_cannot_be_planned_keeps_no_other_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from clinic.usecases.messages import planning

    first = house.book(AT)
    house.book(AT + timedelta(days=1), given_name="Ann", phone="(407) 555-0199", email="ann@example.com")
    real = planning.find_recipient

    def broken(session: Any, appointment_id: int) -> Any:
        found = real(session, appointment_id)
        if found is not None and found.reference == first.reference:
            raise ValueError("of a kind that nobody foresaw")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(planning, "find_recipient", broken)
        house.work()
    assert [received.recipients for received in house.box.received] == [("ann@example.com",)]
    house.clock.forward(minutes=6)
    house.work()
    assert [received.recipients for received in house.box.received][1:] == [("maria@example.com",)]
