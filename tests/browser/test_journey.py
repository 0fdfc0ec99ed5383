"""From home to a booked visit in Chromium, and on to moving and cancelling it, as patients come; every press is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import PHONE, ZOOMED, listen, look, tabbed
from tests.browser.patient import A_TIME, Patient, Typist

AT_MOST = 6
Sizes = dict[str, Any]
WAYS: dict[str, Sizes] = {
    "with scripts": {},
    "without JavaScript": {"java_script_enabled": False},
    "on the smallest phone": {"viewport": PHONE, "has_touch": True},
    "at 400%": {"viewport": ZOOMED},
    "on the smallest phone without JavaScript": {"viewport": PHONE, "java_script_enabled": False},
}


@pytest.fixture
def page(browser: Browser, base_url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of somebody who comes in the way that the test names, or as most do."""
    context = browser.new_context(base_url=base_url, **getattr(request, "param", {}))
    heard = listen(context)
    yield context.new_page()
    context.close()
    assert heard == []


def fits(page: Page) -> None:
    """Nothing has to be scrolled sideways."""
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), page.url


@pytest.mark.parametrize("page", WAYS.values(), ids=WAYS.keys(), indirect=True)
def test_home_to_booked_in_six_presses(page: Page, request: pytest.FixtureRequest) -> None:
    patient = Patient(page)
    patient.search()
    expect(page.get_by_text("Distances are measured from the center of ZIP 32801.")).to_be_visible()
    fits(page)
    patient.take()
    expect(page.get_by_text("We are keeping this time for you until")).to_be_visible()
    fits(page)
    way = request.node.callspec.id.partition("-")[2]
    patient.say_who("Quill " + "".join(filter(str.isalpha, way)))  # one person cannot be in five places
    patient.go_on()
    fits(page)
    patient.confirm()
    fits(page)
    assert re.search(r"/booked/[0-9A-Z]{11}$", page.url)
    print(f"\nhome to booked, {way}: {patient.presses} presses plus typing")
    assert patient.presses <= AT_MOST


def test_by_keyboard_alone(page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main part")).to_be_focused()
    typist = Typist(page)
    typist.search()
    typist.take()
    typist.type({"First name": "Ada", "Last name": "Quillfeather", "Month": "4", "Day": "23", "Year": "1971"})
    typist.choose("No, this is the first visit")
    typist.type({"Phone number": "407-555-0124"})
    typist.key("Enter")  # from a field: Continue, never "Give this time back"
    typist.is_at("Check your answers")
    typist.confirm()
    print(f"\nhome to booked, by keyboard alone: {typist.presses} keys plus typing, each stop seen")
    assert typist.unseen == []


def test_the_tab_key_stops_where_the_eye_checks_it(page: Page) -> None:
    """The walk over every page moves the focus by itself; here the Tab key makes the same stops in the same order."""
    page.goto("/find?near=32801&service=physical-therapy")
    assert tabbed(page) == look(page, "stops")


def test_a_visit_is_moved_in_two_presses(page: Page) -> None:
    patient = Patient(page)
    patient.book("Moveworth", later=True)
    reference = patient.reference
    patient.open_visit()
    patient.presses = 0
    button = page.get_by_role("region", name="Change the time").get_by_role("button").first
    chosen = button.inner_text()
    patient.press(A_TIME, within=page.get_by_role("region", name="Change the time"))
    patient.is_at("Move your visit?")
    patient.press("Move my visit")
    patient.is_at("Your visit has moved")
    print(f"\nopened visit to moved: {patient.presses} presses")
    assert patient.presses == 2
    assert patient.reference == reference
    clock = re.search(r"[0-9]+:[0-9]{2}", chosen)
    assert clock
    expect(page.get_by_role("main")).to_contain_text(clock[0])


@pytest.mark.parametrize("page", [{"java_script_enabled": False}], ids=["without JavaScript"], indirect=True)
def test_a_visit_is_cancelled_by_its_link(page: Page) -> None:
    patient = Patient(page)
    patient.book("Cancelworth")
    patient.open_visit()
    page.locator("summary", has_text="Cancel this visit").click()
    page.get_by_label("The time no longer suits").check()
    patient.press("Cancel this visit")
    patient.is_at("Your visit is cancelled")
    patient.press("Find another time", "link")
    patient.is_at("Physical therapy near")


def test_whoever_lost_the_link_is_sent_it_again(page: Page) -> None:
    patient = Patient(page)
    answers = {"Month": "4", "Day": "23", "Year": "1971", "Phone number given when booking": "(407) 555-0123"}
    said = set()
    for name in ("Quillfeather", "Nobody-of-that-name"):
        page.goto("/")
        patient.press("My visit", "link", within=page.get_by_role("navigation", name="Main"))
        patient.is_at("Find my booking")
        patient.type({"Patient’s last name": name, **answers})
        patient.press("Send me the link")
        patient.is_at("Look for our message")
        said.add(page.get_by_role("main").inner_text())
    assert len(said) == 1, "the answer tells who has a visit"


def test_a_second_visit_asks_nothing_again(page: Page) -> None:
    patient = Patient(page)
    patient.book("Twiceworth")
    patient.search(service="Chiropractic care")
    patient.take()
    patient.press("Same patient as before")
    for label, words in {"First name": "Zoë", "Last name": "Twiceworth", "Day": "23", "Phone number": "(407) 555-0123"}.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(words)
    patient.go_on()
    patient.confirm()


def test_two_tabs_and_a_press_of_each_are_one_visit(page: Page) -> None:
    one = Patient(page)
    one.search()
    one.take()
    details = page.url
    two = Patient(page.context.new_page())
    two.page.goto(details)
    for tab in (one, two):
        tab.say_who("Twotabs")
        tab.go_on()
    for tab in (one, two):
        tab.confirm()
    assert one.page.url == two.page.url
    page.goto(details)
    one.is_at("Your visit is booked")
