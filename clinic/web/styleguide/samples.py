"""Made-up values for every part. No database: the shapes are those of the use cases, the people are nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField

from clinic.domain.tokens import SlotRef
from clinic.usecases.directory import OpeningState
from clinic.web.fields import DateInPartsField

STATES = {
    "usual": "As it usually is",
    "wrong": "With a mistake",
    "long": "Long words",
    "right-to-left": "Right to left",
    "empty": "With nothing in it",
}
EAST, CENTRAL = "America/New_York", "America/Chicago"
SERVICES = {"physical-therapy": "Physical therapy", "chiropractic-care": "Chiropractic care"}
LANGUAGES = {"en": "English", "es": "Español", "ar": "العربية"}

NAMES = {
    "usual": "Ada Quillfeather",
    "wrong": "A",
    "long": "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh " * 2,
    "right-to-left": "ليلى الحسيني",
    "empty": "",
}
CLINICS = {
    "long": "Impact Medical at the Saint Bartholomew-in-the-Meadows Rehabilitation and Sports Medicine Pavilion",
    "right-to-left": "عيادة البحيرة",
}
WRONG = {
    "near": "We do not know “Orlanod”. Check the spelling, or type a ZIP code.",
    "full_name": "Enter the first and last name.",
    "born": "There is no such day in the calendar. Check the month and the day.",
    "day": "Choose a day from today on.",
    "seen": "Say whether the patient has been to one of our clinics before.",
    "spoken": "Choose a language from the list.",
    "agreed": "A parent or guardian must agree to the visit.",
}


class SampleForm(FlaskForm):
    """A field of each kind."""

    near = StringField("ZIP code, city or address")
    service = SelectField("What do you need?", choices=SERVICES)
    sort = SelectField(choices={"nearest": "Nearest first"})
    full_name = StringField("Full name")
    phone = StringField("Phone number")
    born = DateInPartsField("Date of birth")
    day = StringField("On this day")
    seen = RadioField(
        "Has the patient been to one of our clinics before?", choices={"new": "No, this is the first visit", "yes": "Yes"}
    )
    days = SelectMultipleField("Which days suit you?", choices={"Mon": "Monday", "Tue": "Tuesday"})
    spoken = SelectField("Language for the visit", choices=LANGUAGES)
    agreed = BooleanField("I am the parent or guardian, or have their permission, and agree to this visit")

    class Meta:
        csrf = False


def samples(state: str, *, now: datetime) -> dict[str, Any]:
    """What the page of that state shows, by the names that its template uses."""
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1, hours=2)
    clinic = _clinic(state)
    openings = [_opening(clinic, start + timedelta(minutes=minutes)) for minutes in (0, 150, 4320)]
    visit = _visit(state, start, clinic)
    return {
        "form": _form(state),
        "wrong": WRONG if state == "wrong" else {},
        "clinic": clinic,
        "openings": openings,
        "result": SimpleNamespace(
            number=12 if state == "long" else 1,
            clinic=clinic,
            miles=4.2,
            times=openings[:1] if state == "empty" else openings,
            state=None if state == "empty" else _opening_state(state, now),
        ),
        "map": _map(clinic.name),
        "country": SimpleNamespace(
            width=720,
            height=420,
            states=[
                SimpleNamespace(name="Westland", clinics=0, href="", path="M60 80L360 30L330 390L90 300Z"),
                SimpleNamespace(name="Eastland", clinics=3, href="#part-country_map", path="M360 30L660 120L620 360L330 390Z"),
            ],
            dots="M430 150h0M520 220h0M560 300h0",
            labels=[(80, 400, "Westland")],
        ),
        "visit": visit,
        "hold": SimpleNamespace(
            token="sample",  # noqa: S106 (it opens nothing)
            expires_at=now + timedelta(minutes=-1 if state in ("wrong", "empty") else 9),
            summary=visit,
            can_extend=state != "wrong",
        ),
    }


def _form(state: str) -> SampleForm:
    name = NAMES[state]
    answered = {
        "near": "Orlanod" if state == "wrong" else name if state in ("long", "right-to-left") else "",
        "service": "physical-therapy", "sort": "nearest", "full_name": name, "spoken": "ar" if state == "right-to-left" else "en",
        "born_month": "" if state == "empty" else "2", "born_day": "" if state == "empty" else "30",
        "born_year": "" if state == "empty" else "1971", "phone": "" if state == "empty" else "(407) 555-0123",
        "seen": "" if state in ("wrong", "empty") else "new",
    }  # fmt: skip
    if state == "usual":
        answered["agreed"] = "y"
    form = SampleForm(MultiDict(answered))
    if state == "empty":
        form.service.choices = {}
    return form


def _clinic(state: str) -> SimpleNamespace:
    return SimpleNamespace(
        id=1, slug="lake", name=CLINICS.get(state, "Impact Medical Lake Eola"), street="4895 Merrowind Avenue",
        city="Llanfairpwllgwyngyllgogerychwyrndrobwll" if state == "long" else "Orlando", state="FL",
        postal_code=None if state == "empty" else "32801", phone=None if state == "empty" else "(407) 555-0104",
        time_zone=CENTRAL if state == "long" else EAST, latitude=28.54, longitude=-81.37,
    )  # fmt: skip


def _opening_state(state: str, now: datetime) -> OpeningState:
    if state == "long":
        return OpeningState(open=False, until=None, opens_at=now + timedelta(days=40), reason="we are rebuilding the entrance")
    return OpeningState(open=True, until=now + timedelta(hours=3), opens_at=None, reason="")


def _map(name: str) -> SimpleNamespace:
    """Three clinics on an island that is not there; the second stands where the first does, and had to move aside."""
    pins = [
        SimpleNamespace(
            pin=SimpleNamespace(number=number, href="#part-map"), name=f"{number}, {name}, 4.2 miles",
            x=x, y=y, at_x=at_x, at_y=y, moved=x != at_x, clear=x != at_x,
        )
        for number, x, at_x, y in ((1, 250, 250, 200), (2, 320, 250, 200), (3, 470, 470, 310))
    ]  # fmt: skip
    land = "M60 80L360 30L660 120L620 360L330 390L90 300Z"
    return SimpleNamespace(
        width=720, height=420, origin=(300, 280), scale=(130, "5 miles"), shore=8, pins=pins,
        backdrop=SimpleNamespace(abroad="", land=land, county_lines="M360 30L330 390", state_lines="M90 300L620 360"),
        towns=[SimpleNamespace(text="Lakeside", x=430, y=200)], beyond=[SimpleNamespace(number=4)],
    )  # fmt: skip


def _opening(clinic: SimpleNamespace, start: datetime) -> SimpleNamespace:
    return SimpleNamespace(
        start=start, end=start + timedelta(minutes=60), location=clinic, miles=4.2, specialist_name="Dana Brook, PT",
        wish=SlotRef(1, 1, 1, int(start.timestamp()) // 300),
    )  # fmt: skip


def _visit(state: str, start: datetime, clinic: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(
        start=start, end=start + timedelta(minutes=60), time_zone=clinic.time_zone, state="booked",
        visit_type_name="Physical therapy evaluation", service_name="Physical therapy",
        specialist_name=NAMES[state] if state in ("long", "right-to-left") else "Dana Brook, PT",
        location_slug="lake", location_name=clinic.name, street=clinic.street, city=clinic.city, state_code="FL",
        postal_code=clinic.postal_code, phone=None if state == "empty" else "+14075550104",
        phone_extension=None,
    )  # fmt: skip
