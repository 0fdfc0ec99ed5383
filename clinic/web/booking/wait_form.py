"""Which times suit somebody who waits, as a form. Whether such times can be waited for, the use case decides."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import SelectField, SelectMultipleField, StringField

from clinic.domain.errors import InvalidInput, PlaceUnknown
from clinic.domain.geography.places import Point
from clinic.domain.scheduling.waitlist import MILES, Wants, in_parts, weekly
from clinic.domain.time.hours import DAY_NAMES
from clinic.engine.search.locate import Place
from clinic.usecases import find
from clinic.usecases.waitlist import WaitSummary
from clinic.web.context import session
from clinic.web.fields import Form, tidy
from clinic.web.limits import geocoder

DAYS = dict(zip(DAY_NAMES, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
PARTS = {"morning": "Morning", "afternoon": "Afternoon", "evening": "Evening"}
NOTICE = {"2": "2 hours", "24": "1 day", "48": "2 days", "72": "3 days", "168": "1 week"}
HERE, ANYWHERE = "here", "any"
WITHIN = {str(miles): f"Within {miles} miles" for miles in MILES} | {ANYWHERE: "Any clinic"}
SAME, ANYBODY = "same", ""
LONGEST_PLACE = 80
FIELDS = ("near", "miles", "specialist", "days", "parts", "notice")


class WantsForm(Form):
    """Where, with whom, on which days, at what time of day, and how long before."""

    near = StringField("ZIP code, city or address", filters=[tidy])
    miles = SelectField("How far can you travel?", choices=WITHIN, default="25", validate_choice=False)
    specialist = SelectField("With whom?", choices={ANYBODY: "Anyone"}, default=ANYBODY, validate_choice=False)
    days = SelectMultipleField("Which days suit you?", choices=DAYS, validate_choice=False)
    parts = SelectMultipleField("What time of day?", choices=PARTS, validate_choice=False)
    notice = SelectField("How long before must you know?", choices=NOTICE, default="24", validate_choice=False)

    def place(self, wrong: dict[str, str]) -> Place | None:
        """Where distances start; None, and a sentence in `wrong`, for what is no place."""
        try:
            return find.find_place(session(), self.near.data or "", geocode=geocoder())
        except (PlaceUnknown, InvalidInput) as refused:
            wrong["near"] = refused.message
            return None

    def wants(self, point: Point | None, *, location_id: int | None = None, specialist_id: int | None = None) -> Wants:
        """What was chosen, possible or not. `point` is where distances start, the clinic alone when that was chosen."""
        alone = self.miles.data == HERE
        far = self.miles.data if self.miles.data not in (HERE, ANYWHERE) else None
        return Wants(
            location_id=location_id if alone else None,
            point=point.rounded() if point and far else None,
            miles=(int(far) if far.isdecimal() else 0) if far else None,
            specialist_id=specialist_id if self.specialist.data == SAME else None,
            hours=weekly(self.days.data or (), self.parts.data or ()),
            notice_hours=int(self.notice.data) if (self.notice.data or "").isdecimal() else 0,
        )


def problems(refused: Mapping[str, str]) -> dict[str, str]:
    """Those of this form's fields, in the order of the page."""
    return {name: refused[name] for name in FIELDS if name in refused}


def form_of(waiting: WaitSummary, sent: Mapping[str, str] | None) -> WantsForm:
    """The form with what they wait for now, or with what was sent; of a visit, its clinic and specialist can be chosen."""
    wants, own = waiting.wants, waiting.own
    days, parts = in_parts(wants.hours)
    miles = HERE if wants.location_id is not None else str(wants.miles) if wants.miles is not None else ANYWHERE
    chosen = {
        "near": waiting.place, "miles": miles, "days": list(days), "parts": list(parts), "notice": str(wants.notice_hours),
        "specialist": SAME if wants.specialist_id is not None else ANYBODY,
    }  # fmt: skip
    form = WantsForm(sent, **({} if sent else chosen))
    if own or wants.location_id is not None:
        name = own.location_name if own else waiting.place
        form.miles.choices = {HERE: f"Only {name}", **WITHIN}
    if own or waiting.specialist:
        form.specialist.choices = {ANYBODY: "Anyone", SAME: f"Only {own.specialist_name if own else waiting.specialist}"}
    return form


def in_words(waiting: WaitSummary) -> list[tuple[str, str]]:
    """What they wait for, a line each."""
    wants = waiting.wants
    days, parts = in_parts(wants.hours)
    where = waiting.place
    if wants.location_id is None:
        where = f"Within {wants.miles} miles of {waiting.place}" if wants.miles is not None else "Any clinic"
    when = ", ".join([*(DAYS[day] for day in days), *(PARTS[part].lower() for part in parts)])
    return [
        ("Where", where),
        ("With", waiting.specialist or "Anyone"),
        ("When", when or ("At the times you told us" if wants.hours else "Any day, any time")),
        ("At least", f"{NOTICE.get(str(wants.notice_hours), f'{wants.notice_hours} hours')} before the time"),
    ]
