"""Telephone numbers as people write them -> E.164, by Google's library of numbering plans."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers

from clinic.domain.errors import InvalidInput


def read_phone(typed: str, field: str = "phone") -> tuple[str, str | None]:
    """'(407) 555-0123 ext. 4' -> ('+14075550123', '4'). Numbers without a country code are US. Raises InvalidInput for `field`.

    Numbers of the range 555-01xx, kept for fiction, count as possible: the demo and the tests live there.
    """
    refusal = InvalidInput({field: "Enter a phone number with area code, such as (407) 555-0123."})
    if len(typed) > 60:
        raise refusal
    try:
        number = phonenumbers.parse(typed, "US")
    except phonenumbers.NumberParseException:
        raise refusal from None
    national = str(number.national_number)
    if number.country_code == 1:
        # North American numbers are ten digits, area code and exchange not starting with 0 or 1.
        if len(national) != 10 or national[0] in "01" or national[3] in "01":
            raise refusal
    elif not phonenumbers.is_possible_number(number):
        raise refusal
    extension = (number.extension or "")[:10] or None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), extension


@lru_cache(maxsize=1024)  # clinics have few numbers, and pages show them often
def format_phone(e164: str | None, extension: str | None = None) -> str:
    """'+14075550123' -> '(407) 555-0123'; other countries in international form; '' for none."""
    if not e164:
        return ""
    try:
        number = phonenumbers.parse(e164, "US")
    except phonenumbers.NumberParseException:
        return e164
    style = phonenumbers.PhoneNumberFormat.NATIONAL if number.country_code == 1 else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style) + (f" ext. {extension}" if extension else "")
