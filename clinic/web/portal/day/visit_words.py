"""A visit in words: what became of it, why it changes, and what was said of its patient."""

from __future__ import annotations

from clinic.domain.scheduling.appointment import State

LANGUAGES = {
    "en": "English", "es": "Spanish", "ht": "Haitian Creole", "pt": "Portuguese", "fr": "French", "zh": "Chinese",
    "vi": "Vietnamese", "tl": "Tagalog", "ar": "Arabic", "ru": "Russian", "ko": "Korean",
}  # fmt: skip
RELATIONS = {"parent": "parent", "guardian": "guardian", "partner": "partner", "carer": "carer", "other": "someone close"}
REASONS = {
    "asked": "The patient asked for it",
    "ill": "The specialist is ill",
    "away": "The specialist is away",
    "delayed": "The clinic runs too late",
    "other_care": "The patient needs other care first",
    "other": "Something else",
}
MARKS = {State.ARRIVED: "Arrived", State.STARTED: "Started", State.FULFILLED: "Done", State.NO_SHOW: "Did not come"}
SAID = {
    State.ARRIVED: "The patient is here.",
    State.STARTED: "The visit has started.",
    State.FULFILLED: "The visit is done.",
    State.NO_SHOW: "Noted: the patient did not come. The rest of the time is free again.",
}
COUNTED = {
    State.BOOKED: "booked", State.ARRIVED: "waiting", State.STARTED: "under way", State.FULFILLED: "done",
    State.NO_SHOW: "did not come",
}  # fmt: skip
