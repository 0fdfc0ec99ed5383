"""What goes in and what comes out, as OpenAPI will show it. Shapes only: every rule is raised once, by the domain."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, pre_load

from clinic.domain.people.patient import BOOKED_BY, RELATIONS
from clinic.usecases.find import MOST_OPENINGS, WIDEST_MILES
from clinic.web.api.fields import DayField, Flag, NumberField, Text, Whole

MOST_ROWS = 1000
USUAL_ROWS = 500


def said(description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, **more}


def moment(description: str) -> fields.String:
    """A time in an answer: ISO 8601 with the clinic's offset."""
    return fields.String(required=True, metadata=said(description, format="date-time"))


# In


class RequestSchema(Schema):
    """Something sent to us. What nobody asked for is passed over, and so reaches no column."""

    class Meta:
        unknown = EXCLUDE


class OpeningsQuery(RequestSchema):
    near = Text(required=True, metadata=said("ZIP code, city and state, address, or “latitude,longitude”.", example="32801"))
    service = Text(required=True, metadata=said("Slug of a service.", example="physical-therapy"))
    visit_type = Text(metadata=said("Slug of one of the service's visit types; the first visit if left out."))
    since = Text(
        data_key="from",
        metadata=said("A date (from its beginning, on the clock of the place) or a time with its offset, such as 2026-11-23."),
    )
    until = Text(metadata=said("A date (through its end) or a time with its offset; starts lie before it."))
    radius_miles = NumberField(
        data_key="radius",
        load_default=25.0,
        metadata=said("Miles to search; widened, and said, if nothing is there.", exclusiveMinimum=0, maximum=WIDEST_MILES),
    )
    sort = Text(load_default="soonest", metadata=said("nearest gives at most 3 a location.", enum=["soonest", "nearest"]))
    limit = Whole(load_default=20, metadata=said("How many openings.", minimum=1, maximum=MOST_OPENINGS))


class LocationsQuery(RequestSchema):
    state = Text(metadata=said("Only those in this state, such as FL.", example="FL"))
    limit = Whole(load_default=USUAL_ROWS, metadata=said("How many.", minimum=1, maximum=MOST_ROWS))
    offset = Whole(load_default=0, metadata=said("How many to pass over; see “next” in the answer.", minimum=0))


class SpecialistsQuery(RequestSchema):
    location = Text(metadata=said("Slug: only those who work there."))
    service = Text(metadata=said("Slug: only those who give this service."))
    limit = Whole(load_default=USUAL_ROWS, metadata=said("How many.", minimum=1, maximum=MOST_ROWS))
    offset = Whole(load_default=0, metadata=said("How many to pass over; see “next” in the answer.", minimum=0))


class OnceHeader(RequestSchema):
    key = Text(
        required=True,
        data_key="Idempotency-Key",
        error_messages={"required": "Send an Idempotency-Key of 16 to 200 characters, a new one for each request."},
        metadata=said(
            "Names this request: sent again within 24 hours with the same body, it is answered as the first time.",
            minLength=16,
            maxLength=200,
            example="5f0c3c1e-6d1f-4c3a-9d0e-2f8b6a7c9d10",
        ),
    )


class HoldRequest(RequestSchema):
    opening = Text(required=True, metadata=said("The token of an opening."))


class _Form(RequestSchema):
    """A part of a form: what is left out counts as empty, so that the domain names everything that is missing at once."""

    EMPTY: dict[str, Any] = {}  # noqa: RUF012

    @pre_load
    def fill(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {**data, **{name: empty for name, empty in self.EMPTY.items() if data.get(name) is None}}


class PatientIn(_Form):
    EMPTY = {"given_name": "", "family_name": "", "birth_date": "", "phone": ""}  # noqa: RUF012

    given_name = Text(required=True)
    family_name = Text(required=True)
    birth_date = DayField(required=True, metadata={"type": "string", "format": "date"})
    phone = Text(required=True, metadata=said("As people write it; without a country code it is a US number."))
    email = Text(allow_none=True)
    postal_code = Text(allow_none=True)
    language = Text(allow_none=True, metadata=said("A language tag, such as en or es; en if left out."))
    interpreter = Flag(allow_none=True)
    access_needs = Text(allow_none=True, metadata=said("What helps the patient at the visit, in their words."))
    insurer = Text(allow_none=True, metadata=said("Insurer and plan, in their words."))
    texts = Flag(allow_none=True, metadata=said("Whether the patient agrees to text messages about this visit; no if left out."))


class GuardianIn(_Form):
    EMPTY = {"name": "", "relation": "", "phone": "", "consent": False}  # noqa: RUF012

    name = Text(required=True)
    relation = Text(required=True, metadata={"enum": list(RELATIONS)})
    phone = Text(required=True)
    consent = Flag(required=True, metadata=said("That the guardian agrees to the visit; it must be true."))


class AppointmentRequest(RequestSchema):
    hold = Text(required=True, metadata=said("The token of a held time."))
    patient = fields.Nested(
        PatientIn, required=True, error_messages={"required": "Send the patient’s details.", "type": "Send an object."}
    )
    new_patient = Flag(allow_none=True)
    booked_by = Text(allow_none=True, metadata=said("Who is booking; self if left out.", enum=[*BOOKED_BY, None]))
    guardian = fields.Nested(GuardianIn, allow_none=True, metadata=said("Needed for a patient under 18."))
    reason = Text(allow_none=True)


# Out


class ListedSchema(Schema):
    slug = fields.String(required=True)
    name = fields.String(required=True)


class PlaceOut(Schema):
    label = fields.String(required=True)
    latitude = fields.Float(required=True)
    longitude = fields.Float(required=True)
    time_zone = fields.String(required=True)
    measured_from = fields.String(required=True, metadata=said("Ends the sentence “Distances are measured from …”."))
    note = fields.String(required=True, allow_none=True)


class OpeningLocation(ListedSchema):
    time_zone = fields.String(required=True)
    distance_miles = fields.Float(required=True, allow_none=True, metadata=said("Null when nobody said from where."))


class OpeningOut(Schema):
    start = moment("With the clinic's offset.")
    end = moment("With the clinic's offset.")
    opening = fields.String(required=True, metadata=said("Send it to POST /api/v1/holds."))
    visit_type = fields.String(required=True)
    location = fields.Nested(OpeningLocation, required=True)
    specialist = fields.Nested(ListedSchema, required=True)


class OpeningsOut(Schema):
    place = fields.Nested(PlaceOut, required=True)
    radius_miles = fields.Float(required=True, metadata=said("What was searched in the end."))
    widened = fields.Boolean(required=True, metadata=said("Whether that is more than was asked for."))
    nearest_anyway = fields.Boolean(required=True, metadata=said("Nothing is within any radius: these are the nearest."))
    openings = fields.List(fields.Nested(OpeningOut), required=True)


class VisitLocation(ListedSchema):
    time_zone = fields.String(required=True)
    street = fields.String(required=True)
    city = fields.String(required=True)
    state = fields.String(required=True)
    postal_code = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True)


class VisitOut(Schema):
    start = moment("With the clinic's offset.")
    end = moment("With the clinic's offset.")
    visit_type = fields.String(required=True)
    service = fields.String(required=True)
    location = fields.Nested(VisitLocation, required=True)
    specialist = fields.Nested(ListedSchema, required=True)


class HoldOut(VisitOut):
    hold = fields.String(required=True, metadata=said("The key to the held time."))
    expires_at = moment("When the time is given back, with the clinic's offset.")
    can_extend = fields.Boolean(required=True)


class AppointmentOut(VisitOut):
    reference = fields.String(required=True, metadata=said("To say on the phone; it opens nothing."))
    manage_url = fields.String(
        required=True, metadata=said("Where the patient changes or cancels: keep it private.", format="uri")
    )


class VisitTypeOut(ListedSchema):
    minutes = fields.Integer(required=True)
    online = fields.Boolean(required=True, metadata=said("Whether patients can book it themselves."))
    audience = fields.String(required=True, metadata={"enum": ["any", "new", "returning"]})


class ServiceOut(ListedSchema):
    summary = fields.String(required=True)
    visit_types = fields.List(fields.Nested(VisitTypeOut), required=True)


class ServicesOut(Schema):
    services = fields.List(fields.Nested(ServiceOut), required=True)


class SpecialistOut(ListedSchema):
    profession = fields.String(required=True)
    languages = fields.List(fields.String(), required=True)
    about = fields.String(required=True)
    locations = fields.List(fields.Nested(ListedSchema), required=True)
    services = fields.List(fields.Nested(ListedSchema), required=True)


class SpecialistsOut(Schema):
    specialists = fields.List(fields.Nested(SpecialistOut), required=True)
    next = fields.String(required=True, allow_none=True, metadata=said("Where the list goes on; null at its end."))


class LocationOut(VisitLocation):
    latitude = fields.Float(required=True)
    longitude = fields.Float(required=True)


class LocationsOut(Schema):
    locations = fields.List(fields.Nested(LocationOut), required=True)
    next = fields.String(required=True, allow_none=True, metadata=said("Where the list goes on; null at its end."))


class OpenTime(Schema):
    opens = fields.String(required=True, metadata=said("HH:MM on the clinic's clock."))
    closes = fields.String(required=True, metadata=said("HH:MM; at or before the opening, it is on the next day."))


class WeekDayOut(Schema):
    name = fields.String(required=True)
    open_times = fields.List(fields.Nested(OpenTime), required=True)


class SpecialDayOut(Schema):
    day = fields.String(required=True, metadata={"format": "date"})
    open_times = fields.List(fields.Nested(OpenTime), required=True, metadata=said("Closed all day when empty."))
    reason = fields.String(required=True)


class ClosureOut(Schema):
    start = moment("With the clinic's offset.")
    end = moment("With the clinic's offset.")
    reason = fields.String(required=True)
    reopens = fields.String(
        required=True,
        allow_none=True,
        metadata=said("When opening hours begin again; null when that is not within 60 days of the end.", format="date-time"),
    )


class LocationPageOut(LocationOut):
    hours = fields.String(required=True, metadata=said("Empty when hours differ by specialist."))
    days = fields.List(fields.Nested(WeekDayOut), required=True)
    special_days = fields.List(fields.Nested(SpecialDayOut), required=True)
    closures = fields.List(fields.Nested(ClosureOut), required=True)
    services = fields.List(fields.Nested(ServiceOut), required=True)
    specialists = fields.List(fields.Nested(SpecialistOut), required=True)
    parking = fields.String(required=True, metadata=said("Sentences; empty when not known."))
    access = fields.String(required=True, metadata=said("How to get in, in sentences; empty when not known."))
    plans = fields.List(fields.String(), required=True, metadata=said("Insurance plans taken; empty when not known."))


class Problem(Schema):
    """A refusal (RFC 9457)."""

    type = fields.String(required=True, metadata=said("The kind of refusal, such as urn:problem:time-taken."))
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata=said("What is wrong and what to do, for a person to read."))
    errors = fields.Dict(keys=fields.String(), values=fields.String(), metadata=said("A sentence for each field that is wrong."))
    alternatives = fields.List(fields.Nested(OpeningOut), metadata=said("Times that can be had instead."))
    suggestions = fields.List(fields.String(), metadata=said("Places that look like what was typed; each may be sent as near."))
    choices = fields.List(fields.String(), metadata=said("Places that go by that name; each may be sent as near."))
    phone = fields.String(metadata=said("Whom to call instead."))
