"""The pages that nobody wants to see are still ours: styled, readable, reachable by keyboard."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect


def test_a_missing_page(page: Page) -> None:
    answer = page.goto("/no-such-page")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("Page not found")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main part")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"  # the style sheet arrived
    assert Axe().run(page).response["violations"] == []


def test_nothing_is_wider_than_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/no-such-page")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
