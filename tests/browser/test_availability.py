"""A specialist opens hours at a second clinic with nothing but a keyboard, and a patient finds them at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import delete, select

from clinic.demo.staff import PASSWORD
from clinic.store.tables.directory import Location, Specialist
from clinic.store.tables.schedules import Shift
from clinic.store.tables.staff import Account
from tests.browser.looking import PATIENCE, listen
from tests.browser.patient import A_TIME
from tests.browser.stage import Stage
from tests.demo import opened

MANY_TABS = 80
FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels?.length ? at.labels[0].textContent : at.textContent;
  return at === document.body ? "" : label.replace(/\\s+/g, " ").trim();
}"""


class Keyboard:
    """Hands that hold no mouse. `pressed` is what they did, in order."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed: list[str] = []

    def to(self, name: str) -> None:
        """Tab until the focus is on what has that name."""
        for count in range(1, MANY_TABS):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(FOCUSED).startswith(name):
                self.pressed.append(f"Tab x {count} to “{name}”")
                return
        raise AssertionError(f"no key leads to {name} on {self.page.title()}")

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)
        self.pressed.append(f"typed {words}")

    def press(self, key: str, then: str) -> None:
        """A key that leads to the page of that heading."""
        self.page.keyboard.press(key)
        self.pressed.append(key)
        expect(self.page.get_by_role("heading", level=1)).to_have_text(then)


def two_clinics(stage: Stage) -> tuple[str, str, str]:
    """(the specialist's slug, the second clinic's name, its ZIP): they offer visits there, and have no hours any more."""
    with opened(stage.url) as session:
        theirs_is = Account.email == "specialist@example.org"
        person = session.scalars(select(Specialist).join(Account, Account.specialist_id == Specialist.id).where(theirs_is)).one()
        theirs = select(Location).join(Shift, Shift.location_id == Location.id).where(Shift.specialist_id == person.id)
        second = session.scalars(theirs.order_by(Location.id.desc())).first()
        assert second
        session.execute(delete(Shift).where(Shift.specialist_id == person.id, Shift.location_id == second.id))
        session.commit()
        return person.slug, second.name, second.postal_code


def test_new_hours_at_a_second_clinic_by_keyboard_alone_and_a_patient_finds_them(
    page: Page, browser: Browser, stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.hire()
    slug, clinic, postal_code = two_clinics(stage)
    patient = browser.new_context(base_url=stage.address)
    patient.set_default_timeout(PATIENCE)
    heard = listen(patient)
    search = patient.new_page()
    sought = f"/find?near={postal_code}&service=back-pain-evaluation&specialist={slug}"
    search.goto(sought)
    card = search.locator(".card").filter(has_text=clinic)
    times = card.get_by_role("button", name=A_TIME)
    expect(times).to_have_count(0)

    hands = Keyboard(page)
    page.goto(f"{stage.address}/account/sign-in?next=/portal/availability")
    hands.to("Email address")
    hands.type("specialist@example.org")
    hands.to("Password")
    hands.type(PASSWORD)
    hands.press("Enter", "Type the code")
    hands.to("Code")
    hands.type("246810")
    hands.press("Enter", "Your hours")
    hands.to("Weekly hours")
    hands.press("Enter", "Weekly hours")
    hands.to(clinic)
    hands.press("Enter", f"Weekly hours at {clinic}")
    hands.to("Monday")
    hands.type("9-12, 1-5")
    hands.to("Tuesday")
    hands.type("nine")
    hands.press("Enter", f"Weekly hours at {clinic}")
    expect(page.get_by_role("alert")).to_contain_text("We could not read “nine”")
    hands.to("We could not read")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "tue"
    page.keyboard.press("Control+a")
    hands.type("9 am to noon")
    hands.press("Enter", "What this changes")
    effect = page.get_by_role("heading", name="Adds")
    expect(effect).to_contain_text("removes none, affects no patient")
    told = effect.inner_text()
    search.reload()
    expect(times).to_have_count(0)
    hands.to("Save the change")
    hands.press("Enter", "Your hours")
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    search.reload()
    expect(times.first).to_be_visible()
    found = times.count()
    patient.close()
    assert heard == []
    with capsys.disabled():
        print(f"\n  {told}; a patient near {postal_code} then sees {found} times there")
        print("  " + "; ".join(hands.pressed))
