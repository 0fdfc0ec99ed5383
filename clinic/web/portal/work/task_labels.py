"""What there is to do, in words: the kinds of tasks, and how a message failed."""

from __future__ import annotations

from typing import NamedTuple


class TaskKind(NamedTuple):
    """A kind of task: its name, its name for several, and what to do about one."""

    name: str
    names: str
    deed: str


KINDS = {
    "failed_message": TaskKind(
        "A message did not arrive", "Messages that did not arrive", "Call the patient and tell them, or send the message again."
    ),
    "letter": TaskKind(
        "Print a letter", "Letters to print", "Print the letter, and post it or hand it over. There is no email or text."
    ),
    "phone_offer": TaskKind("Call about an earlier time", "Times to offer by phone", "Call, and ask if they take the time."),
    "possible_duplicate": TaskKind(
        "Is this one person or two?", "People who may be there twice", "Compare the two records. Ask the patient if you can."
    ),
    "says_new_but_known": TaskKind(
        "Says new, but was here before", "Say new, but were here before", "Check the kind of visit. Call if it should be another."
    ),
    "says_known_but_new": TaskKind(
        "Says was here before, but is new", "Say they were here, but are new", "Check the name and birth date. Call if unsure."
    ),
    "call_about_answers": TaskKind(
        "Call about the answers", "Calls about answers", "A nurse should call before the visit. Only those who treat read why."
    ),
    "affected_visit": TaskKind(
        "A visit to move", "Visits to move", "Call the patient. Move the visit, or keep it. No reminder goes out until then."
    ),
    "call_back": TaskKind("Call back", "Calls to make", "Somebody asked for a call."),
    "phone_locked": TaskKind(
        "Wrong answers on the phone",
        "Wrong answers on the phone",
        "Three answers about this record did not fit. Until tomorrow, only our call to the number on file opens it.",
    ),
}
OTHER = TaskKind("Something to look at", "Others", "Look at it, and write down what you did.")


def kind_of(name: str) -> TaskKind:
    return KINDS.get(name, OTHER)


MESSAGES = {
    "booked": "that the visit is booked", "moved": "that the visit has a new time", "cancelled": "that the visit is cancelled",
    "link": "the link to the visit", "prepare": "how to prepare", "reminder-7": "a reminder, a week before",
    "reminder-2": "a reminder, two days before", "reminder-0": "a reminder, on the day",
    "call-first": "to call before they come", "waiting": "that they are on the list",
    "offer": "that a time has opened", "invited": "an invitation for a colleague", "reset": "a link to sign in again",
    "reset-seen": "that a sign-in was reset", "glass": "that a colleague broke the glass",
    "calendar-tied": "that a colleague was given a calendar", "role-given": "that a colleague was given a role",
}  # fmt: skip
"""What a message tells, by its event."""
CHANNELS = {"mail": "Email", "text": "Text message", "letter": "Letter"}

_REASONS = {
    "552": "Their mailbox is full.",
    "452": "Their mailbox is full.",
    "21610": "They answered STOP, so no text may go to this number.",
    "21211": "The phone number is not a real one.",
    "21614": "The phone number cannot get texts.",
    "30006": "The phone number cannot get texts.",
    "timeout": "The other side did not answer for hours.",
    "refused": "The other side took no messages for hours.",
    "lost": "The connection broke again and again.",
    "name": "The other side could not be found.",
    "tls": "The other side could not be reached safely.",
    "auth": "We could not sign in to our own mail or text service. Tell your administrator.",
    "unanswered": "We do not know if it arrived: the other side did not say.",
    "broken": "Something is wrong on our side. Tell your administrator.",
}
NO_SUCH_MAILBOX = "There is no such email address, or it does not take our mail."
BEYOND_REPAIR = frozenset({"21610", "21211", "21614", "30006"})


def why_failed(code: str) -> str:
    """A sentence for the short code of a delivery."""
    last = code.rpartition(" ")[2]
    if last in _REASONS:
        return _REASONS[last]
    if last.isdecimal() and len(last) == 3 and last.startswith("55"):
        return NO_SUCH_MAILBOX
    return f"The other side refused it (code {code})." if code else "The other side refused it."


def is_worth_another(code: str) -> bool:
    """Whether sending the same again can help."""
    last = code.rpartition(" ")[2]
    return last not in BEYOND_REPAIR and not (last.isdecimal() and len(last) == 3 and last.startswith("55") and last != "552")
