"""The day and the week of a specialist: one's own, or another's as far as one may see it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from clinic.usecases import day as days
from clinic.usecases.day import Diary
from clinic.web import signed_in
from clinic.web.context import now, session
from clinic.web.fields import tidy
from clinic.web.guards import needs, reach, viewer
from clinic.web.portal.day.visit_words import COUNTED, MARKS

FURTHEST = timedelta(days=1000)


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/day")(day)
    blueprint.get("/week")(week)
    blueprint.get("/specialists/<int:number>/day")(specialist_day)
    blueprint.get("/specialists/<int:number>/week")(specialist_week)


@needs("see-day")
def day() -> Any:
    """One's own day; whoever has none chooses a specialist."""
    mine = _mine()
    return _show(mine, 1) if mine is not None else _choose()


@needs("see-day")
def week() -> Any:
    mine = _mine()
    return _show(mine, 7) if mine is not None else _choose()


@needs("see-day")
def specialist_day(number: int) -> Any:
    return _show(number, 1)


@needs("see-day")
def specialist_week(number: int) -> Any:
    return _show(number, 7)


def read_day(typed: str | None) -> date | None:
    """A day in an address; None for what is none, or is years away."""
    try:
        found = date.fromisoformat(typed or "")
    except ValueError:
        return None
    return found if abs(found - now().date()) < FURTHEST else None


def _mine() -> int | None:
    return signed_in.me().specialist_id if reach().covers(mine=True) else None


def _show(number: int, count: int) -> Any:
    moment, person = now(), signed_in.me()
    sheet = days.sheet(
        session(), viewer(), number, read_day(request.args.get("day")), days=count, actor=person.actor, now=moment
    )  # fmt: skip
    own = number == person.specialist_id
    page = "portal/week.html" if count == 7 else "portal/day.html"
    return render_template(page, sheet=sheet, own=own, ways=_ways(sheet, own=own), now=moment, marks=MARKS, counted=COUNTED)


def _ways(sheet: Diary, *, own: bool) -> dict[str, tuple[str, dict[str, Any]]]:
    """Endpoint and arguments of the pages to turn to from here."""
    first, count = sheet.days[0].day, len(sheet.days)
    number = {} if own else {"number": sheet.specialist.id}
    here, day_page, week_page = (
        f".{'' if own else 'specialist_'}{name}" for name in ("week" if count == 7 else "day", "day", "week")
    )  # fmt: skip
    step = timedelta(days=count)
    return {
        "today": (here, number),
        "earlier": (here, number | {"day": first - step}),
        "later": (here, number | {"day": first + step}),
        "day": (day_page, number),
        "week": (week_page, number | {"day": first}),
    }


def _choose() -> Any:
    """Whose day? Only for whoever gives no visits."""
    name = tidy(request.args.get("name"))
    own = reach().covers(mine=True)  # a specialist whose account knows of no calendar
    found = [] if own else days.colleagues(session(), viewer(), name)
    return render_template("portal/whose_day.html", found=found, name=name, own=own)
