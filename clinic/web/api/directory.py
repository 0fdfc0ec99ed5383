"""The directory: clinics, services, specialists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from clinic.domain.errors import InvalidInput, NotFound
from clinic.usecases import directory
from clinic.web.api import answers, examples
from clinic.web.api.operation import operation
from clinic.web.api.schemas import (
    MOST_ROWS,
    LocationPageOut,
    LocationsOut,
    LocationsQuery,
    ServicesOut,
    SpecialistOut,
    SpecialistsOut,
    SpecialistsQuery,
)
from clinic.web.context import now, session

MOST_OFFSET = 2**31 - 1


@operation("GET", "/locations", query=LocationsQuery, answers=200, schema=LocationsOut)
def list_locations(asked: dict[str, Any]) -> dict[str, Any]:
    """Clinics

    By state, city and name.
    """
    check_rows(asked)
    # One more than asked for tells whether the list goes on.
    rows = directory.locations(session(), state=asked.get("state"), limit=asked["limit"] + 1, offset=asked["offset"])
    return {"locations": rows[: asked["limit"]], "next": next_of(rows, asked)}


@operation("GET", "/locations/<slug:location>", answers=200, schema=LocationPageOut, refuses=(404,))
def get_location(location: str) -> dict[str, Any]:
    """A clinic

    With its hours, the days that differ, what it offers and who works there.
    """
    return answers.location_page(directory.get_location(session(), location, now=now()))


@operation("GET", "/services", answers=200, schema=ServicesOut, example=examples.SERVICES)
def list_services() -> dict[str, Any]:
    """Services

    With their visit types; the first of each is the first visit.
    """
    return {"services": directory.services(session())}


@operation("GET", "/specialists", query=SpecialistsQuery, answers=200, schema=SpecialistsOut)
def list_specialists(asked: dict[str, Any]) -> dict[str, Any]:
    """Specialists

    By name; only those who work at a location, or give a service, when asked so.
    """
    check_rows(asked)
    filters = {name: asked.get(name) for name in ("location", "service")}
    try:
        rows = directory.specialists(session(), **filters, limit=asked["limit"] + 1, offset=asked["offset"])
    except NotFound as error:
        raise InvalidInput({"location" if "clinic" in error.message else "service": error.message}) from None
    return {"specialists": rows[: asked["limit"]], "next": next_of(rows, asked)}


@operation("GET", "/specialists/<slug:specialist>", answers=200, schema=SpecialistOut, refuses=(404,))
def get_specialist(specialist: str) -> directory.SpecialistCard:
    """A specialist"""
    return directory.get_specialist(session(), specialist)


def check_rows(asked: dict[str, Any]) -> None:
    """Raise InvalidInput for a part of a list that cannot be."""
    wrong: dict[str, str] = {}
    if not 1 <= asked["limit"] <= MOST_ROWS:
        wrong["limit"] = f"Ask for 1 to {MOST_ROWS} at a time."
    if not 0 <= asked["offset"] <= MOST_OFFSET:
        wrong["offset"] = "Pass over 0 or more."
    if wrong:
        raise InvalidInput(wrong)


def next_of(rows: Sequence[object], asked: dict[str, Any]) -> str | None:
    """Where the list goes on, if `rows` holds more than were asked for."""
    if len(rows) <= asked["limit"]:
        return None
    return f"{request.path}?{urlencode({**asked, 'offset': asked['offset'] + asked['limit']})}"
