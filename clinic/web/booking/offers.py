"""A time that was offered: look at it, take it or let it go. The link shows nothing until its button is pressed."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from clinic.domain.errors import DomainError, IllegalMove, LimitReached, NotFound, PatientClash, UnusableToken
from clinic.usecases import waitlist
from clinic.usecases.waitlist import Offered
from clinic.web import visitor
from clinic.web.booking.manage import MOVED, PATIENT
from clinic.web.booking.waiting import closed
from clinic.web.context import now, parts, session, signing_key
from clinic.web.errors import status_of
from clinic.web.filters import clock_time_and_zone, long_day
from clinic.web.guards import public
from clinic.web.limits import spend

Page = str | tuple[str, int] | Response


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/offer/<token:token>")(offer_link)
    blueprint.post("/offer/<token:token>")(open_offer)
    blueprint.get("/offer")(offer)
    blueprint.post("/offer/take")(take_offer)
    blueprint.post("/offer/decline")(decline_offer)
    blueprint.post("/offer/waiting")(waiting_of_offer)


@public
def offer_link(token: str) -> Page:
    return render_template("waitlist/offer_link.html", token=token)


@public
def open_offer(token: str) -> Page:
    """The button was pressed: the key goes into the session for fifteen minutes, and out of the address."""
    try:
        waitlist.get_offer(session(), token, key=signing_key())
    except (NotFound, UnusableToken) as refused:
        return render_template("waitlist/lost.html"), status_of(refused)
    visitor.open_key("offer", token, now=now())
    return redirect(url_for(".offer"), 303)


@public
def offer() -> Page:
    seen = _opened()
    return _show(seen) if seen else render_template("waitlist/closed.html", refused=False)


@public
def take_offer() -> Page:
    """Pressed twice it is taken once; who comes second is told so at once, on the page that answers."""
    seen = _opened()
    if seen is None:
        return closed()
    try:
        spend("bookings")
        taken = waitlist.accept(
            session(), seen.token, key=signing_key(), sealer=parts().sealer, who=PATIENT, now=now()
        )  # fmt: skip
    except (PatientClash, IllegalMove, LimitReached) as refused:
        return _show(seen, refused, status=status_of(refused))
    if taken.state != "accepted":
        return _show(taken, status=409)
    if taken.moved and seen.own and seen.state == "open":
        old = seen.own
        visitor.leave_note(MOVED, f"{long_day(old.start, old.time_zone)}, {clock_time_and_zone(old.start, old.time_zone)}")
    return _to_visit(taken)


@public
def decline_offer() -> Page:
    seen = _opened()
    if seen is None:
        return closed()
    waitlist.decline(session(), seen.token, key=signing_key(), who=PATIENT, now=now())
    return redirect(url_for(".offer"), 303)


@public
def waiting_of_offer() -> Page:
    """From a time that is gone to what they wait for."""
    seen = _opened()
    if seen is None:
        return closed()
    visitor.open_key("waiting", seen.waiting_token, now=now())
    return redirect(url_for(".waiting"), 303)


def _to_visit(taken: Offered) -> Page:
    """To the visit: where a later one moved, to that; else to the page of one that was just booked."""
    if taken.moved:
        visitor.open_key("managing", taken.manage_token, now=now())
        return redirect(url_for(".visit"), 303)
    visitor.remember_booked(taken.reference, taken.manage_token, now=now())
    return redirect(url_for(".booked", reference=taken.reference), 303)


def _opened() -> Offered | None:
    """The offer that is open in this session, if its key still opens it."""
    token = visitor.opened_key("offer", now=now())
    if token is None:
        return None
    try:
        return waitlist.get_offer(session(), token, key=signing_key())
    except (NotFound, UnusableToken):
        return None


def _show(seen: Offered, refusal: DomainError | None = None, *, status: int = 200) -> Page:
    if seen.state == "accepted":
        return _to_visit(seen)
    return render_template("waitlist/offer.html", offer=seen, refusal=refusal, late=seen.until <= now()), status
