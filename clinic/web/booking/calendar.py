"""The visit as a file for a calendar: when, where and whom to call, and nothing about the person or their back."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Response, render_template, url_for

from clinic.adapters.ical import CalendarEntry, write_calendar
from clinic.domain.appointment import State
from clinic.usecases.booking import Booked
from clinic.web.context import now, settings


def calendar_file(booked: Booked) -> Response:
    """To download. The visit keeps its UID for life, so that a later file replaces an earlier one."""
    visit, address = booked.summary, settings().public_url + url_for("booking.visit")
    place = (visit.location_name, visit.street, f"{visit.city}, {visit.state_code} {visit.postal_code or ''}".strip())
    entry = CalendarEntry(
        uid=f"{visit.reference}@{urlsplit(settings().public_url).hostname}",
        sequence=visit.sequence,
        start=visit.start,
        end=visit.end,
        clinic=visit.location_name,
        address=", ".join(place),
        description=render_template("booking/calendar.txt", visit=visit, address=address).strip(),
        url=address,
        cancelled=visit.state == State.CANCELLED,
        stamp=now(),
    )
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
    return Response(write_calendar(entry), headers=headers, content_type="text/calendar; charset=utf-8; method=PUBLISH")
