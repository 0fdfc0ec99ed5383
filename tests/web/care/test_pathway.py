"""The care pathway on pages: without JavaScript, back and forward, and nothing about anybody in an address."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import FakeClock
from tests.web.visiting import hidden, text_of, title_of

TO_THERAPY = [
    ("", ["none"]),
    ("/what-done", ["facet"]),
    ("/when-done", ["longer"]),
    ("/helped", ["none"]),
    ("/where", ["low_back"]),
    ("/tried", ["nothing"]),
    ("/matters", ["no_needles"]),
]


def answer(client: FlaskClient, question: str, chosen: list[str]) -> TestResponse:
    page = client.get(f"/care/pathway{question}")
    return client.post(f"/care/pathway{question or '/warning-signs'}", data=hidden(page) | {"answer": chosen})


def go_through(client: FlaskClient) -> str:
    """Every question on the way to care without needles: the address of the result."""
    place = ""
    for question, chosen in TO_THERAPY:
        sent = answer(client, question, chosen)
        assert sent.status_code == 303, text_of(sent)
        place = sent.location
        assert not any(word in place for words in chosen for word in (words, "answer", "?"))
    return place


def test_from_the_first_question_to_a_ranked_result(client: FlaskClient) -> None:
    result = client.get(go_through(client))
    text = text_of(result)
    assert title_of(result).startswith("Next steps with no needles")
    assert text.index("Why it may fit") < text.index("What to expect") < text.index("What to ask")
    assert '<input type="hidden" name="service" value="physical-therapy">' in result.get_data(as_text=True)
    assert "It is not a diagnosis" in text


def test_warning_signs_stand_first_and_stop_the_journey(client: FlaskClient) -> None:
    sent = answer(client, "", ["bladder", "fever"])
    assert sent.location == "/care/pathway/get-help"
    page = client.get(sent.location)
    assert "Call 911" in text_of(page)
    assert 'name="near"' not in page.get_data(as_text=True).partition("<footer")[0]
    # Whoever types the address of a later question is led back to where they are.
    assert client.get("/care/pathway/matters").location == "/care/pathway/get-help"
    assert client.get("/care/pathway/result").location == "/care/pathway/get-help"
    assert answer(client, "/warning-signs", ["none"]).location == "/care/pathway/what-done"


def test_back_and_forward(client: FlaskClient) -> None:
    go_through(client)
    page = client.get("/care/pathway/helped").get_data(as_text=True)
    assert 'value="none" checked' in page
    # Another answer, and the questions behind it are asked on; what no longer lies on the way counts for nothing.
    assert answer(client, "/what-done", ["nothing"]).location == "/care/pathway/where"
    assert client.get("/care/pathway/helped").status_code == 303
    result = client.get("/care/pathway/result")
    assert title_of(result).startswith("Care with no needles")


@pytest.mark.parametrize("chosen", [[], ["nonsense"], ["none", "fever"], ["<script>"]])
def test_an_answer_that_cannot_be_gets_a_sentence(client: FlaskClient, chosen: list[str]) -> None:
    refused = answer(client, "", chosen)
    assert refused.status_code == 422
    assert title_of(refused).startswith("Error: ")
    assert "There is a problem" in text_of(refused)


def test_nothing_is_in_the_cookie_to_read_nor_in_a_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        go_through(client)
    cookie = client.get_cookie("session")
    assert cookie
    for word in ("facet", "low_back", "no_needles"):
        assert word not in cookie.value
        assert word not in caplog.text


def test_answers_are_forgotten_after_a_while_and_on_a_press(client: FlaskClient, clock: FakeClock) -> None:
    go_through(client)
    page = client.get("/care/pathway/result")
    assert client.post("/care/pathway/again", data=hidden(page)).location == "/care/pathway"
    assert client.get("/care/pathway/result").location == "/care/pathway"
    go_through(client)
    clock.forward(minutes=31)
    assert client.get("/care/pathway/result").location == "/care/pathway"


def test_unknown_pages(client: FlaskClient) -> None:
    for address in ("/care/pathway/nonsense", "/care/nonsense", "/services/nonsense"):
        assert client.get(address).status_code == 404
    assert client.post("/care/pathway/nonsense", data=hidden(client.get("/care/pathway"))).status_code == 404
