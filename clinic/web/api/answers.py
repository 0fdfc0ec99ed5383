"""What use cases return, as the JSON values that the schemas describe. Times leave in the clinic's zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from clinic.adapters.phones import format_phone
from clinic.domain.time.hours import zone
from clinic.domain.tokens import write_opening
from clinic.engine.search.candidates import Opening
from clinic.engine.search.locate import Place
from clinic.usecases.booking import Booked, Hold
from clinic.usecases.directory import LocationPage, OpenTime
from clinic.web.context import settings, signing_key


def moment(instant: datetime, time_zone: str) -> str:
    """ISO 8601 with the offset of the zone, such as 2026-11-23T09:00:00-05:00."""
    return instant.astimezone(zone(time_zone)).isoformat(timespec="seconds")


def place(found: Place) -> dict[str, Any]:
    return {
        "label": found.label,
        "latitude": found.point.latitude,
        "longitude": found.point.longitude,
        "time_zone": found.time_zone,
        "measured_from": found.measured_from,
        "note": found.note,
    }


def openings(found: Iterable[Opening]) -> list[dict[str, Any]]:
    key = signing_key()
    return [_opening(opening, key) for opening in found]


def _opening(opening: Opening, key: bytes) -> dict[str, Any]:
    site = opening.location
    return {
        "start": moment(opening.start, site.time_zone),
        "end": moment(opening.end, site.time_zone),
        "opening": write_opening(key, opening.wish),
        "visit_type": opening.visit.slug,
        "location": {
            "slug": site.slug,
            "name": site.name,
            "time_zone": site.time_zone,
            "distance_miles": None if opening.miles is None else round(opening.miles, 2),
        },
        "specialist": {"slug": opening.specialist_slug, "name": opening.specialist_name},
    }


def hold(held: Hold) -> dict[str, Any]:
    until = moment(held.expires_at, held.summary.time_zone)
    return {"hold": held.token, "expires_at": until, "can_extend": held.can_extend, **_visit(held)}


def appointment(booked: Booked) -> dict[str, Any]:
    manage_url = f"{settings().public_url}/manage/{booked.manage_token}"
    return {"reference": booked.reference, "manage_url": manage_url, **_visit(booked)}


def _visit(made: Hold | Booked) -> dict[str, Any]:
    visit = made.summary
    return {
        "start": moment(visit.start, visit.time_zone),
        "end": moment(visit.end, visit.time_zone),
        "visit_type": visit.visit_type_slug,
        "service": visit.service_slug,
        "location": {
            "slug": visit.location_slug,
            "name": visit.location_name,
            "time_zone": visit.time_zone,
            "street": visit.street,
            "city": visit.city,
            "state": visit.state_code,
            "postal_code": visit.postal_code,
            "phone": format_phone(visit.phone, visit.phone_extension),
        },
        "specialist": {"slug": visit.specialist_slug, "name": visit.specialist_name},
    }


def location_page(page: LocationPage) -> dict[str, Any]:
    return {
        **asdict(page),
        "days": [{"name": day.name, "open_times": _open_times(day.open_times)} for day in page.days],
        "special_days": [
            {"day": day.day.isoformat(), "open_times": _open_times(day.open_times), "reason": day.reason}
            for day in page.special_days
        ],
        "closures": [
            {
                "start": moment(c.start, page.time_zone),
                "end": moment(c.end, page.time_zone),
                "reason": c.reason,
                "reopens": moment(c.reopens, page.time_zone) if c.reopens else None,
            }
            for c in page.closures
        ],
    }


def _open_times(times: Iterable[OpenTime]) -> list[dict[str, str]]:
    return [{"opens": opens.isoformat("minutes"), "closes": closes.isoformat("minutes")} for opens, closes in times]
