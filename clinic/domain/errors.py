"""Every refusal the product can make, as one tree. Messages are fit to show to a person.

DomainError
├── InvalidInput        something typed cannot be right; .fields names each field and what to do
│   └── UnusableToken   an opening, hold or manage token that we did not write, or not whole
├── PlaceUnknown        no such place; .suggestions are places that look alike
│   └── PlaceAmbiguous  the name is in several states; .choices are the candidates
├── NotFound            nothing by that name or reference
├── TimeRefused         the time cannot be had; .alternatives are openings that can
│   ├── TimeTaken       somebody else has it
│   └── NotOffered      in the past, off the step, outside hours, not bookable online …
├── PatientClash        the patient already has a visit then; says nothing about which
├── Undecided           a change touches visits that nobody has decided on; .effect is all that it does
├── ChangedMeanwhile    somebody else has changed the same thing; .changes are theirs
├── IllegalMove         the appointment is in a state that does not allow this
├── KeyReused           an Idempotency-Key came back with another request
├── LimitReached        too many of something; .retry_after in seconds
└── Busy                a lock or the database did not answer in time; .retry_after in seconds
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class DomainError(Exception):
    """A refusal in words that a person can act on."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(DomainError):
    """Something typed cannot be right. `fields` maps a field's name to a sentence saying what to do."""

    def __init__(self, fields: Mapping[str, str], message: str = "") -> None:
        self.fields = dict(fields)
        super().__init__(message or next(iter(self.fields.values()), "Please check what you typed."))


class UnusableToken(InvalidInput):
    """A token that we did not write, or that was cut short on its way. The use case may fill `alternatives`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__({field: message}, message)
        self.alternatives: tuple[Any, ...] = ()


class PlaceUnknown(DomainError):
    """The place could not be found. `suggestions` are labels that look alike, best first."""

    def __init__(self, message: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.suggestions = tuple(suggestions)


class PlaceAmbiguous(PlaceUnknown):
    """The name is in several states. `choices` are labels to choose from, likeliest first."""

    def __init__(self, message: str, choices: Sequence[str]) -> None:
        super().__init__(message, choices)
        self.choices = tuple(choices)


class NotFound(DomainError):
    """Nothing by that name."""


class TimeRefused(DomainError):
    """The time cannot be had. The use case fills `alternatives` with openings that can."""

    def __init__(self, message: str, alternatives: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.alternatives = tuple(alternatives)


class TimeTaken(TimeRefused):
    """Somebody else has the time, or every room it needs is in use."""

    def __init__(self, message: str = "That time has just been taken.", alternatives: Sequence[Any] = ()) -> None:
        super().__init__(message, alternatives)


class NotOffered(TimeRefused):
    """The time was never on offer: past, too soon, off the step, outside hours, or not bookable online."""


class PatientClash(DomainError):
    """The patient has another visit then. Neutral on purpose: it never says which."""

    def __init__(self, message: str = "You may already have a visit at that time. Please choose another, or call us.") -> None:
        super().__init__(message)


class Undecided(DomainError):
    """A change touches something that nobody has decided on, or not as it is now. `effect` is all that the change does now."""

    def __init__(self, message: str, effect: Any) -> None:
        super().__init__(message)
        self.effect = effect


class ChangedMeanwhile(DomainError):
    """Somebody else has changed the same thing. `changes` are theirs, the last first; empty when it was an import."""

    def __init__(self, message: str, changes: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.changes = tuple(changes)


class IllegalMove(DomainError):
    """The appointment is in a state that does not allow this."""


class KeyReused(DomainError):
    """An Idempotency-Key came back with another request."""


class LimitReached(DomainError):
    """Too many of something in too short a time."""

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Busy(DomainError):
    """A lock or the database did not answer in time; trying again soon is right."""

    def __init__(
        self, message: str = "We are busier than usual. Please try again in a moment, or call us.", retry_after: int = 3
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
