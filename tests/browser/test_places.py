"""Clinics, people and their times in Chromium. The console must stay quiet: JSON-LD is a data block that the policy lets be."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

DOWNTOWN = "/locations/orlando-downtown"
KEYS = ("streetAddress", "addressLocality", "addressRegion", "postalCode")
MANY_WEEKS = 6
INSIDE = "() => { const box = document.activeElement.getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth; }"


@pytest.mark.timeless
def test_the_address_is_copied_whole(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(DOWNTOWN)
    page.get_by_role("button", name="Copy address").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    data = json.loads(page.locator('script[type="application/ld+json"]').inner_text())
    street, city, state, code = (data["address"][key] for key in KEYS)
    assert copied == f"{street}, {city}, {state} {code}"
    assert copied in page.locator("main").inner_text()


@pytest.mark.timeless
def test_a_browser_that_may_not_copy_says_so(page: Page) -> None:
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    page.goto(DOWNTOWN)
    page.get_by_role("button", name="Copy address").click()
    expect(page.get_by_text("Select the address instead.")).to_be_visible()


def test_without_a_script_there_is_no_dead_button_and_all_else_works(browser: Browser, base_url: str) -> None:
    context = browser.new_context(base_url=base_url, java_script_enabled=False)
    page = context.new_page()
    page.goto(DOWNTOWN)
    expect(page.get_by_role("button", name="Copy address")).to_be_hidden()
    page.get_by_role("link", name="See all times for Physical therapy").click()
    page.get_by_label("Time of day").select_option("afternoon")
    page.get_by_role("button", name="Show", exact=True).click()
    for _ in range(MANY_WEEKS):  # the first days may have none left
        page.get_by_role("link", name="Later days").click()
        if page.locator(".day .time").count():
            break
    clocks = page.locator(".day .time-clock").all_inner_texts()
    assert clocks
    assert all(clock.endswith("PM") or clock.lower() == "noon" for clock in clocks), clocks
    page.locator(".day .time").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is coming?")
    context.close()


@pytest.mark.parametrize("width", [320, 1280])
def test_a_time_by_keyboard_alone(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{DOWNTOWN}/times")
    first = page.locator(".day .time").first
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(INSIDE), page.evaluate("document.activeElement.outerHTML")
        if first.evaluate("at => at === document.activeElement"):
            break
    else:
        pytest.fail("the first time is not reached")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is coming?")


def test_what_a_screen_reader_hears_of_a_day(page: Page) -> None:
    page.goto(f"{DOWNTOWN}/times?visit_type=chiropractic-adjustment")
    day = page.locator(".day", has=page.locator(".time")).first
    heard = day.aria_snapshot()
    heading = day.get_by_role("heading", level=2).inner_text().split("\n")[0]
    assert heading in heard
    buttons = day.get_by_role("button").all()
    assert str(len(buttons)) in day.get_by_role("heading", level=2).inner_text()
    for button in buttons:
        name = button.evaluate("at => at.textContent").split()
        assert {"AM", "PM", "noon"} & set(name), name


def test_the_map_and_the_list_of_states_lead_to_the_same(page: Page) -> None:
    page.goto("/locations")
    page.get_by_role("link", name="Florida (22)").click()
    expect(page.get_by_role("heading", name="Florida", exact=True)).to_be_in_viewport()
    page.goto("/locations")
    page.locator("figure.country a[href='#TX']").click()
    expect(page.get_by_role("heading", name="Texas", exact=True)).to_be_in_viewport()
