"""Whose visit or record is looked for, read as people type it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic.adapters.phones import read_phone
from clinic.domain.errors import InvalidInput
from clinic.domain.tokens import read_reference


@dataclass(frozen=True, slots=True)
class VisitLookup:
    """Whose visit is looked for, read by `read_lookup`: a number in E.164, a reference as we write it, or both."""

    family_name: str
    birth_date: date
    phone: str | None
    reference: str | None

    def __repr__(self) -> str:  # never into a log
        return "VisitLookup(…)"


def read_lookup(family_name: str, birth_date: date | None, *, phone: str = "", reference: str = "") -> VisitLookup:
    """What was typed, as people type it. Raises InvalidInput with every wrong field, whether there is such a visit or not."""
    wrong: dict[str, str] = {}
    number = code = None
    if not any(character.isalpha() for character in family_name):
        wrong["family_name"] = "Enter the patient’s last name."
    if birth_date is None:
        wrong["birth_date"] = "Enter the patient’s date of birth, such as 04/23/1971."
    if phone:
        try:
            number, _ = read_phone(phone)
        except InvalidInput as found:
            wrong |= found.fields
    if reference:
        code = read_reference(reference)
        if code is None:
            wrong["reference"] = "Check the reference: it has 11 letters and digits, such as 7Q2M9XKD4TR."
    if not phone and not reference:
        wrong["phone"] = "Enter the phone number you gave when booking, or the reference."
    if wrong or birth_date is None:
        raise InvalidInput(wrong)
    return VisitLookup(family_name, birth_date, number, code)
