"""What the start page, and the bar on every page, lead to."""

from __future__ import annotations

from typing import NamedTuple

from clinic.usecases.accounts import Person


class Page(NamedTuple):
    """A page for the staff: the action that its guard asks for, its endpoint, its name, and a sentence on what it is for.

    `at_clinics`: only for whoever may do that at a clinic, not merely with what is their own. `daily`: one press away on
    every page.
    """

    action: str
    endpoint: str
    name: str
    sentence: str
    at_clinics: bool = False
    daily: bool = False


PAGES: tuple[Page, ...] = (
    Page("answer-calls", "desk.start", "The desk", "Whoever calls: found, booked and called back on one screen.", daily=True),
    Page(
        "mark-visit", "portal.desk", "Front desk", "Who comes today, who is here, and who walks in.", at_clinics=True, daily=True
    ),
    Page("see-day", "portal.day", "The day", "Who comes when, who is here, and how late it is.", daily=True),
    Page(
        "work-list",
        "portal.list_work",
        "Work list",
        "Messages that failed, letters, calls: what somebody should see to.",
        daily=True,
    ),
    Page("see-calls", "desk.today", "The desk today", "Calls and what came of them, times held now, and who waits for a call."),
    Page("merge-patients", "portal.duplicates", "There twice", "Patients with two records: compare them, and make them one."),
    Page("see-availability", "portal.availability", "Working hours", "Who works when and where, week by week.", daily=True),
    Page("calendar-feed", "portal.calendar", "My calendar", "Your visits in the calendar on your phone."),
    Page("read-audit", "portal.audit", "Audit log", "What you saw and did; for those who oversee others, what they did."),
)
"""In this order; each is shown to whoever may open it."""


def pages_for(person: Person) -> list[Page]:
    """Those whose guard lets this person in."""
    reached = ((page, person.reach(page.action)) for page in PAGES)
    return [page for page, allowed in reached if allowed and (allowed.locations or not page.at_clinics)]
