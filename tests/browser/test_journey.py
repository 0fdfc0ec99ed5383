"""From home to a booked visit in Chromium, as patients come: without JavaScript, by keyboard alone, on a small phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

PHONE: ViewportSize = {"width": 320, "height": 640}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TABS = 60

Look = Callable[[], None]


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "java_script_enabled": False}


def search(page: Page, near: str = "32801") -> None:
    page.goto("/")
    page.get_by_label("ZIP code, city or address").fill(near)
    page.get_by_label("What do you need?").select_option("physical-therapy")
    page.get_by_role("button", name="Find times").click()


def answer(page: Page, family_name: str) -> None:
    page.get_by_label("First name").fill("Zoë")
    page.get_by_label("Last name").fill(family_name)
    for part, value in (("Month", "April"), ("Day", "23"), ("Year", "1971")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_label("No, this is the first visit").check()
    page.get_by_label("Phone number", exact=True).fill("(407) 555-0123")


@pytest.fixture
def look_over(page: Page, browser: Browser, base_url: str) -> Iterator[Look]:
    """Nothing for axe to find, light or dark, and nothing wider than the smallest phone."""
    context = browser.new_context(base_url=base_url)  # axe is a script: it reads a copy, where scripts run
    copy = context.new_page()

    def look() -> None:
        copy.goto("/healthz")
        copy.set_content(page.content())
        for scheme in SCHEMES:
            copy.emulate_media(color_scheme=scheme)
            found = Axe().run(copy).response["violations"]
            assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == [], f"{page.url}, {scheme}"
        before = page.viewport_size
        assert before
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
        page.set_viewport_size(before)

    yield look
    context.close()


def test_home_to_booked_in_six_presses(page: Page, look_over: Look) -> None:
    page.goto("/")
    look_over()
    search(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Physical therapy near Orlando, FL 32801")
    expect(page.get_by_text("Distances are measured from the center of ZIP 32801.")).to_be_visible()
    look_over()
    page.locator(".soonest").get_by_role("button").click()
    expect(page.get_by_text("We are keeping this time for you until")).to_be_visible()
    look_over()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    look_over()
    answer(page, "Quillfeather")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    look_over()
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is booked")
    assert re.search(r"/booked/[0-9A-Z]{11}$", page.url)
    look_over()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is booked")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focused thing has this id or text, and see that it is visibly focused."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and (focused.get_attribute("id") == name or name in focused.inner_text()):
            assert focused.evaluate("(e) => getComputedStyle(e).outlineStyle") != "none"
            return
    raise AssertionError(f"{name} cannot be reached by Tab on {page.url}")


def test_by_keyboard_alone(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main part")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "near")
    page.keyboard.type("32801")
    tab_to(page, "service")
    page.keyboard.type("Physical")
    tab_to(page, "Find times")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find?near=32801&service=physical-therapy")
    tab_to(page, "Book")
    page.keyboard.press("Enter")
    page.wait_for_url("**/details")
    for name, typed in (
        ("given_name", "Ada"), ("family_name", "Quillfeather"), ("birth_date_month", "4"), ("birth_date_day", "23"),
        ("birth_date_year", "1971"), ("new_patient", " "), ("phone", "407-555-0124"),
    ):  # fmt: skip
        tab_to(page, name)
        page.keyboard.type(typed)
    page.keyboard.press("Enter")  # from a field: Continue, never "Give this time back"
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    tab_to(page, "Book this visit")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is booked")


def test_two_tabs_and_a_press_of_each_are_one_visit(page: Page) -> None:
    search(page)
    page.locator(".soonest").get_by_role("button").click()
    details = page.url
    other = page.context.new_page()
    other.goto(details)
    for tab in (page, other):
        answer(tab, "Twotabs")
        tab.get_by_role("button", name="Continue").click()
    for tab in (page, other):
        tab.get_by_role("button", name="Book this visit").click()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Your visit is booked")
    assert page.url == other.url
    page.goto(details)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is booked")


def test_cancelling_by_the_link(page: Page, look_over: Look) -> None:
    search(page)
    page.locator(".card").last.get_by_role("button").last.click()
    answer(page, "Cancelworth")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Book this visit").click()
    page.get_by_role("link", name="See or cancel this visit").click()
    look_over()
    page.get_by_role("button", name="Show my visit").click()
    page.locator("summary").click()
    look_over()
    page.get_by_role("button", name="Cancel this visit").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your visit is cancelled")


@pytest.mark.parametrize(
    "address",
    ["/find", "/find?near=Springfield&service=physical-therapy", "/find?near=Orlanod", "/locations", "/services",
     "/services/facet-joint-injections", "/booked/00000000000", "/visit"],
)  # fmt: skip
def test_every_other_page_is_fit_for_a_phone_and_a_screen_reader(page: Page, look_over: Look, address: str) -> None:
    page.goto(address)
    look_over()


def test_a_clinics_page_and_the_phone_in_the_same_place_everywhere(page: Page, look_over: Look) -> None:
    places = set()
    page.goto("/locations")
    page.locator("main h3 a").first.click()
    look_over()
    for address in (page.url, "/", "/find?near=32801&service=physical-therapy", "/services", "/booked/00000000000"):
        page.goto(address)
        call = page.locator("header .call")
        places.add((call.get_attribute("href"), str(call.bounding_box())))
    assert len(places) == 1
