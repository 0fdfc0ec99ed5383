"""The front desk in a real browser: who is here, and somebody who walks in, by keyboard where a hand is on the phone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.looking import faults, see
from tests.browser.stage import Stage
from tests.browser.test_staff import enter


def test_somebody_arrives_and_somebody_walks_in(page: Page, stage: Stage) -> None:
    see(page.context)
    stage.hire()
    enter(page, stage, "frontdesk")
    page.get_by_role("main").get_by_role("link", name="Front desk").click()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("button", name=re.compile("^Arrived"))).first
    name = row.get_by_role("heading").inner_text()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name, exact=True))
    row.get_by_role("button", name=re.compile("^Arrived")).focus()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("Here since")
    row.get_by_role("button", name=re.compile("^Take it back")).click()
    expect(row).not_to_contain_text("Here since")
    page.get_by_label("Find a name on this day").fill(name.split()[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    assert name.split()[0].lower() not in page.url.lower()
    page.get_by_role("link", name="Somebody walks in").click()
    page.get_by_role("button", name="Show the times").click()
    page.locator("button.time").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is at the desk?")
    assert faults(page) == {}
    page.get_by_role("button", name="Book it").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the patient’s first name")
    assert faults(page) == {}
    for label, typed in {"First name": "Vesper", "Last name": "Walkington", "Phone number": "(407) 555-0144"}.items():
        page.get_by_label(label, exact=True).fill(typed)
    for label, typed in {"Month": "4", "Day": "23", "Year": "1971"}.items():
        page.get_by_label(label, exact=True).fill(typed)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="The visit is booked")).to_be_visible()
    expect(page.get_by_role("heading", name="Vesper Walkington")).to_be_visible()
    assert "vesper" not in page.url.lower()
