"""Somebody who books a visit, with a thumb or at a keyboard, and counts every press."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from playwright.sync_api import Locator, Page, expect

ZIP, SERVICE = "32801", "Physical therapy"
WHO = {"First name": "Zoë", "Month": "April", "Day": "23", "Year": "1971", "Phone number": "(407) 555-0123"}
NEW = "No, this is the first visit"
A_TIME = re.compile(r"\d:\d\d [AP]M|\b[Nn]oon\b|\b[Mm]idnight\b")
"""As every button that books or chooses a time is called."""
MANY_TABS = 200


class Patient:
    """Presses what has that name, as a screen reader says it. Typing is no press; choosing from a list or of a few is one."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0

    def press(self, name: str | re.Pattern[str], role: str = "button", within: Page | Locator | None = None) -> None:
        """A button, or whatever `role` says."""
        self.presses += 1
        (within or self.page).get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

    def pick(self, label: str, choice: str) -> None:
        """Of a list."""
        self.presses += 1
        self.page.get_by_label(label).select_option(label=choice)

    def choose(self, label: str) -> None:
        """Of a few, each with its circle or box."""
        self.presses += 1
        self.page.get_by_label(label, exact=True).check()

    def type(self, answers: Mapping[str, str]) -> None:
        for label, words in answers.items():
            self.page.get_by_label(label, exact=True).fill(words)

    def search(self, near: str = ZIP, service: str = SERVICE) -> None:
        self.page.goto("/")
        self.page.get_by_label("ZIP code, city or address").fill(near)
        self.pick("What do you need?", service)
        self.press("Find times")
        self.is_at(f"{service} near")

    def take(self, which: str = "The soonest time") -> None:
        """Press the first time of that part of the page; it is held."""
        self.press(A_TIME, within=self.page.get_by_role("region", name=which))
        self.is_at("Who is coming?")

    def take_later(self) -> None:
        """A time that can still be changed online: of the first day with any, four days from now or later."""
        self.open_day_with_times(self.page.url, self.first_day + timedelta(days=4))
        self.take()

    def open_day_with_times(self, results: str, first: date) -> None:
        """The results for that day, or for the first after it that has a time: on some days everything is taken."""
        for days in range(14):
            self.page.goto(f"{results}&day={first + timedelta(days=days)}")
            if self.page.get_by_role("region", name="The soonest time").is_visible():
                break

    @property
    def first_day(self) -> date:
        """The first of which times can be asked for, as the page of results says: today, where the place is."""
        return date.fromisoformat(self.page.get_by_label("Day", exact=True).get_attribute("min") or "")

    def say_who(self, family_name: str) -> None:
        self.type({**WHO, "Last name": family_name})
        self.choose(NEW)

    def book(self, family_name: str, *, later: bool = False) -> None:
        """All the way from home; whoever books twice needs another name, or another time."""
        self.search()
        self.take_later() if later else self.take()
        self.say_who(family_name)
        self.go_on()
        self.confirm()

    def go_on(self) -> None:
        self.press("Continue")
        self.is_at("Check your answers")

    def confirm(self) -> None:
        self.press("Book this visit")
        self.is_at("Your visit is booked")

    def open_visit(self) -> None:
        """From the page that says it is booked, by the link on it."""
        self.press(re.compile("cancel this visit"), "link")
        self.press("Show my visit")
        self.is_at("Your visit")

    def is_at(self, heading: str) -> None:
        expect(self.heading).to_contain_text(heading)

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def reference(self) -> str:
        """Of the visit on the page."""
        found = re.search(r"[Rr]eference (?:is )?([0-9A-Z]{11})", self.page.get_by_role("main").inner_text())
        assert found
        return found[1]


class Typist(Patient):
    """The same with no mouse and no thumb: Tab, Enter, Space and arrows. What the focus meets is looked at on the way."""

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.unseen: list[str] = []

    def key(self, name: str) -> None:
        self.presses += 1
        self.page.keyboard.press(name)

    def reach(self, target: Locator) -> None:
        """Tab until it has the focus."""
        target.wait_for()
        for _ in range(MANY_TABS):
            self.key("Tab")
            focused = self.page.locator(":focus")
            self.unseen += [] if not focused.count() or _is_seen(focused) else [focused.evaluate("(at) => at.outerHTML")]
            if target.evaluate("(at) => at === document.activeElement"):
                return
        raise AssertionError(f"{target} cannot be reached by Tab on {self.page.url}")

    def press(self, name: str | re.Pattern[str], role: str = "button", within: Page | Locator | None = None) -> None:
        self.reach((within or self.page).get_by_role(role, name=name).first)  # type: ignore[arg-type]
        self.key("Enter")

    def pick(self, label: str, choice: str) -> None:
        self.reach(self.page.get_by_label(label))
        self.page.keyboard.type(choice)

    def choose(self, label: str) -> None:
        """Circles of a group are one stop: arrows go on from there."""
        self.reach(self.page.get_by_label(label, exact=True))
        self.key("Space")

    def type(self, answers: Mapping[str, str]) -> None:
        for label, words in answers.items():
            self.reach(self.page.get_by_label(label, exact=True))
            self.page.keyboard.type(words)


IS_SEEN = """(at) => {
  const parts = [at, ...at.querySelectorAll("*"), at.parentElement];
  const drawn = parts.flatMap((part) => [null, "::after"].map((which) => getComputedStyle(part, which)));
  const box = at.getClientRects()[0];
  const there = box && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  const lies = there && (at.contains(there) || there.closest("label")?.control === at);
  const outlined = drawn.some((style) => style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2);
  return Boolean(lies) && (at.closest("svg") !== null || outlined);
}"""


def _is_seen(focused: Locator) -> bool:
    """An outline is drawn, and nothing lies over the thing itself. Pins on a map are marked in a way of their own."""
    return bool(focused.evaluate(IS_SEEN))


def pressed(page: Page, button: str | re.Pattern[str]) -> int:
    """Press a button that sends a form; the status of the page that comes of it."""
    with page.expect_navigation() as gone:
        page.get_by_role("button", name=button).first.click()
    return gone.value.status
