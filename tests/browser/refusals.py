"""How every refusal and every unusual page comes about."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page

from tests.browser.patient import A_TIME, Patient, pressed
from tests.browser.tour import FIND, Tour

FILTERS_WRONG = "&day=32/13/2026&part=noon&specialist=nobody&language=Klingon"

Seen = tuple[int, Page]
State = Callable[[Tour], Seen]
STATES: dict[str, tuple[int, State]] = {}
"""Every page that somebody gets when something is wrong or unusual: its status, and how to get there."""

ALIKE = frozenset({
    "a place that is none", "a place of which there are several", "no place", "a service that is none", "a clinic that is none",
    "filters that cannot be", "a visit that is not open here", "other times for a visit that is not open here",
    "a link that opens nothing", "a search for a booking without an answer", "no cookies", "a page that was open for too long",
    "too much, too fast", "too long a text", "no such page", "an address that is only for forms", "a fault of ours",
    "no database",
    "a wait that is not open here", "a link to what nobody waits for", "a sign-in of nobody", "the second step", "a wrong code",
    "a page that a manager may not open", "the sign-in after a session ended", "the key of an invitation that is none",
    "a weak new password", "an invitation that is not whole", "the glass without a reason", "a note that is too long",
})  # fmt: skip
"""Those that read alike at every moment."""


def state(name: str, status: int = 200) -> Callable[[State], State]:
    def keep(reach: State) -> State:
        STATES[name] = (status, reach)
        return reach

    return keep


def near(tour: Tour, typed: str) -> Seen:
    tour.go("/")
    box = tour.page.get_by_label("ZIP code, city or address")
    box.fill(typed)
    with tour.page.expect_navigation() as gone:  # not by the button, which suggestions may cover a moment later
        box.press("Enter")
    return gone.value.status, tour.page


@state("a place that is none")
def _unknown(tour: Tour) -> Seen:
    return near(tour, "Orlanod")


@state("a place of which there are several")
def _ambiguous(tour: Tour) -> Seen:
    return near(tour, "Springfield")


@state("no place")
def _nowhere(tour: Tour) -> Seen:
    return near(tour, "")


@state("a service that is none", 404)
def _no_service(tour: Tour) -> Seen:
    return tour.go("/find?near=32801&service=magic"), tour.page


@state("filters that cannot be")
def _filters(tour: Tour) -> Seen:
    return tour.go(FIND + FILTERS_WRONG), tour.page


@state("filters that leave nothing")
def _nothing(tour: Tour) -> Seen:
    today = tour.stage.clock().date()
    sunday = today + timedelta(days=13 - today.weekday())
    return tour.go(f"{FIND}&day={sunday}&part=evening"), tour.page


@state("times that cannot be")
def _times(tour: Tour) -> Seen:
    return tour.go("/locations/orlando-downtown/times?from=32/13/2026&part=noon&specialist=nobody&visit_type=magic"), tour.page


@state("a clinic that is none", 404)
def _no_clinic(tour: Tour) -> Seen:
    return tour.go("/locations/atlantis"), tour.page


def send(tour: Tour, answers: dict[str, str], *choices: str) -> Seen:
    """The questions about who comes, with nothing answered but this."""
    tour.go("/book/{hold}/details")
    page = tour.page
    page.evaluate("document.querySelectorAll('details').forEach((closed) => { closed.open = true; })")
    blank = dict.fromkeys(("First name", "Last name", "Month", "Day", "Year", "Phone number"), "")
    Patient(page).type(blank | answers)
    for choice in choices:
        page.get_by_label(choice, exact=True).check()
    return pressed(page, "Continue"), page


@state("questions without an answer", 422)
def _empty(tour: Tour) -> Seen:
    return send(tour, {})


@state("a child without a guardian", 422)
def _child(tour: Tour) -> Seen:
    return send(tour, {"First name": "Zoë", "Month": "2", "Day": "30", "Year": "2019"}, "My child")


@state("strange and long answers")
def _strange(tour: Tour) -> Seen:
    long = {"First name": "Zoë-Ann Ó", "Last name": "الحسيني " * 3 + "Wolfeschlegelsteinhausenbergerdorff" * 2}
    born = {"Month": "4", "Day": "23", "Year": "1971", "Phone number": "(407) 555-0123 ext. 4567"}
    said = {"Reason for the visit (optional)": "ألم في أسفل الظهر " * 8, "Email address (optional)": "a" * 60 + "@example.org"}
    return send(tour, long | born | said, "No, this is the first visit")


@state("a time that somebody else took", 409)
def _taken(tour: Tour) -> Seen:
    tour.go(FIND)
    other = tour.stranger()
    tour.go(FIND, other)
    Patient(other).take()
    other.context.close()
    soonest = tour.page.get_by_role("region", name="The soonest time")
    with tour.page.expect_navigation() as gone:
        soonest.get_by_role("button").first.click()
    return gone.value.status, tour.page


@state("a time that lapsed and was taken, with answers", 409)
def _lapsed_and_taken(tour: Tour) -> Seen:
    mine, other = Patient(tour.stranger()), Patient(tour.stranger())
    mine.open_day_with_times(FIND, tour.visit_day)
    day = mine.page.url
    mine.take()
    mine.say_who("Lapseworth")
    mine.go_on()
    with tour.stage.later(minutes=11):
        other.page.goto(day)
        other.take()
        status = pressed(mine.page, "Book this visit")
    other.page.context.close()
    return status, mine.page


@state("a time that lapsed")
def _lapsed(tour: Tour) -> Seen:
    with tour.stage.later(minutes=11):
        return tour.go("/book/{hold}/details"), tour.page


@state("a time that was given back", 409)
def _over(tour: Tour) -> Seen:
    other = Patient(tour.stranger())
    tour.go(FIND, other.page)
    other.take()
    details = other.page.url
    other.press("Give this time back")
    other.is_at("Physical therapy near")
    return tour.go(details, other.page), other.page


@state("a reference in another browser")
def _elsewhere(tour: Tour) -> Seen:
    other = tour.stranger()
    return tour.go("/booked/{reference}", other), other


@state("a visit that is not open here")
def _not_open(tour: Tour) -> Seen:
    other = tour.stranger()
    return tour.go("/visit", other), other


@state("other times for a visit that is not open here", 403)
def _closed(tour: Tour) -> Seen:
    other = tour.stranger()
    return tour.go("/visit/times", other), other


@state("a link that opens nothing", 404)
def _forged(tour: Tour) -> Seen:
    tour.go("/manage/{manage}x")
    return pressed(tour.page, "Show my visit"), tour.page


@state("a search for a booking without an answer", 422)
def _no_lookup(tour: Tour) -> Seen:
    tour.go("/find-my-booking")
    return pressed(tour.page, "Send me the link"), tour.page


@state("a booking looked for")
def _lookup(tour: Tour) -> Seen:
    tour.go("/find-my-booking")
    asked = {"Patient’s last name": "Nobody", "Month": "4", "Day": "23", "Year": "1971"}
    Patient(tour.page).type(asked | {"Phone number given when booking": "(407) 555-0123"})
    return pressed(tour.page, "Send me the link"), tour.page


def opened(tour: Tour, **later: float) -> Seen:
    """The visit, by its link, in another browser and that much later."""
    other = tour.stranger()
    with tour.stage.later(**later):
        tour.go("/manage/{manage}", other)
        return pressed(other, "Show my visit"), other


@state("a visit that is too near to be moved")
def _late(tour: Tour) -> Seen:
    return opened(tour, hours=tour.hours_to_visit - 2)


@state("a visit that is over")
def _past(tour: Tour) -> Seen:
    return opened(tour, hours=tour.hours_to_visit + 3)


@state("a link that is too old", 404)
def _old(tour: Tour) -> Seen:
    return opened(tour, hours=tour.hours_to_visit + 26)


@state("another time that somebody took", 409)
def _stays(tour: Tour) -> Seen:
    other = tour.stranger()
    tour.go(FIND, other)
    taken = other.get_by_role("region", name="The soonest time").get_by_role("button").first.get_attribute("value")
    Patient(other).take()
    other.context.close()
    tour.go(f"/visit/move?opening={taken}")
    return pressed(tour.page, "Move my visit"), tour.page


@state("a visit that was moved")
def _moved(tour: Tour) -> Seen:
    other = tour.someone_with_a_visit()
    other.press(A_TIME, within=other.page.get_by_role("region", name="Change the time"))
    other.is_at("Move your visit?")
    return pressed(other.page, "Move my visit"), other.page


@state("a visit that was cancelled")
def _cancelled(tour: Tour) -> Seen:
    other = tour.someone_with_a_visit()
    other.page.locator("summary", has_text="Cancel this visit").click()
    return pressed(other.page, "Cancel this visit"), other.page


@state("no cookies", 400)
def _no_cookies(tour: Tour) -> Seen:
    other = tour.stranger()
    tour.go(FIND, other)
    other.context.clear_cookies()
    return pressed(other, re.compile("^Book")), other


@state("a page that was open for too long", 400)
def _stale(tour: Tour) -> Seen:
    tour.go("/book/{hold}/check")
    tour.page.evaluate("document.querySelector('#details [name=csrf_token]').value = 'old'")
    return pressed(tour.page, "Book this visit"), tour.page


@state("too much, too fast", 429)
def _too_often(tour: Tour) -> Seen:
    other = Patient(tour.stranger())
    with tour.stage.strict():
        tour.go(FIND, other.page)
        other.take()
        tour.go(FIND, other.page)
        return pressed(other.page, re.compile("^Book")), other.page


@state("too long a text", 413)
def _too_long(tour: Tour) -> Seen:
    return send(tour, {"Reason for the visit (optional)": "pain " * 60_000})


@state("no such page", 404)
def _missing(tour: Tour) -> Seen:
    return tour.go("/no-such-page"), tour.page


@state("an address that is only for forms", 405)
def _method(tour: Tour) -> Seen:
    return tour.go("/book/hold"), tour.page


@state("a fault of ours", 500)
def _failure(tour: Tour) -> Seen:
    with tour.stage.failing("care.services"):
        return tour.go("/services"), tour.page


@state("no database", 503)
def _outage(tour: Tour) -> Seen:
    with tour.stage.without_database():
        return tour.go(FIND), tour.page


def _waiting(tour: Tour, family_name: str) -> Page:
    """Somebody else, who has just begun to wait."""
    page = tour.stranger()
    page.goto("/waitlist?service=physical-therapy&near=32801")
    patient = Patient(page)
    patient.say_who(family_name)
    patient.press("Put me on the list")
    patient.is_at("You are on our list")
    return page


def _offered(tour: Tour, page: Page) -> None:
    """A time is offered to whoever began to wait last, and they look at it on that page."""
    page.goto(f"/offer/{tour.stage.offer()}")
    Patient(page).press("Show me the time")
    Patient(page).is_at("A time has opened for you")


@state("a wait that has just begun")
def _joined(tour: Tour) -> Seen:
    return 200, _waiting(tour, "Waitworth")


@state("a wait with mistakes", 422)
def _wait_wrong(tour: Tour) -> Seen:
    page = tour.stranger()
    page.goto("/waitlist?service=physical-therapy&near=32801")
    page.get_by_label("ZIP code, city or address").fill("Nowhereville")
    return pressed(page, "Put me on the list"), page


@state("a wait that is over")
def _left(tour: Tour) -> Seen:
    page = _waiting(tour, "Leftworth")
    Patient(page).press("Leave the list")
    Patient(page).is_at("You do not wait any more")
    return 200, page


@state("a wait that is not open here")
def _wait_closed(tour: Tour) -> Seen:
    page = tour.stranger()
    page.goto("/waiting")
    return 200, page


@state("a link to what nobody waits for", 404)
def _wait_lost(tour: Tour) -> Seen:
    page = tour.stranger()
    page.goto(f"/waiting/1-{'x' * 43}")
    return pressed(page, "Continue"), page


@state("an offer somebody else was faster with", 409)
def _faster(tour: Tour) -> Seen:
    page = _waiting(tour, "Slowworth")
    _offered(tour, page)
    tour.stage.take_away()
    return pressed(page, "Take this time"), page


@state("an offer that was declined")
def _declined(tour: Tour) -> Seen:
    page = _waiting(tour, "Noworth")
    _offered(tour, page)
    Patient(page).press("No, thank you")
    Patient(page).is_at("You said no to this time")
    return 200, page


@state("times that suit instead of a visit")
def _times_for_visit(tour: Tour) -> Seen:
    patient = _wants_earlier(tour)
    patient.press("Say which times suit")
    patient.is_at("What you wait for")
    return 200, patient.page


@state("an earlier time for a visit")
def _earlier_offered(tour: Tour) -> Seen:
    page = tour.stranger()
    patient = Patient(page)
    patient.book("Soonworth", later=True)
    patient.press("Tell me about anything earlier")
    _offered(tour, page)
    return 200, page


def _wants_earlier(tour: Tour) -> Patient:
    patient = tour.someone_with_a_visit("Soonerworth")
    if patient.page.get_by_role("button", name="Tell me about anything earlier").is_visible():
        patient.press("Tell me about anything earlier")
    return patient


@state("a sign-in of nobody", 422)
def _sign_in_wrong(tour: Tour) -> Seen:
    page = tour.stranger()
    page.goto("/account/sign-in")
    page.get_by_label("Email address").fill("nobody@example.org")
    page.get_by_label("Password", exact=True).fill("not it at all")
    with page.expect_navigation() as gone:
        page.get_by_role("button", name="Go on").click()
    return gone.value.status, page


@state("the second step")
def _second_step(tour: Tour) -> Seen:
    page = tour.colleague()
    return page.goto("/account/code").status, page  # type: ignore[union-attr]


@state("a wrong code", 422)
def _wrong_code(tour: Tour) -> Seen:
    page = tour.colleague()
    page.get_by_label("Code").fill("000000")
    with page.expect_navigation() as gone:
        page.get_by_role("button", name="Sign in", exact=True).click()
    return gone.value.status, page


@state("a page that a manager may not open", 403)
def _not_allowed(tour: Tour) -> Seen:
    page = tour.colleague("frontdesk")
    page.get_by_label("Code").fill("246810")
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page.goto("/account/people").status, page  # type: ignore[union-attr]


@state("the sign-in after a session ended")
def _ended(tour: Tour) -> Seen:
    page = tour.stranger()
    return page.goto("/portal/").status, page  # type: ignore[union-attr]


@state("the key of an invitation that is none", 404)
def _no_such_invitation(tour: Tour) -> Seen:
    page = tour.stranger()
    return page.goto("/account/set-up/1-AAAA").status, page  # type: ignore[union-attr]


@state("a weak new password", 422)
def _weak_password(tour: Tour) -> Seen:
    page = tour.stranger()
    page.goto("/account/set-up/{set_up}".format(**tour.words))
    page.get_by_label("New password", exact=True).fill("password")
    with page.expect_navigation() as gone:
        page.get_by_role("button", name="Go on").click()
    return gone.value.status, page


@state("an invitation that is not whole", 422)
def _half_an_invitation(tour: Tour) -> Seen:
    tour.go("/account/people/invite")
    with tour.page.expect_navigation() as gone:
        tour.page.get_by_role("button", name="Send the invitation").click()
    return gone.value.status, tour.page


@state("the glass without a reason", 422)
def _no_reason(tour: Tour) -> Seen:
    tour.go("/account/break-glass")
    with tour.page.expect_navigation() as gone:
        tour.page.get_by_role("button", name="Break the glass").click()
    return gone.value.status, tour.page


def at_their_hours(tour: Tour, form: str, typed: dict[str, str]) -> Page:
    """A specialist who filled in that form about their hours."""
    page = tour.seat("/portal/availability/")
    tour.go(f"/portal/availability/{{calendar}}/{form}", page)
    for label, words in typed.items():
        page.get_by_label(re.compile(f"^{label}")).fill(words)
    return page


def days_ahead(tour: Tour, days: int) -> str:
    return str(tour.stage.clock().date() + timedelta(days=days))


@state("hours that cannot be", 422)
def _no_hours(tour: Tour) -> Seen:
    page = at_their_hours(tour, "weekly?clinic={clinic}".format(**tour.words), {"Monday": "nine", "First day": "2126-01-04"})
    return pressed(page, "Show what this changes"), page


@state("what a time off changes")
def _effect(tour: Tour) -> Seen:
    page = at_their_hours(tour, "time-off", {"First day": days_ahead(tour, 1), "Last day": days_ahead(tour, 7)})
    return pressed(page, "Show what this changes"), page


@state("visits that nobody decided on", 422)
def _undecided(tour: Tour) -> Seen:
    _status, page = _effect(tour)
    return pressed(page, "Save the change"), page


@state("hours that a colleague changed meanwhile", 409)
def _meanwhile(tour: Tour) -> Seen:
    day = {"First day": days_ahead(tour, 300), "Reason": "Training, and the long way home"}
    page = at_their_hours(tour, "time-off", day)
    pressed(page, "Show what this changes")
    other = page.context.new_page()
    tour.go("/portal/availability/{calendar}/time-off", other)
    other.get_by_label("First day").fill(days_ahead(tour, 301))
    pressed(other, "Show what this changes")
    pressed(other, "Save the change")
    other.close()
    return pressed(page, "Save the change"), page


@state("a week of hours with what was changed")
def _changed_week(tour: Tour) -> Seen:
    page = at_their_hours(tour, "one-day", {"Day": days_ahead(tour, 310), "Reason": "Open house"})
    page.get_by_label("Do not work there on this day").check()
    pressed(page, "Show what this changes")
    return pressed(page, "Save the change"), page


@state("a day with somebody who waits")
def _someone_waits(tour: Tour) -> Seen:
    page = tour.seat("/portal/day")
    tour.go("/portal/day", page)
    with page.expect_navigation() as gone:
        page.get_by_role("button", name=re.compile("^Arrived")).last.click()  # the first is {coming}
    return gone.value.status, page


@state("a visit that nobody said why to cancel", 422)
def _no_reason_to_cancel(tour: Tour) -> Seen:
    page = tour.seat("/portal/visits/")
    tour.go("/portal/visits/{coming}", page)
    page.get_by_text("Cancel this visit").first.click()
    return pressed(page, "Cancel this visit"), page


@state("a visit that would move")
def _would_move(tour: Tour) -> Seen:
    page = tour.seat("/portal/visits/")
    tour.go("/portal/visits/{coming}/move", page)
    with page.expect_navigation() as gone:
        page.locator("button.time").first.click()
    return gone.value.status, page


@state("answers behind glass", 403)
def _behind_glass(tour: Tour) -> Seen:
    return tour.go("/portal/visits/{coming}/answers"), tour.page


@state("a note that is too long", 422)
def _long_note(tour: Tour) -> Seen:
    page = tour.seat("/portal/work")
    tour.go("/portal/work/{failed}", page)
    page.get_by_label("Note for colleagues").fill("Not at home. " * 60)
    return pressed(page, "Save the note"), page
