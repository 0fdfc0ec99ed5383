"""The clinics' own pages."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from clinic.web.locator import views
from tests.web.visiting import openings, text_of


def test_clinics_are_listed_by_state(client: FlaskClient) -> None:
    text = text_of(client.get("/locations"))
    assert "Florida (3)" in text
    assert all(name in text for name in ("Lake Clinic", "Capital Clinic", "River Clinic"))
    assert "Our clinics in Florida" in text_of(client.get("/locations?state=fl"))
    assert client.get("/locations?state=TX").status_code == 404


def test_a_large_chain_lists_its_states_first(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "CLINICS_ON_ONE_PAGE", 2)
    assert "Lake Clinic" not in text_of(client.get("/locations"))
    assert "Lake Clinic" in text_of(client.get("/locations?state=FL"))


def test_a_clinic_shows_address_phone_hours_people_and_the_soonest_times(client: FlaskClient) -> None:
    page = client.get("/locations/lake")
    text = text_of(page)
    for fact in (
        "Orlando, FL 32801", "(407) 555-0100", "Monday 9:00 AM to 5:00 PM", "Sunday Closed", "November 26, 2026 Closed",
        "Thanksgiving", "Dana Brook, PT", "English, Spanish", "Today 9:00 AM EST", "Our staff arrange this visit with you.",
    ):  # fmt: skip
        assert fact in text, fact
    assert len(openings(page)) == 6
    assert "9:00 AM CST" in text_of(client.get("/locations/river"))


@pytest.mark.parametrize("address", ["/locations/nowhere", "/locations/No-Slug", "/services/nothing", "/services/a--b"])
def test_what_is_not_there_is_a_page_with_a_way_on(client: FlaskClient, address: str) -> None:
    page = client.get(address)
    assert page.status_code == 404
    assert "(407) 555-0100" in text_of(page)
