"""POST /appointments: book a held time."""

from __future__ import annotations

from typing import Any

from clinic.domain.errors import InvalidInput, NotFound, UnusableToken
from clinic.domain.people.patient import GuardianDetails, PatientDetails
from clinic.engine.placing.changing import Who
from clinic.usecases import booking
from clinic.web.api import answers, examples
from clinic.web.api.operation import operation
from clinic.web.api.schemas import AppointmentOut, AppointmentRequest, OnceHeader
from clinic.web.context import now, session, signing_key
from clinic.web.limits import spend

WHO = Who(actor="patient", channel="api")
OF_THE_VISIT = ("hold", "new_patient", "booked_by", "reason", "guardian", "Idempotency-Key")


@operation(
    "POST",
    "/appointments",
    body=AppointmentRequest,
    body_example=examples.APPOINTMENT_REQUEST,
    headers=OnceHeader,
    answers=201,
    schema=AppointmentOut,
    example=examples.APPOINTMENT,
    refuses=(409, 429),
)
def book_appointment(asked: dict[str, Any], once: dict[str, Any]) -> dict[str, Any]:
    """Book a held time

    Everything that is wrong is said at once, in `errors`. A hold that has ended still books while its time is free.
    """
    request = booking.request_once("appointments", once["key"], asked)
    spend("bookings")
    try:
        booked = booking.confirm(
            session(), asked["hold"], read_details(asked), key=signing_key(), who=WHO, now=now(), once=request
        )
    except UnusableToken:
        raise
    except InvalidInput as error:
        raise InvalidInput({path_of(name): sentence for name, sentence in error.fields.items()}, error.message) from None
    except NotFound as error:
        raise InvalidInput({"hold": error.message}) from None
    return answers.appointment(booked)


def read_details(asked: dict[str, Any]) -> PatientDetails:
    """The request as the domain knows it; what is null counts as left out."""
    patient = {name: value for name, value in asked["patient"].items() if value is not None}
    about = {name: asked[name] for name in ("new_patient", "booked_by", "reason") if asked.get(name) is not None}
    guardian = GuardianDetails(**asked["guardian"]) if asked.get("guardian") else None
    return PatientDetails(**{"birth_date": None, **patient}, **about, guardian=guardian)


def path_of(field: str) -> str:
    """Where a field of the domain stands in the request: phone -> patient.phone, guardian_phone -> guardian.phone."""
    if field in OF_THE_VISIT:
        return field
    if field.startswith("guardian_"):
        return field.replace("_", ".", 1)
    return f"patient.{field}"
