"""Fields that take no more than they say: text that every database can keep, booleans that are booleans, plain dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields

MISSING = "This is missing."
NULL = "This may not be null."
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


class Text(fields.String):
    """Text without the NUL character and without halves of surrogate pairs, which are no text and no database keeps."""

    default_error_messages = {"required": MISSING, "null": NULL, "invalid": "Send this as text, in quotes."}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if _UNKEEPABLE.search(text):
            raise ValidationError("Use letters, digits and punctuation only.")
        return text


class Flag(fields.Boolean):
    """true or false; not "true", not 1."""

    default_error_messages = {"required": MISSING, "null": NULL, "invalid": "Send true or false."}  # noqa: RUF012

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:  # noqa: ARG002
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class DayField(fields.Field[date | None]):
    """A date as YYYY-MM-DD. Empty text is no date, so that the domain can say in its own words what is missing."""

    default_error_messages = {  # noqa: RUF012
        "required": MISSING,
        "null": NULL,
        "invalid": "Write the date as YYYY-MM-DD, such as 1971-04-23.",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date | None:  # noqa: ARG002
        if value == "":
            return None
        if not isinstance(value, str) or not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise self.make_error("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None


class Whole(fields.Integer):
    default_error_messages = {"required": MISSING, "null": NULL, "invalid": "Send a whole number."}  # noqa: RUF012


class NumberField(fields.Float):
    default_error_messages = {"required": MISSING, "null": NULL, "invalid": "Send a number.", "special": "Send a number."}  # noqa: RUF012
