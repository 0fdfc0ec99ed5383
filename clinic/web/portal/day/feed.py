"""A specialist's visits in the calendar that they use anyway: its secret address, and the file behind it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, url_for

from clinic.domain.errors import NotFound
from clinic.usecases import day, feed
from clinic.web import signed_in
from clinic.web.context import now, public_link, session, settings, signing_key
from clinic.web.guards import needs, public
from clinic.web.portal.day.visit import who


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room. The file has an address outside of it: calendars know nothing of signing in."""
    blueprint.get("/calendar")(calendar)
    blueprint.post("/calendar/renew")(renew_calendar)
    blueprint.post("/calendar/stop")(stop_calendar)
    blueprint.post("/specialists/<int:number>/stop-calendar")(revoke_calendar)
    blueprint.record_once(
        lambda state: state.app.add_url_rule("/calendar/<token:token>.ics", f"{blueprint.name}.calendar_file", calendar_file)
    )


@public
def calendar_file(token: str) -> Response:
    """Read by calendar programs, again and again. A key that opens nothing is not found, whatever was wrong with it."""
    written = feed.feed_of(
        session(), token, key=signing_key(), host=settings().hosts[0], name=settings().brand, now=now()
    )  # fmt: skip
    return Response(written, content_type="text/calendar; charset=utf-8")


@needs("calendar-feed")
def calendar() -> Any:
    mine = signed_in.me().specialist_id
    found = feed.feed_settings(session(), mine, key=signing_key()) if mine is not None else None
    address = public_link(".calendar_file", token=found.token) if found and found.token else ""
    zone = day.zone_of(session(), mine) if mine is not None else ""
    return render_template(
        "portal/feed.html", feed=found, address=address, webcal=_webcal(address), nobody=mine is None, zone=zone
    )


def _webcal(address: str) -> str:
    """The same address, in the way that calendar programs ask to be opened for."""
    return f"webcal:{address.partition(':')[2]}"


@needs("calendar-feed")
def renew_calendar() -> Any:
    mine = signed_in.me().specialist_id
    if mine is not None:
        feed.renew_feed(session(), mine, key=signing_key(), who=who(), now=now())
        flash("Here is the address of your calendar. Every older one is dead.")
    return redirect(url_for(".calendar"), 303)


@needs("calendar-feed")
def stop_calendar() -> Any:
    mine = signed_in.me().specialist_id
    if mine is not None:
        _stop(mine, "Your calendar is stopped. Its address opens nothing any more.")
    return redirect(url_for(".calendar"), 303)


@needs("revoke-feed")
def revoke_calendar(number: int) -> Any:
    """Somebody else's, when its address has got about. They can make a new one."""
    _stop(number, "Their calendar is stopped. Its address opens nothing any more.")
    return redirect(url_for(".specialist_day", number=number), 303)


def _stop(number: int, said: str) -> None:
    try:
        feed.close_feed(session(), number, who=who(), now=now())
    except NotFound as none:
        flash(none.message)
    else:
        flash(said)
