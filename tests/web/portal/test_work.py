"""The pages of the work list and of answers: who sees what, what is pressed, and what is noted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.domain.people.roles import Grant, Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_key
from clinic.engine.placing import place
from clinic.engine.placing.place import Details
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.directory import Location
from clinic.store.tables.messages import Delivery, OutboxMessage
from clinic.store.tables.patients import Intake, Patient
from clinic.store.tables.work import Task
from clinic.store.work import tasks
from clinic.store.work.call_backs import CALL_BACK
from clinic.usecases.records import intake
from clinic.web.portal.audit.audit_labels import DONE
from clinic.web.portal.work.task_labels import KINDS, why_failed
from tests import build
from tests.conftest import FakeClock
from tests.queues import SEALER_KEYS, Queue
from tests.web.account.test_reading import grade_of
from tests.web.care.test_reading import LIMIT, grade
from tests.web.staff import hire, signed_in, token_on
from tests.web.visiting import hidden, opened, openings, text_of


@pytest.fixture
def other_settings() -> dict[str, Any]:
    return {"intake_keys": SEALER_KEYS}


REASON = "low back pain since May"
WORDS = "purple walrus pills"


class Clinic:
    """A visit with answers at `here`, its specialist, and somebody at the desk."""

    def __init__(self, app: Flask, url: str, clock: FakeClock) -> None:
        self.app, self.url, self.clock = app, url, clock
        parts = app.extensions["clinic"]
        self.sealer, self.preparations, key = parts.sealer, parts.library.preparations, parts.settings.secret_key.encode()
        with opened(url) as session:
            kind = build.visit_type(session, slug="facet-joint-injection-consultation", name="Consultation")
            here, specialist, _ = build.practice(session, visit=kind)
            patient = build.patient(session, now=clock.now, given_name="Zenobia", family_name="Quill")
            self.here, self.specialist, self.patient, self.phone = here.id, specialist.id, patient.id, patient.phone
            wish = SlotRef(kind.id, here.id, specialist.id, cell_at(clock.now + timedelta(days=1)))
            details = Details(patient.id, reason=REASON)
            self.visit = place.book(session, wish, details, who=build.PATIENT, now=clock.now)
            session.commit()
            manage = write_key(key, "manage", self.visit, 0)
            said = {"who": build.PATIENT, "now": clock.now, "sealer": self.sealer, "key": key}
            intake.answer(session, manage, self.given(), version=self.preparations.version, routes=["nurse_calls"], **said)
            path = {name: [question.options[0].id] for name, question in list(parts.library.pathway.questions.items())[:2]}
            intake.answer(session, manage, path, version=parts.library.pathway.version, kind="pathway", **said)
        hire(app, url, "Omar", Grant(Role.FRONT_DESK, self.here))
        self.omar = signed_in(app, url, "Omar")

    def given(self) -> dict[str, object]:
        """The last question that is asked leads to a call; the first to nothing; one is not asked any more."""
        asked = self.preparations.questions_of("facet-joint-injection-consultation")
        calm, urgent = asked[0], next(q for q in asked if any(option.route == "nurse_calls" for option in q.options))
        self.calm = calm.text
        self.urgent = urgent.text
        calls = next(option for option in urgent.options if option.route == "nurse_calls")
        self.urgent_answer = calls.text
        return {
            calm.id: {"version": calm.version + 1, "chosen": [calm.options[0].id], "words": ""},
            "old_question": {"version": 1, "chosen": ["some_answer"], "words": ""},
            urgent.id: {"version": urgent.version, "chosen": [calls.id], "words": WORDS},
        }

    def task(self, kind: str, **given: object) -> int:
        row = {"appointment_id": self.visit, "patient_id": self.patient, "created_at": self.clock.now, **given}
        with opened(self.url) as session:
            return build.save(session, Task(kind=kind, **row)).id

    def failed(self, detail: str) -> int:
        at = self.clock.now
        with opened(self.url) as session:
            message = session.scalars(select(OutboxMessage.id)).first()
            row = Delivery(
                outbox_id=message, channel="mail", appointment_id=self.visit, recipient="zenobia@example.org", due_at=at,
                next_at=at, done_at=at, outcome="failed", detail=detail,
            )  # fmt: skip
            return self.task(tasks.FAILED_MESSAGE, delivery_id=build.save(session, row).id)

    def press(self, task_id: int, deed: str, client: FlaskClient | None = None, **data: str) -> TestResponse:
        who = client or self.omar
        return who.post(f"/portal/work/{task_id}/{deed}", data={"csrf_token": token_on(who, "/account"), **data})

    def rows(self, action: str) -> list[int | None]:
        with opened(self.url) as session:
            return list(session.scalars(select(Audit.patient_id).where(Audit.action == action).order_by(Audit.id)))


@pytest.fixture
def clinic(app: Flask, database: str, clock: FakeClock) -> Clinic:
    return Clinic(app, database, clock)


def test_the_list_names_nobody_and_a_task_says_whom_to_call(clinic: Clinic) -> None:
    page = text_of(clinic.omar.get("/portal/work"))
    assert "Call about the answers" in page
    assert "Zenobia" not in page
    assert clinic.rows("see_task") == []
    with opened(clinic.url) as session:
        (task_id,) = session.scalars(select(Task.id)).all()
    page = text_of(clinic.omar.get(f"/portal/work/{task_id}"))
    assert "Zenobia Quill" in page
    assert clinic.phone[-4:] in page
    assert REASON not in page
    assert "or a nurse to read the answers" in page
    assert clinic.rows("see_task") == [clinic.patient]


def test_taken_by_two_the_second_is_told_who_has_it(clinic: Clinic) -> None:
    hire(clinic.app, clinic.url, "Greta", Grant(Role.MANAGER, clinic.here))
    greta, task_id = signed_in(clinic.app, clinic.url, "Greta"), clinic.task(tasks.AFFECTED_VISIT)
    assert clinic.press(task_id, "take").status_code == 303
    refused = clinic.press(task_id, "take", greta)
    assert refused.status_code == 409
    assert "Omar Ashgrover has this task now" in text_of(refused)
    assert "Take it over" in text_of(refused)
    holder = refused.get_data(as_text=True).partition('name="holder" value="')[2].partition('"')[0]
    assert clinic.press(task_id, "take", greta, holder=holder).status_code == 303
    assert "You have this task" in text_of(greta.get(f"/portal/work/{task_id}"))
    assert clinic.press(task_id, "done", greta).status_code == 303
    assert "Take it back" in text_of(greta.get(f"/portal/work/{task_id}"))
    assert "Take it back" not in text_of(clinic.omar.get(f"/portal/work/{task_id}"))
    assert clinic.press(task_id, "undo", greta).status_code == 303
    assert "You have this task" in text_of(greta.get(f"/portal/work/{task_id}"))


def test_a_note_that_is_too_long_is_kept_to_be_shortened(clinic: Clinic) -> None:
    task_id = clinic.task(tasks.AFFECTED_VISIT)
    refused = clinic.press(task_id, "note", note="y" * 501, before="")
    assert refused.status_code == 422
    assert "y" * 501 in refused.get_data(as_text=True)
    assert clinic.press(task_id, "note", note="Calls back", before="").status_code == 303
    assert "Calls back" in text_of(clinic.omar.get(f"/portal/work/{task_id}"))


def test_why_a_message_failed_and_whether_sending_it_again_can_help(clinic: Clinic) -> None:
    page = text_of(clinic.omar.get(f"/portal/work/{clinic.failed('550')}"))
    assert "There is no such email address" in page
    assert "zenobia@example.org" in page
    assert "Send it again" not in page
    with opened(clinic.url) as session:
        session.execute(Delivery.__table__.update().values(detail="timeout"))
        session.commit()
        task_id = session.scalars(select(Task.id).where(Task.kind == tasks.FAILED_MESSAGE)).one()
    assert "Send it again" in text_of(clinic.omar.get(f"/portal/work/{task_id}"))
    assert clinic.press(task_id, "send-again").status_code == 303
    assert clinic.press(task_id, "send-again").status_code == 409
    assert clinic.rows("send_again") == [clinic.patient]


def test_two_records_stand_side_by_side_and_both_are_noted(clinic: Clinic) -> None:
    with opened(clinic.url) as session:
        other = build.patient(session, now=clinic.clock.now, given_name="Zenobie", family_name="Quill").id
    page = text_of(clinic.omar.get(f"/portal/work/{clinic.task(tasks.POSSIBLE_DUPLICATE, other_patient_id=other)}"))
    assert "Zenobia Quill" in page
    assert "Zenobie Quill" in page
    assert "They are two people" in page
    assert clinic.rows("see_task") == [clinic.patient, other]


def specialist_of(clinic: Clinic) -> FlaskClient:
    hire(clinic.app, clinic.url, "Una", Grant(Role.SPECIALIST), specialist_id=clinic.specialist)
    return signed_in(clinic.app, clinic.url, "Una")


def test_answers_are_read_as_they_were_asked_what_needs_care_first(clinic: Clinic) -> None:
    una = specialist_of(clinic)
    page = text_of(una.get(f"/portal/visits/{clinic.visit}/answers"))
    assert "Zenobia Quill" in page
    assert REASON in page
    assert page.index(clinic.urgent) < page.index("See to it before the visit") < page.index(clinic.calm)
    assert clinic.urgent_answer in page
    assert WORDS in page
    assert "Old question" in page
    assert "Some answer" in page
    assert f"{clinic.calm} (worded otherwise when it was asked)" in page
    assert f"{clinic.urgent} (worded" not in page
    pathway = clinic.app.extensions["clinic"].library.pathway
    first = pathway.questions[pathway.start]
    assert f"{first.text} " in page
    assert first.options[0].text in page
    assert clinic.rows("see_answers") == [clinic.patient]
    assert clinic.rows("see_reason") == [clinic.patient]


def test_answers_are_closed_to_all_others_and_behind_glass_for_an_administrator(clinic: Clinic) -> None:
    address = f"/portal/visits/{clinic.visit}/answers"
    hire(clinic.app, clinic.url, "Greta", Grant(Role.MANAGER, clinic.here))
    hire(clinic.app, clinic.url, "Gunda", Grant(Role.MANAGER, clinic.here, True))
    hire(clinic.app, clinic.url, "Otto", Grant(Role.SPECIALIST))
    ada = hire(clinic.app, clinic.url, "Ada", Grant(Role.ADMINISTRATOR))
    closed = {"Omar": 403, "Greta": 403, "Otto": 404, "Gunda": 200, "Ada": 403}
    clients = {name: signed_in(clinic.app, clinic.url, name) for name in closed}
    for name, status in closed.items():
        answer = clients[name].get(address)
        assert answer.status_code == status, name
        assert (WORDS in text_of(answer)) == (status == 200), name
    behind = clients["Ada"].get(address).get_data(as_text=True)
    assert 'href="/account/break-glass"' in behind
    assert 'href="/account/break-glass"' not in clients["Greta"].get(address).get_data(as_text=True)
    token = token_on(clients["Ada"], "/account")
    clients["Ada"].post("/account/break-glass", data={"csrf_token": token, "reason": "emergency"})
    assert WORDS in text_of(clients["Ada"].get(address))
    with opened(clinic.url) as session:
        assert session.scalars(select(Audit.actor).where(Audit.action == "see_answers").order_by(Audit.id.desc())).first() == (
            f"account:{ada}"
        )


def test_a_visit_without_answers_says_so(clinic: Clinic) -> None:
    with opened(clinic.url) as session:
        session.execute(Appointment.__table__.metadata.tables["sealed_answers"].delete())
        session.commit()
    page = text_of(specialist_of(clinic).get(f"/portal/visits/{clinic.visit}/answers"))
    assert "They have not answered yet" in page
    assert clinic.rows("see_answers") == []
    assert clinic.rows("see_reason") == [clinic.patient]


def dead_links(client: FlaskClient, page: TestResponse) -> dict[str, int]:
    links = re.findall(r'href="(/portal/[^"]+)"', page.get_data(as_text=True))
    return {link: status for link in links if (status := client.get(link).status_code) != 200}


def test_a_supervisor_takes_a_task_and_is_led_to_nothing_that_is_closed_to_them(clinic: Clinic) -> None:
    hire(clinic.app, clinic.url, "Hana", Grant(Role.AGENT, None, True))
    hana, task_id = signed_in(clinic.app, clinic.url, "Hana"), clinic.task(tasks.AFFECTED_VISIT)
    clinic.omar.get("/portal/work")
    assert "Zenobia" not in text_of(hana.get(f"/portal/work/{task_id}"))
    assert clinic.press(task_id, "take", hana).status_code == 303
    page = hana.get(f"/portal/work/{task_id}")
    assert "Zenobia Quill" in text_of(page)
    assert "The staff of this clinic can move it" in text_of(page)
    assert dead_links(hana, page) == {}
    assert hana.get(f"/portal/visits/{clinic.visit}").status_code == 404, "the clinic looks at its tasks"
    omar = clinic.omar.get(f"/portal/work/{task_id}").get_data(as_text=True)
    assert f'href="/portal/visits/{clinic.visit}"' in omar


@pytest.mark.parametrize("deed", ["move", "cancel"])
@pytest.mark.parametrize("grant", [Grant(Role.AGENT, None, True), Grant(Role.MANAGER, -1)])
def test_whoever_stands_in_moves_or_cancels_that_one_visit_and_opens_no_other(clinic: Clinic, grant: Grant, deed: str) -> None:
    with opened(clinic.url) as session:
        elsewhere = build.location(session, name="Elsewhere").id
        (other,) = session.scalars(select(Appointment.patient_id).where(Appointment.id == clinic.visit)).all()
        wish = SlotRef(1, clinic.here, clinic.specialist, cell_at(clinic.clock.now + timedelta(days=3)))
        second = place.book(session, wish, Details(other or 0), who=build.PATIENT, now=clinic.clock.now)
        session.commit()
    hire(clinic.app, clinic.url, "Hana", grant._replace(location_id=elsewhere) if grant.location_id else grant)
    hana, task_id = signed_in(clinic.app, clinic.url, "Hana"), clinic.task(tasks.AFFECTED_VISIT)
    visit = f"/portal/visits/{clinic.visit}"
    assert [hana.get(visit).status_code, hana.get(f"{visit}/move").status_code] == [404, 404], "not before it is taken"
    page = hana.get("/portal/work")
    assert "Call today" in text_of(page)
    assert "Zenobia" not in text_of(page)
    assert clinic.press(task_id, "take", hana).status_code == 303
    assert "Zenobia Quill" in text_of(hana.get("/portal/work"))
    page = hana.get(visit)
    assert clinic.phone[-4:] in text_of(page)
    assert REASON not in text_of(page)
    assert dead_links(hana, page) == {}
    assert hana.get(f"/portal/visits/{second}").status_code == 404, "not even another visit of the same patient"
    for way in ("follow-up", "answers"):
        assert hana.get(f"{visit}/{way}").status_code in (403, 404), way
    assert hana.post(f"{visit}/mark", data=hidden(page) | {"state": "no_show"}).status_code in (403, 404)
    if deed == "cancel":
        done = hana.post(f"{visit}/cancel", data=hidden(page) | {"reason": "away"}, follow_redirects=True)
    else:
        times = hana.get(f"{visit}/move")
        asked = hana.get(f"{visit}/move", query_string={"opening": openings(times)[-1]})
        assert "Move this visit?" in text_of(asked)
        done = hana.post(f"{visit}/move", data=hidden(asked) | {"reason": "away"}, follow_redirects=True)
    assert (done.status_code, "Work list" in text_of(done)) == (200, True)
    assert hana.get(visit).status_code == 404, "the task is settled"
    with opened(clinic.url) as session:
        assert session.get_one(Task, task_id).done_at
        assert session.get_one(Appointment, clinic.visit).state == ("cancelled" if deed == "cancel" else "booked")


def test_whom_to_call_today_stands_on_the_list_of_the_clinic(clinic: Clinic) -> None:
    clinic.task(tasks.AFFECTED_VISIT, cause="away")
    page = text_of(clinic.omar.get("/portal/work"))
    assert "Call today Zenobia Quill: " in page
    assert clinic.phone[-4:] in page
    assert "Why: the specialist is away." in page
    clinic.omar.get("/portal/work")
    assert clinic.rows("see_to_call") == [clinic.patient]


def test_an_administrator_is_told_of_tasks_that_nobody_can_see_to(clinic: Clinic) -> None:
    hire(clinic.app, clinic.url, "Ada", Grant(Role.ADMINISTRATOR))
    ada = signed_in(clinic.app, clinic.url, "Ada")
    with opened(clinic.url) as session:
        name = session.get_one(Location, clinic.here).name
    page = text_of(ada.get("/account/people"))
    assert "Tasks without staff" in page
    assert f"{name}: 1 task" in page
    clinic.omar.get("/portal/work")
    assert "Tasks without staff" not in text_of(ada.get("/account/people"))
    clinic.clock.forward(days=14)
    ada = signed_in(clinic.app, clinic.url, "Ada")
    assert f"{name}: 1 task" in text_of(ada.get("/account/people"))
    hire(clinic.app, clinic.url, "Mina", Grant(Role.MANAGER, clinic.here))
    assert "Tasks without staff" not in text_of(ada.get("/account/people"))
    assert "Tasks without staff" not in text_of(signed_in(clinic.app, clinic.url, "Mina").get("/account/people"))


def test_a_letter_is_printed_and_done(clinic: Clinic) -> None:
    at = clinic.clock.now
    with opened(clinic.url) as session:
        message = session.scalars(select(OutboxMessage.id)).first()
        body = clinic.sealer.seal("Your visit\n\nDear Zenobia,\ncome on Tuesday.")
        row = Delivery(
            outbox_id=message, channel="letter", appointment_id=clinic.visit, due_at=at, next_at=at, done_at=at, outcome="letter",
            body=body,
        )  # fmt: skip
        task_id = clinic.task(tasks.LETTER, delivery_id=build.save(session, row).id)
    page = clinic.omar.get(f"/portal/work/{task_id}/letter")
    assert "Dear Zenobia, come on Tuesday." in text_of(page)
    assert clinic.press(task_id, "done").status_code == 303
    assert clinic.rows("see_letter") == [clinic.patient]


def test_a_time_is_taken_or_not_by_whoever_is_called(app: Flask, database: str, session: Session, clock: FakeClock) -> None:
    queue = Queue(session)
    queue.join(details=queue.details(email=None, given_name="Wanda"))
    queue.earlier(queue.book(queue.at(9), email=None, given_name="Later"))
    queue.cancel(queue.book(queue.at(2)))
    assert queue.offer().offered == 2
    hire(app, database, "Omar", Grant(Role.FRONT_DESK, queue.place.id))
    omar = signed_in(app, database, "Omar")
    calls = session.scalars(select(Task.id).where(Task.kind == tasks.PHONE_OFFER).order_by(Task.id)).all()
    pages = [text_of(omar.get(f"/portal/work/{number}")) for number in calls]
    assert all("They take it" in page and "The time on offer" in page for page in pages)
    assert "Wanda Person" in pages[0]
    assert "Later Person" in pages[1]
    hire(app, database, "Hana", Grant(Role.AGENT, None, True))
    hana = signed_in(app, database, "Hana")
    closed = hana.post(f"/portal/work/{calls[0]}/offer", data={"csrf_token": token_on(hana, "/account"), "answer": "yes"})
    assert (closed.status_code, "Take the task first" in text_of(closed)) == (409, True)
    token = {"csrf_token": token_on(omar, "/account")}
    assert omar.post(f"/portal/work/{calls[0]}/offer", data=token).status_code == 422
    assert omar.post(f"/portal/work/{calls[0]}/offer", data=token | {"answer": "no"}).status_code == 303
    assert [offer.state for offer in queue.offers()] == ["declined", "open"]
    assert omar.post(f"/portal/work/{calls[1]}/offer", data=token | {"answer": "yes"}).status_code == 303
    assert [offer.state for offer in queue.offers()] == ["declined", "accepted"]
    assert queue.visits() == [queue.at(2)]
    assert "The time is theirs now" in text_of(omar.get(f"/portal/work/{calls[1]}"))
    assert session.scalars(select(Task.id).where(Task.kind == tasks.PHONE_OFFER, Task.done_at.is_(None))).all() == []


def test_every_kind_of_task_has_words() -> None:
    stored = {value for name, value in vars(tasks).items() if name.isupper() and isinstance(value, str)}
    assert len(stored) >= 8
    assert {*stored, CALL_BACK} <= set(KINDS), "a kind without a row reads “Something to look at”"


def test_the_language_of_whom_an_interpreter_is_for_is_in_words(clinic: Clinic, database: str) -> None:
    number = clinic.task(tasks.INTAKE_CALL)
    with opened(database) as session:
        for table in (Patient, Intake):
            session.execute(update(table).values(interpreter=True, language="ht"))
        session.commit()
    assert "Needs an interpreter: Haitian Creole" in text_of(clinic.omar.get(f"/portal/work/{number}"))


def test_the_pages_read_at_sixth_grade(clinic: Clinic, capsys: pytest.CaptureFixture[str]) -> None:
    said = [kind.name for kind in KINDS.values()] + [kind.deed for kind in KINDS.values()] + list(DONE.values())
    said += [why_failed(code) for code in ("550", "552", "timeout", "tls", "auth", "broken", "unanswered", "twilio 21610", "421")]
    reached = {"words": grade(said)}
    for number, kind in enumerate([tasks.AFFECTED_VISIT, tasks.SAYS_NEW], start=1):
        address = f"/portal/work/{clinic.task(kind)}"
        reached[f"{kind} {number}"] = grade_of(clinic.omar.get(address).get_data(as_text=True))
    for address in ("/portal/front-desk", "/portal/front-desk/walk-in"):
        reached[address] = grade_of(clinic.omar.get(address).get_data(as_text=True))
    with capsys.disabled():
        print(f"\n  tasks and the desk: grade {min(reached.values()):.1f} to {max(reached.values()):.1f}")
    assert {page: value for page, value in reached.items() if value > LIMIT} == {}
