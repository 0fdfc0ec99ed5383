"""How the desk does today: calls and what came of them, times held now, whom to call back, and what people could not get."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template

from clinic.domain.time.hours import local_day, to_utc
from clinic.usecases import desk
from clinic.web.context import now, session
from clinic.web.desk import words
from clinic.web.guards import needs
from clinic.web.signed_in import may, me

ZONE = "America/New_York"
"""Of the desk: its day begins at midnight there."""
WEEKS = 4
"""How far back the page looks for what did not suit."""
CHANNELS = {
    "web": "Patient, online", "phone": "Call center", "desk": "Front desk", "portal": "Clinic staff", "api": "Other program",
    "waitlist": "Waiting list",
}  # fmt: skip
"""By whom a time is held."""


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/today")(today)


@needs("see-calls")
def today() -> Any:
    moment = now()
    since = to_utc(local_day(moment, ZONE), 0, ZONE)
    return render_template(
        "desk/supervisor.html", day=desk.desk_day(session(), me(), since=since, now=moment), now=moment, zone=ZONE,
        held=desk.held_now(session(), me(), now=moment),
        waiting=desk.list_call_backs(session(), me(), everybody=True, now=moment),
        unmet=desk.unmet(session(), me(), since=moment - timedelta(weeks=WEEKS), now=moment), weeks=WEEKS,
        outcomes=words.OUTCOMES, why=words.WHY, channels=CHANNELS, may_call=may("answer-calls"), percent=percent,
        handling=handling,
    )  # fmt: skip


def percent(share: float | None) -> str:
    """'62%', or a dash of nothing."""
    return "–" if share is None else f"{share:.0%}"


def handling(seconds: float | None) -> str:
    """'4 min 05 s', or a dash of nothing."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
