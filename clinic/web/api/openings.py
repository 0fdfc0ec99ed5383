"""GET /openings: where and when."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.time.hours import to_utc, whole_days
from clinic.domain.time.timeline import instant_at
from clinic.usecases import directory, find
from clinic.usecases.find import Wanted
from clinic.web.api import answers, examples
from clinic.web.api.operation import operation
from clinic.web.api.schemas import OpeningsOut, OpeningsQuery
from clinic.web.context import now, session
from clinic.web.limits import geocoder

WRITE_A_DATE = "Write a date such as 2026-11-23, or a time such as 2026-11-23T09:00:00-05:00."


@operation("GET", "/openings", query=OpeningsQuery, answers=200, schema=OpeningsOut, example=examples.OPENINGS)
def find_openings(asked: dict[str, Any]) -> dict[str, Any]:
    """Openings near a place

    The soonest first, or the nearest. Times that carry no offset are read on the clock of the place. When nothing is
    within the radius, it is widened; when nothing is within any, the nearest openings are given wherever they are.
    """
    place = find.find_place(session(), asked["near"], geocode=geocoder())
    wanted = Wanted(
        service=asked["service"],
        visit_type=asked.get("visit_type"),
        since=read_moment(asked.get("since"), "from", place.time_zone),
        until=read_moment(asked.get("until"), "until", place.time_zone, through=True),
        radius_miles=asked["radius_miles"],
        sort=asked["sort"],
        limit=asked["limit"],
    )
    try:
        found = find.openings_near(session(), place, wanted, now=now())
    except NotFound:
        slugs = ", ".join(service.slug for service in directory.services(session()))
        raise InvalidInput({"service": f"Choose one of: {slugs}."}) from None
    return {
        "place": answers.place(found.place),
        "radius_miles": found.radius_miles,
        "widened": found.widened,
        "nearest_anyway": found.anyway,
        "openings": answers.openings(found.openings),
    }


def read_moment(text: str | None, field: str, time_zone: str, *, through: bool = False) -> datetime | None:
    """A date (its beginning in the zone, or its end with `through`) or an ISO time, as UTC. Raises InvalidInput for `field`."""
    if text is None:
        return None
    try:
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            day = date.fromisoformat(text)
            return instant_at(whole_days(day, day, time_zone)[through])
        # A plus sign that was not escaped arrives as a space.
        moment = datetime.fromisoformat(re.sub(r"(T.*) ([0-9]{2}:[0-9]{2})$", r"\1+\2", text))
        if moment.tzinfo is None:
            return to_utc(moment.date(), moment.hour * 60 + moment.minute, time_zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput({field: WRITE_A_DATE}) from None
