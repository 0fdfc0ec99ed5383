"""A specialist's day in a real browser: marks with one press each, one taken back, and a follow-up in three presses."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.stage import Stage
from tests.browser.test_staff import enter


def test_a_specialist_works_off_a_visit_and_books_the_next(page: Page, stage: Stage) -> None:
    stage.hire()
    enter(page, stage, "specialist")
    page.get_by_role("main").get_by_role("link", name="The day").click()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("button", name=re.compile("^Arrived"))).first
    name = row.get_by_role("heading").inner_text()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))
    for press, then in (("Arrived", "Here since"), ("Started", "Under way since"), ("Done", "Done at")):
        row.get_by_role("button", name=re.compile(f"^{press}")).click()
        expect(row).to_contain_text(then)
    row.get_by_role("link", name=name).click()
    state = page.get_by_role("region", name="Now")
    state.get_by_role("button", name="Take it back").click()
    expect(state).to_contain_text("Under way since")
    expect(page.get_by_role("status").filter(has_text="Taken back.")).to_be_visible()
    visit = page.url
    presses = 0
    page.get_by_role("link", name="Book a follow-up").click()
    presses += 1
    expect(page.get_by_role("heading", level=1)).to_have_text("Book a follow-up")
    page.locator("button.time").first.click()
    presses += 1
    expect(page.get_by_role("heading", level=1)).to_have_text("Book this follow-up?")
    page.get_by_role("button", name="Book it").click()
    presses += 1
    expect(page).to_have_url(visit)
    said = page.get_by_role("status").filter(has_text="The follow-up is booked")
    expect(said).to_be_visible()
    when = re.search(r"booked: (.*(?:[AP]M|[Nn]oon))", said.inner_text())
    assert when
    expect(page.get_by_role("link", name=re.compile(re.escape(when[1])))).to_be_visible()
    assert presses == 3
    print(f"\n  a follow-up from the visit's page: {presses} presses, {when[1]}")
