"""What must be known about a patient before a visit is booked, and what cannot be right."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from clinic.domain.errors import InvalidInput

ADULT_AGE = 18
OLDEST_AGE = 125
RELATIONS = ("parent", "guardian", "partner", "carer", "other")
BOOKED_BY = ("self", "parent", "guardian", "partner", "carer", "attorney", "interpreter", "other")

MATCH_NAME_MAX = 200
_NAME_MAX = 100
_REASON_MAX = 1000
_ACCESS_NEEDS_MAX = 500
_INSURER_MAX = 120
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardianDetails:
    """Who answers for a minor. `phone` as typed, until the use case has normalised it."""

    name: str
    relation: str
    phone: str
    consent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientDetails:
    """What somebody typed about the patient and the visit. `phone` may be in any human format; `texts` consents to texts."""

    given_name: str
    family_name: str
    birth_date: date | None
    phone: str
    email: str | None = None
    postal_code: str | None = None
    language: str = "en"
    interpreter: bool = False
    new_patient: bool | None = None
    booked_by: str = "self"
    guardian: GuardianDetails | None = None
    reason: str | None = None
    access_needs: str | None = None
    insurer: str | None = None
    texts: bool = False

    def __repr__(self) -> str:  # never into a log
        return "PatientDetails(…)"


def age_on(birth_date: date, day: date) -> int:
    """Whole years. Somebody born on 29 February is a year older on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def is_minor(birth_date: date, visit_day: date) -> bool:
    return age_on(birth_date, visit_day) < ADULT_AGE


def check(details: PatientDetails, *, today: date, visit_day: date) -> None:
    """Raise InvalidInput with a sentence for each field that cannot be right. Phones are checked where they are read."""
    wrong = _check_names(details) | _check_birth_date(details.birth_date, today) | _check_contact(details) | _check_visit(details)
    if details.birth_date and "birth_date" not in wrong and is_minor(details.birth_date, visit_day):
        wrong |= check_guardian(details.guardian)
    if wrong:
        raise InvalidInput(wrong)


def _check_names(details: PatientDetails) -> dict[str, str]:
    wrong: dict[str, str] = {}
    for name, what in (("given_name", "first name"), ("family_name", "last name")):
        value = getattr(details, name).strip()
        if not value:
            wrong[name] = f"Enter the patient’s {what}."
        elif len(value) > _NAME_MAX:
            wrong[name] = f"Enter a {what} of at most {_NAME_MAX} letters."
        elif not any(character.isalpha() for character in value) or _has_controls(value):
            wrong[name] = f"Enter the {what} in letters."
    return wrong


def _check_contact(details: PatientDetails) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not details.phone.strip():
        wrong["phone"] = "Enter a phone number, such as (407) 555-0123."
    if details.email and (len(details.email) > 254 or not _EMAIL.fullmatch(details.email) or _has_controls(details.email)):
        wrong["email"] = "Enter an email address like name@example.com, or leave it empty."
    if details.postal_code and not re.fullmatch(r"[0-9]{5}(-[0-9]{4})?", details.postal_code):
        wrong["postal_code"] = "Enter a ZIP code of five digits, such as 32801, or leave it empty."
    return wrong


def check_request(booked_by: str, reason: str | None) -> dict[str, str]:
    """What cannot be right of what is said for one visit: a sentence for each field."""
    wrong: dict[str, str] = {}
    if booked_by not in BOOKED_BY:
        wrong["booked_by"] = "Choose who is booking: " + ", ".join(BOOKED_BY) + "."
    return wrong | _check_text("reason", reason, _REASON_MAX, "You can tell the specialist more at the visit.")


def _check_visit(details: PatientDetails) -> dict[str, str]:
    wrong = check_request(details.booked_by, details.reason)
    wrong |= _check_text("access_needs", details.access_needs, _ACCESS_NEEDS_MAX, "You can tell us more on the phone.")
    wrong |= _check_text("insurer", details.insurer, _INSURER_MAX, "The name of the insurer and the plan is enough.")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?", details.language):
        wrong["language"] = "Choose a language from the list."
    return wrong


def _check_text(name: str, text: str | None, longest: int, instead: str) -> dict[str, str]:
    """Lines of free text."""
    if text and len(text) > longest:
        return {name: f"Shorten this to {longest} characters. {instead}"}
    if text and _has_controls(text.replace("\n", " ").replace("\r", " ").replace("\t", " ")):
        return {name: "Use letters, digits and punctuation only."}
    return {}


def _check_birth_date(birth_date: date | None, today: date) -> dict[str, str]:
    if birth_date is None:
        return {"birth_date": "Enter the patient’s date of birth, such as 04/23/1971."}
    if birth_date > today:
        return {"birth_date": "The date of birth is in the future. Check the year."}
    if age_on(birth_date, today) > OLDEST_AGE:
        return {"birth_date": "The date of birth is too long ago. Check the year."}
    return {}


def check_guardian(guardian: GuardianDetails | None) -> dict[str, str]:
    """What cannot be right of who answers for a minor; phones are checked where they are read."""
    if guardian is None:
        return {"guardian": "A patient under 18 needs a parent or guardian. Enter their name, relation and phone number."}
    wrong: dict[str, str] = {}
    if not guardian.name.strip() or len(guardian.name) > 2 * _NAME_MAX or _has_controls(guardian.name):
        wrong["guardian_name"] = "Enter the parent’s or guardian’s full name."
    if guardian.relation not in RELATIONS:
        wrong["guardian_relation"] = "Choose how they are related to the patient: " + ", ".join(RELATIONS) + "."
    if not guardian.phone.strip():
        wrong["guardian_phone"] = "Enter the parent’s or guardian’s phone number."
    if not guardian.consent:
        wrong["guardian_consent"] = "The parent or guardian must agree to the visit."
    return wrong


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in text)


def match_name(given_name: str, family_name: str) -> str:
    """Both names folded to letters: 'José  O\'Neil-Smith' and 'jose oneil smith' are the same person's."""
    return f"{_letters(family_name)} {_letters(given_name)}"[:MATCH_NAME_MAX]


def is_family_name(typed: str, matched: str) -> bool:
    """Whether `typed` is the family name in `matched`, a name as `match_name` writes it."""
    return bool(_letters(typed)) and matched.startswith(f"{_letters(typed)} "[:MATCH_NAME_MAX])


def _letters(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in decomposed if character.isalnum())
