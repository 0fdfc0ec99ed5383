"""The visit as a file for a calendar: when, where and whom to call, and nothing about the person or their back."""

from __future__ import annotations

from flask import Response, current_app

from clinic.adapters.ical import write_calendar
from clinic.domain.scheduling.appointment import State
from clinic.domain.text.messages import Event, Told
from clinic.usecases.booking import Booked
from clinic.web.context import now
from clinic.web.letters import calendar_entry


def calendar_file(booked: Booked) -> Response:
    """To download. The visit keeps its UID for life, so that a later file replaces an earlier one, and an invitation."""
    visit = booked.summary
    told = Told(
        event=Event.BOOKED, clinic=visit.location_name, start=visit.start, end=visit.end, time_zone=visit.time_zone,
        address=visit.address, reference=visit.reference, sequence=visit.sequence,
    )  # fmt: skip
    entry = calendar_entry(current_app, told, stamp=now(), cancelled=visit.state == State.CANCELLED)
    headers = {"Content-Disposition": 'attachment; filename="appointment.ics"'}
    return Response(write_calendar(entry), headers=headers, content_type="text/calendar; charset=utf-8; method=PUBLISH")
