"""What is read aloud: a visit, before it is booked and after."""

from __future__ import annotations

from clinic.adapters.phones import format_phone
from clinic.domain.text.read_back import Spoken, read_back
from clinic.domain.time.hours import zone
from clinic.engine.search.candidates import Opening
from clinic.usecases.booking import VisitSummary
from clinic.web.context import prepared
from clinic.web.filters import miles


def sentences(visit: VisitSummary, caller_zone: str = "") -> tuple[str, ...]:
    """A visit that is booked: with whom, when, where, how to prepare, its reference."""
    return read_back(
        Spoken(
            start=visit.start, time_zone=visit.time_zone, visit=visit.visit_type_name, specialist=visit.specialist_name,
            clinic=visit.location_name, street=visit.street, city=visit.city, state=visit.state_code,
            phone=format_phone(visit.phone, visit.phone_extension), reference=visit.reference,
            preparation=prepared(visit, "confirmation"), caller_zone=caller_zone,
        )
    )  # fmt: skip


def offered(opening: Opening) -> str:
    """A time that is offered, in one breath after day and hour: 'December 1, with Dr. Vance in Orlando, 3.2 miles away …'."""
    day = opening.start.astimezone(zone(opening.location.time_zone))
    far = f", {miles(opening.miles)} away" if opening.miles is not None else ""
    return f"{day:%A}, {day:%B} {day.day}, with {opening.specialist_name}, {opening.location.name}{far}"
