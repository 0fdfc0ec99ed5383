"""From "it did not work" to a booked visit in Chromium: by the page itself, and by the guide; every press is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from clinic.engine.search.candidates import NEARBY_MILES
from tests.browser.looking import PATIENCE, PHONE, listen
from tests.browser.patient import NEW, WHO, ZIP, Patient, Typist

FAILED = "/care/facet-joint-injections-did-not-work"
PLACE = "ZIP code, city or address"
FIND = "Find the soonest physical therapy visit"
AT_MOST = 5
Sizes = dict[str, Any]
WAYS: dict[str, Sizes] = {
    "with scripts": {},
    "without JavaScript": {"java_script_enabled": False},
    "on the smallest phone": {"viewport": PHONE, "has_touch": True},
}
# Question by question; no word of these stands in any address.
ANSWERS = {
    "Do you have any of these signs right now?": "None of these",
    "What have you had done for this pain?": "A facet joint injection",
    "When did you have it?": "More than 6 weeks ago",
    "Did it help, and for how long?": "It did not help at all",
    "Where is your pain?": "In my low back",
    "What else have you tried?": "Nothing yet",
    "What matters most to you now?": "Care with no needles",
}
TOLD = ("none", "facet", "longer", "low_back", "nothing", "no_needles", "answer")
GUIDE = "Send my answers from the guide to the clinic. Only the people who treat me read them."


class Keyboard(Typist):
    """Counts twice: `presses` are keys, `pressed` the buttons, links and circles that they pressed."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.pressed = 0

    def press(self, name: str | re.Pattern[str], *arguments: Any, **named: Any) -> None:
        super().press(name, *arguments, **named)
        self.pressed += 1

    def choose(self, label: str) -> None:
        super().choose(label)
        self.pressed += 1


@pytest.fixture
def asked() -> list[str]:
    """Every address that the page asked for, in order."""
    return []


@pytest.fixture
def page(browser: Browser, base_url: str, asked: list[str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of somebody who comes in the way that the test names, or as most do."""
    context = browser.new_context(base_url=base_url, **getattr(request, "param", {}))
    context.set_default_timeout(PATIENCE)
    context.on("request", lambda sent: asked.append(sent.url))
    heard = listen(context)
    yield context.new_page()
    context.close()
    assert heard == []


def go_from_the_page(patient: Patient, family_name: str) -> None:
    """The page about failed injections is open: to a booked first physical therapy visit."""
    patient.type({PLACE: ZIP})
    patient.press(FIND)
    patient.is_at("Physical therapy near")
    soonest = patient.page.get_by_role("region", name="The soonest time")
    away = re.search(r"([0-9.]+) miles?", soonest.inner_text())
    assert away
    assert float(away[1]) <= NEARBY_MILES
    clinic = soonest.get_by_role("link").first.inner_text()
    patient.take()
    patient.type({"First name": "Zoë", "Last name": family_name, "Month": "4", "Day": "23", "Year": "1971"})
    patient.choose(NEW)
    patient.type({"Phone number": WHO["Phone number"]})
    patient.go_on()
    patient.confirm()
    main = patient.page.get_by_role("main")
    expect(main).to_contain_text("Physical therapy")
    expect(main).to_contain_text(clinic)


@pytest.mark.parametrize("page", WAYS.values(), ids=WAYS.keys(), indirect=True)
def test_from_a_failed_injection_to_a_booked_visit(page: Page, request: pytest.FixtureRequest) -> None:
    way = request.node.callspec.id.partition("-")[2]
    patient = Patient(page)
    page.goto(FAILED)
    patient.is_at("What to do if facet joint injections did not work")
    go_from_the_page(patient, "Sequel " + "".join(filter(str.isalpha, way)))
    print(f"\nfailed injections to booked, {way}: {patient.presses} presses plus typing")
    assert patient.presses <= AT_MOST


def test_from_a_failed_injection_by_keyboard_alone(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(FAILED)
    typist = Keyboard(page)
    go_from_the_page(typist, "Sequelfeather")
    print(
        f"\nfailed injections to booked, by keyboard alone: {typist.pressed} presses plus typing,"
        f" {typist.presses} keys on the way, each stop seen"
    )
    assert typist.pressed <= AT_MOST
    assert typist.unseen == []


def test_a_remembered_place_takes_a_press_less(page: Page) -> None:
    patient = Patient(page)
    patient.search()
    page.goto(FAILED)
    patient.presses = 0
    patient.take("The soonest near you")
    patient.say_who("Sequelagain")
    patient.go_on()
    patient.confirm()
    print(f"\nfailed injections to booked, the place remembered: {patient.presses} presses plus typing")
    assert patient.presses <= AT_MOST - 1


def answer(patient: Patient, question: str) -> None:
    patient.is_at(question)
    patient.choose(ANSWERS[question])
    patient.press("Continue")


GUIDED: dict[str, Sizes] = {"with scripts": {}, "without JavaScript": {"java_script_enabled": False}}


@pytest.mark.parametrize("page", GUIDED.values(), ids=GUIDED.keys(), indirect=True)
def test_the_guide_leads_to_a_booked_visit_and_its_answers_go_along(
    page: Page, asked: list[str], request: pytest.FixtureRequest
) -> None:
    way = request.node.callspec.id.partition("-")[2]
    patient = Patient(page)
    page.goto("/care/pathway")
    questions = list(ANSWERS)
    for question in questions[:4]:
        answer(patient, question)
    patient.is_at(questions[4])
    page.go_back()
    page.go_back()
    patient.is_at(questions[2])
    expect(page.get_by_label(ANSWERS[questions[2]], exact=True)).to_be_checked()
    page.go_forward()
    patient.is_at(questions[3])
    page.go_forward()
    for question in questions[4:]:
        answer(patient, question)
    patient.is_at("Next steps with no needles")
    page.go_back()
    patient.is_at(questions[-1])
    page.go_forward()
    patient.is_at("Next steps with no needles")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Physical therapy"))
    card.get_by_label(PLACE).fill(ZIP)
    patient.press(FIND, within=card)
    patient.is_at("Physical therapy near")
    patient.take()
    patient.say_who("Guided " + "".join(filter(str.isalpha, way)))
    patient.go_on()
    expect(page.get_by_label(GUIDE, exact=True)).not_to_be_checked()
    patient.choose(GUIDE)
    patient.confirm()
    page.goto("/care/pathway/result")
    patient.is_at(questions[0])  # they have gone, and stay here no longer
    print(
        f"\nfirst question to booked, answers sent along, {request.node.callspec.id.partition('-')[2]}: {patient.presses} presses"
    )
    words = [(told, address) for address in asked for told in TOLD if told in _words(address)]
    assert words == []
    assert len([address for address in asked if "/care/pathway" in address]) > len(questions)


def test_a_warning_sign_stops_the_journey(page: Page, asked: list[str]) -> None:
    patient = Patient(page)
    page.goto("/care/pathway")
    patient.choose("Fever or chills with my pain")
    patient.press("Continue")
    patient.is_at("Get help now")
    main = page.get_by_role("main")
    expect(main.get_by_role("link", name="Call 911")).to_have_attribute("href", "tel:911")
    expect(main.get_by_role("link", name=re.compile(r"\(407\) 555-0100"))).to_be_visible()
    assert main.get_by_role("button").count() == 0
    assert main.get_by_label(PLACE).count() == 0
    for further in ("/care/pathway/what-done", "/care/pathway/result"):
        page.goto(further)
        patient.is_at("Get help now")
    patient.press("I chose a sign by mistake", "link")
    patient.is_at("Do you have any of these signs right now?")
    expect(page.get_by_label("Fever or chills with my pain")).to_be_checked()
    assert not [address for address in asked if "fever" in _words(address)]


def _words(address: str) -> str:
    """The part of an address where somebody could leave an answer; files of the page's own are none of them."""
    parts = urlsplit(address)
    return "" if parts.path.startswith("/static/") else f"{parts.path}?{parts.query}#{parts.fragment}".lower().replace("-", "_")
