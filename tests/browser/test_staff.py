"""The staff in a real browser: by keyboard, warned before they are signed out, and with nothing lost that they typed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from clinic.demo.staff import PASSWORD
from tests.browser.stage import Stage


@pytest.fixture(scope="module")
def staffed(stage: Stage) -> Stage:
    stage.hire()
    return stage


def enter(page: Page, stage: Stage, who: str = "admin") -> None:
    page.goto(stage.address)
    page.goto(f"{stage.address}/account/sign-in")
    page.get_by_label("Email address").fill(f"{who}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Code").fill("246810")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hello")


def test_a_half_filled_form_goes_on_after_signing_in_again(page: Page, staffed: Stage) -> None:
    enter(page, staffed)
    page.goto(f"{staffed.address}/account/people/invite")
    page.get_by_label("Full name").fill("Ximena Late")
    page.get_by_label("Email address at work").fill("ximena@example.org")
    page.get_by_label("Role").select_option("agent")
    with staffed.later(minutes=20):
        page.get_by_role("button", name="Send the invitation").click()
        expect(page.get_by_role("alert")).to_contain_text("What you typed is kept")
        page.get_by_label("Email address").fill("admin@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_label("Code").fill("246810")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Go on where I was").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Ximena Late")


def test_a_warning_comes_before_the_end_and_a_press_keeps_the_session(page: Page, staffed: Stage) -> None:
    page.clock.install()
    enter(page, staffed, "manager")
    warning = page.get_by_role("status").filter(has_text="signed out soon")
    expect(warning).to_have_count(0)
    page.clock.fast_forward("13:30")
    expect(warning).to_be_visible()
    with staffed.later(minutes=13):
        page.get_by_role("button", name="Stay signed in").click()
        expect(warning).to_have_count(0)
        page.clock.fast_forward("15:30")
        expect(page.get_by_text("You are signed out. What you typed is still here")).to_be_visible()


@pytest.mark.timeless
def test_a_password_can_be_shown_and_hidden(page: Page, staffed: Stage) -> None:
    page.goto(f"{staffed.address}/account/sign-in")
    field = page.locator("#password")
    field.fill("okapi")
    show = page.get_by_role("button", name="Show password")
    show.click()
    expect(field).to_have_attribute("type", "text")
    expect(show).to_have_attribute("aria-pressed", "true")
    show.click()
    expect(field).to_have_attribute("type", "password")


def test_signed_out_the_back_button_shows_nothing(page: Page, staffed: Stage) -> None:
    enter(page, staffed, "frontdesk")
    page.goto(f"{staffed.address}/account")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Staff sign-in")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Staff sign-in")
