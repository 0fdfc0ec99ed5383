"""The pages on which calendars are given, confirmed and ended: what they offer, what they refuse, what they keep."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from clinic.domain.people.roles import Grant, Role
from clinic.store.tables.directory import Specialist
from tests import build
from tests.web.staff import hire, signed_in, token_on
from tests.web.visiting import opened, text_of

TYPED = {"name": "Sock Puppet", "email": "sock@example.org", "role": "specialist"}


@pytest.fixture
def specialists(app: Flask, database: str) -> dict[str, int]:
    """One of the first clinic alone, one of the other; and where they are."""
    with opened(database) as session:
        here, there = build.location(session, name="Here"), build.location(session, name="There")
        kind = build.visit_type(session)
        ours, theirs = build.specialist(session, name="Dr. Ours"), build.specialist(session, name="Dr. Theirs")
        build.offer(session, kind, here, ours)
        build.offer(session, kind, there, theirs)
        made = {"ours": ours.id, "theirs": theirs.id, "here": here.id, "there": there.id, "kind": kind.id}
    hire(app, database, "Mina", Grant(Role.MANAGER, made["here"]))
    hire(app, database, "Ada", Grant(Role.ADMINISTRATOR))
    return made


@pytest.fixture
def mina(app: Flask, database: str, specialists: dict[str, int]) -> FlaskClient:
    return signed_in(app, database, "Mina")


def test_the_list_has_calendars_of_ones_own_clinics_alone(mina: FlaskClient) -> None:
    page = mina.get("/account/people/invite").text
    assert "Dr. Ours" in page
    assert "Dr. Theirs" not in page


@pytest.mark.parametrize("forged", ["theirs", "999999", "-1", "0", "abc", "9" * 400, "1 or 1=1", "1.0"])
def test_a_forged_calendar_is_refused_beside_its_field_and_nothing_is_lost(
    mina: FlaskClient, specialists: dict[str, int], database: str, forged: str
) -> None:
    csrf = token_on(mina, "/account/people/invite")
    chosen = str(specialists.get(forged, forged))
    typed = {**TYPED, "csrf_token": csrf, "location": str(specialists["here"]), "specialist": chosen}
    answer = mina.post("/account/people/invite", data=typed)
    assert answer.status_code == 422
    assert "Choose a specialist from the list" in text_of(answer)
    assert 'id="specialist-wrong"' in answer.text
    for kept in ("Sock Puppet", "sock@example.org"):
        assert kept in answer.text
    assert "Dr. Theirs" not in answer.text


@pytest.mark.parametrize("forged", ["there", "999999", "abc", "-3"])
def test_a_forged_clinic_is_refused(mina: FlaskClient, specialists: dict[str, int], forged: str) -> None:
    chosen = str(specialists.get(forged, forged))
    csrf = token_on(mina, "/account/people/invite")
    answer = mina.post("/account/people/invite", data={**TYPED, "csrf_token": csrf, "location": chosen})
    assert answer.status_code == 422
    assert "You cannot give this role" in text_of(answer)


def test_from_a_tie_to_its_end(
    app: Flask, database: str, mina: FlaskClient, specialists: dict[str, int]
) -> None:  # fmt: skip
    csrf = token_on(mina, "/account/people/invite")
    typed = {**TYPED, "csrf_token": csrf, "location": str(specialists["here"]), "specialist": str(specialists["ours"])}
    invited = mina.post("/account/people/invite", data=typed)
    page = text_of(mina.get(invited.location))
    assert "The invitation is on its way. The other administrator is told." in page
    assert "They keep the calendar of Dr. Ours" in page
    assert "Mina Ashgrover answers for it" in page
    with opened(database) as session:
        kind, there = build.visit_type(session), build.location(session, name="Far")
        build.offer(session, kind, there, session.get_one(Specialist, specialists["ours"]))
    ada = signed_in(app, database, "Ada")
    for client in (mina, ada):
        assert "keeps the calendar of Dr. Ours, who now also works at Far" in text_of(client.get("/account/people"))
    assert "Ask an administrator to confirm or end it" in text_of(mina.get(invited.location))
    refused = mina.post(f"{invited.location}/end-calendar", data={"csrf_token": csrf})
    assert refused.status_code == 409
    csrf = token_on(ada, invited.location)
    done = ada.post(f"{invited.location}/confirm-calendar", data={"csrf_token": csrf}, follow_redirects=True)
    assert "There is no other administrator to tell of it. The audit log says so." in text_of(done)
    assert "There was no other administrator to tell of it" in text_of(ada.get("/portal/audit"))
    assert "Calendars to look at" not in text_of(ada.get("/account/people"))
    done = ada.post(f"{invited.location}/end-calendar", data={"csrf_token": csrf}, follow_redirects=True)
    assert "They do not keep the calendar any more" in text_of(done)
    assert "They have the role of a specialist, and no calendar yet" in text_of(done)
    wrong = ada.post(f"{invited.location}/tie-calendar", data={"csrf_token": csrf, "specialist": "abc"})
    assert (wrong.status_code, "Choose a specialist from the list" in text_of(wrong)) == (422, True)
    nothing = ada.post(f"{invited.location}/tie-calendar", data={"csrf_token": csrf})
    assert nothing.status_code == 422
    given = {"csrf_token": csrf, "specialist": str(specialists["ours"])}
    again = ada.post(f"{invited.location}/tie-calendar", data=given, follow_redirects=True)
    assert "They keep this calendar now." in text_of(again)


def test_what_administrators_are_told_says_who_and_leads_to_them(
    app: Flask, database: str, mina: FlaskClient, specialists: dict[str, int]
) -> None:
    from clinic.domain.text.messages import Event, Told
    from clinic.web.letters import linker, writer

    link = linker(app)("colleague", "7")
    assert link.endswith("/account/people/7")
    for event in (Event.CALENDAR_TIED, Event.ROLE_GIVEN):
        told = Told(event=event, first_name="Ada", about="Sock Puppet", links={"colleague": link})
        written = writer(app)(told, "ada@example.org", app.extensions["clinic"].clock())
        assert "Sock Puppet" in written.text
        assert link in written.text
        assert "Sock" not in written.subject
