"""The roles' table in words."""

from __future__ import annotations

from collections.abc import Mapping

from clinic.domain.people.roles import Reach, Scope

DEEDS = {
    "book": "Book a visit",
    "see-visit": "See a visit",
    "change-visit": "Move or cancel a visit",
    "see-contact": "See how to reach a patient",
    "read-intake": "Read what a patient answered",
    "edit-intake": "Write down a patient’s answers",
    "mark-visit": "Mark a visit as arrived or done",
    "keep-availability": "Change working hours",
    "see-availability": "See who is free",
    "see-day": "See the day",
    "find-patient": "Find a patient",
    "answer-calls": "Answer calls",
    "see-calls": "See the calls of the day",
    "propose-merge": "Report that a patient is there twice",
    "merge-patients": "Merge a patient who is there twice",
    "wait-for-time": "Add to the waitlist",
    "resend-message": "Send a message again",
    "work-list": "Work through the task list",
    "stand-in": "Stand in for a clinic that does not look at its tasks",
    "export": "Export tables",
    "calendar-feed": "Have a calendar feed",
    "revoke-feed": "Stop a calendar feed",
    "keep-locations": "Change clinics, rooms and services",
    "publish-pages": "Publish care pages",
    "keep-people": "Invite people and give roles",
    "close-account": "Reset or close an account",
    "read-audit": "Read the audit log",
    "break-glass": "Break the glass in an emergency",
}
REACHES = {
    Scope.ORGANISATION: "everywhere",
    Scope.LOCATIONS: "at your clinics",
    Scope.ASSIGNED: "visits with you",
    Scope.LOOKUP: "a caller you looked up",
    Scope.OWN: "your own",
    Scope.BUSY: "free or busy",
    Scope.COUNTS: "numbers only",
}
HOW = {"break-glass": "for one hour"}
"""Of what has no reach of its own."""


def in_words(reached: Mapping[str, Reach]) -> list[tuple[str, str]]:
    """(deed, how far) in the order of the table."""
    return [(DEEDS[action], HOW.get(action) or ", ".join(_parts(found))) for action, found in reached.items()]


def _parts(found: Reach) -> list[str]:
    if found.everywhere:
        return [REACHES[Scope.ORGANISATION]]
    return [words for scope, words in REACHES.items() if scope in found.scopes]
