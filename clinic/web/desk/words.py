"""A call in words: who calls, what they may know, how it ends."""

from __future__ import annotations

from collections.abc import Iterable

from clinic.domain.people.calls import CallOutcome

RELATIONS = {
    "self": "The patient", "parent": "A parent", "guardian": "A guardian", "partner": "A partner", "carer": "A carer",
    "attorney": "Somebody with power of attorney", "interpreter": "An interpreter", "other": "Somebody else",
}  # fmt: skip
FACTS = {
    "reference": "Reference of a visit", "month": "Last visit: month, year, with whom", "phone": "Phone number",
}  # fmt: skip
"""What a caller may know of the patient, as domain.people.callers.FACTS; what is asked first stands first."""
LANGUAGES = {
    "en": "English", "es": "Spanish", "ht": "Haitian Creole", "pt": "Portuguese", "fr": "French", "zh": "Chinese",
    "vi": "Vietnamese", "tl": "Tagalog", "ar": "Arabic", "ru": "Russian", "ko": "Korean",
}  # fmt: skip
CONTACTS = {"email": "Email", "text": "Text message", "letter": "Letter", "none": "None, all is read out"}
OUTCOMES: dict[str, str] = {
    CallOutcome.BOOKED: "A visit is booked",
    CallOutcome.MOVED: "A visit has moved",
    CallOutcome.CANCELLED: "A visit is cancelled",
    CallOutcome.WAITLISTED: "On the waiting list",
    CallOutcome.CALL_BACK: "We call back",
    CallOutcome.NOTHING_SUITS: "Nothing suited",
    CallOutcome.QUESTION: "A question was answered",
    CallOutcome.DROPPED: "The call dropped",
}
WHY = {
    "": "Choose why", "too_late": "Too late", "too_far": "Too far", "wrong_time": "Wrong time of day",
    "wrong_person": "Wrong specialist", "cost": "Cost or insurance", "other": "Something else",
}  # fmt: skip
REASONS = {
    "asked": "The patient asked for it", "other_care": "The patient needs other care first", "travel": "The patient cannot come",
    "other": "Something else",
}  # fmt: skip
STATES = {
    "booked": "", "arrived": "here", "started": "under way", "fulfilled": "done", "no_show": "did not come",
}  # fmt: skip
DONE = {"book": "Booked", "move": "Moved", "cancel": "Cancelled"}
KINDS_OF_OFFER = {"soonest": "Soonest", "nearest": "Nearest", "nearby": "Soonest nearby"}
LEFT_OUT = {
    "miles": "Further away", "hours": "At any hour", "days": "On any day", "dates": "On any date", "people": "With anyone",
    "gender": "With a woman or a man", "languages": "In any language", "all": "Without these wishes",
}  # fmt: skip
"""What would be given up, by domain.requests.asking.relaxed."""


def kinds_of(kinds: Iterable[str]) -> str:
    """'Soonest and nearest'."""
    named = [KINDS_OF_OFFER[kind] for kind in kinds]
    return " and ".join([named[0], *(name.lower() for name in named[1:])])
