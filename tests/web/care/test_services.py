"""Service pages: a paragraph, the box, and how to get what only staff arrange."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.web.visiting import text_of


def test_services_are_listed_with_their_paragraphs(client: FlaskClient) -> None:
    text = text_of(client.get("/services"))
    assert "Physical therapy To move better." in text
    assert "Nerve ablation" in text


def test_a_service_leads_to_the_soonest_near_you(client: FlaskClient) -> None:
    page = client.get("/services/physical-therapy").get_data(as_text=True)
    assert '<input type="hidden" name="service" value="physical-therapy">' in page
    sent = client.post("/find", data={"service": "physical-therapy", "visit_type": "therapy-follow-up", "near": "32801"})
    assert sent.location == "/find?near=32801&service=physical-therapy&visit_type=therapy-follow-up"
    assert "30 minutes: Follow-up" in text_of(client.get(sent.location))


def test_what_only_staff_arrange_says_to_call(client: FlaskClient) -> None:
    text = text_of(client.get("/services/facet-joint-injections"))
    assert "Procedure 30 minutes. Our staff arrange this with you: call (407) 555-0100, or book “Consultation” first." in text
    alone = text_of(client.get("/services/nerve-ablation"))
    assert "Ablation 30 minutes. Our staff arrange this with you: call (407) 555-0100." in alone
    assert 'name="near"' not in client.get("/services/nerve-ablation").get_data(as_text=True)


def test_every_service_page_says_when_not_to_wait(client: FlaskClient) -> None:
    assert text_of(client.get("/services/physical-therapy")).startswith("All services Call 911 now")
    assert "Call 911 or go to an emergency room now" in text_of(client.get("/services/nerve-ablation"))


def test_a_remembered_place_offers_one_time_and_says_what_for(client: FlaskClient) -> None:
    assert client.get("/find?near=32801&service=physical-therapy").status_code == 200
    page = client.get("/care/lifestyle")
    text = text_of(page)
    box = text[text.index("The soonest near you") : text.index("On this page")]
    assert "Evaluation, 60 minutes Lake Clinic" in box
    assert "miles from 32801, with Dana Brook, PT" in box
    source = page.get_data(as_text=True)
    assert source.count('name="opening"') == 1
    assert "Search near another place" in source
    assert source.index("<details") < source.index('name="near"') < source.index("</details>")
    fresh = client.application.test_client().get("/care/lifestyle").get_data(as_text=True)
    assert 'name="near"' in fresh
    assert "<details" not in fresh
