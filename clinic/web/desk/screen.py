"""The one screen of a call: who calls, what is looked for, and what this call holds and booked.

All of it hangs on the call's number, so that calls in several tabs do not mix. What is looked for stands in the address, as
on the public pages; nothing of a patient does. Every button posts, and comes back here with the focus where the next thing
is typed or pressed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple

from flask import redirect, render_template, request, url_for

from clinic.domain.errors import DomainError, InvalidInput
from clinic.domain.people.calls import is_open
from clinic.domain.time.hours import local_day
from clinic.engine.placing import outside_hours as outside
from clinic.usecases import desk
from clinic.usecases.desk import CallNow, OnCall
from clinic.web.context import now, session, signing_key
from clinic.web.desk import words
from clinic.web.desk.read_back import offered, sentences
from clinic.web.desk.search import search, visit_to_move
from clinic.web.errors import status_of
from clinic.web.fields import tidy
from clinic.web.signed_in import me

SEARCH = ("near", "kind", "said", "move", "by")
"""What of an address says what is looked for, for which visit, and how the answer is sent: never for whom."""

BESIDE = {
    "look": {"birth_date", "family_name", "known"}, "verify": {"given_name", "fact", "answer", "birth_date"},
    "new": {"given_name", "family_name", "birth_date", "phone", "postal_code", "contact", "email", "relation", "language"},
    "book": {"guardian_name", "guardian_relation", "guardian_phone", "reason", "contact"},
    "cancel": {"reason"}, "who": {"relation"},
    "typed": {"location", "specialist", "day", "time", "override_reason"}, "back": {"day", "time", "phone"},
    "end": {"outcome", "why"},
}  # fmt: skip
"""The fields of each panel. What is wrong with anything else is said at the top."""

View = Callable[..., Any]


class NamesBySlug(NamedTuple):
    """Names by slugs."""

    clinics: dict[str, str]
    people: dict[str, str]


def on(number: int, outside_hours: str = "") -> OnCall:
    """Whoever is signed in, in that call."""
    return OnCall(me(), number, signing_key(), outside_hours)


def looked_for() -> dict[str, str]:
    """Of the address of this request, what was typed into the search."""
    return {name: text for name in SEARCH if (text := tidy(request.args.get(name))[:300])}


def address(name: str, number: int, **query: Any) -> str:
    """Of a page, or a form, of that call."""
    return url_for(f"desk.{name}", number=number, **query)


def back(number: int, at: str = "", **search: str) -> Any:
    """To the screen; `at` names what gets the focus, `search` changes what is looked for ("" ends it)."""
    sought = {name: text for name, text in {**looked_for(), **search}.items() if text}
    return redirect(address("call", number, **sought, **({"at": at} if at else {})), 303)


def on_screen(panel: str) -> Callable[[View], View]:
    """A refusal is said on the screen, beside the fields of that panel, and all that was typed there stays."""

    def decorate(view: View) -> View:
        @wraps(view)
        def shown(number: int) -> Any:
            try:
                return view(number)
            except InvalidInput as refused:
                return show(number, panel=panel, wrong=refused.fields, status=status_of(refused))
            except DomainError as refused:
                return show(number, panel=panel, refusal=refused, status=status_of(refused))

        return shown

    return decorate


def show(
    number: int, *, panel: str = "", wrong: Mapping[str, str] | None = None, refusal: DomainError | None = None,
    focus: str = "", status: int = 200, **more: Any,
) -> Any:  # fmt: skip
    """The screen, with what was typed into a panel and what is wrong with it. Raises NotFound for a call out of reach."""
    moment = now()
    call = desk.read_call(session(), me(), number, now=moment)
    mine = call.account_id == me().account_id
    if not mine or not is_open(call.began_at, call.ended_at, now=moment):
        return _over(call, mine=mine, refusal=refusal, status=status)
    record = desk.callers_record(session(), me(), number, now=moment) if call.verified else None
    context: dict[str, Any] = {
        "call": call, "record": record, "panel": panel, "wrong": wrong or {}, "unplaced": _unplaced(panel, wrong or {}),
        "refusal": refusal, "words": words, "now": moment,
        "typed": request.form if panel else {}, "sought": looked_for(), "go": _go(number), "found": None,
        "found_by": "", "alike": None, "new": panel == "new" or None, "say": "", "instead": (), "choices": None, "busy": None,
        "busy_slug": request.args.get("busy", ""), "sentences": sentences, "offered": offered,
        "reasons": {"": "It is inside the hours", **outside.REASONS},
        "holds": desk.holds_of_call(session(), on(number), now=moment), "done": desk.done_in_call(session(), number),
    }  # fmt: skip
    context |= more
    if record is None and context["found"] is None and context["new"] is None and call.keeps:
        context["found"] = desk.row_of_dialled(session(), number, key=signing_key())
        context["found_by"] = "dialled" if context["found"] else ""
    context["search"] = search(context["sought"], record)
    context["moved"] = visit_to_move(context["sought"], record)
    _add_choices(context)
    last = context["done"][-1] if context["done"] else None
    context["read_now"] = last if last and last.action != "cancel" and not context["search"].offers else None
    at = focus or request.args.get("at", "")
    if at.startswith("act-") and record is None:
        at = ""  # nothing can be done with a held time before it is known for whom
    context["focus"] = _wrong_field(panel, wrong) or at or _next(context)
    return render_template("desk/call.html", **context), status


def _unplaced(panel: str, wrong: Mapping[str, str]) -> list[str]:
    return [sentence for name, sentence in wrong.items() if name not in BESIDE.get(panel, ())]


def _add_choices(seen: dict[str, Any]) -> None:
    """On demand: where and with whom a time can be typed in, and when one of them is free."""
    offers = seen["search"].offers
    if offers is None or not (request.args.get("more") or seen["panel"] == "typed"):
        return
    found = desk.choices_near(session(), offers.place, offers.visit)
    seen["choices"] = NamesBySlug({one.slug: one.name for one in found.clinics}, {one.slug: one.name for one in found.people})
    if seen["busy_slug"] in seen["choices"].people:
        today = local_day(seen["now"], offers.place.time_zone)
        seen["busy"] = desk.free_busy(session(), seen["busy_slug"], today, 14, now=seen["now"])


def _over(call: CallNow, *, mine: bool, refusal: DomainError | None, status: int) -> Any:
    page = render_template("desk/over.html", call=call, mine=mine, refusal=refusal, words=words, go=_go(call.id))
    return page, status


def _go(number: int) -> Callable[..., str]:
    """In a template: where a form of this call goes, with what is looked for."""
    return lambda name: address(name, number, **looked_for())


def _wrong_field(panel: str, wrong: Mapping[str, str] | None) -> str:
    return f"{panel}-{next(iter(wrong))}" if wrong else ""


def _next(seen: Mapping[str, Any]) -> str:
    """The id of what is typed or pressed next."""
    record, search, holds = seen["record"], seen["search"], seen["holds"]
    if seen["instead"]:
        return "offer-1"
    if seen["new"] is not None:
        return "new-given_name"
    if seen["found"] is not None and record is None:
        return "verify-given_name" if seen["found"].rows else "look-birth_date"
    if search.wrong:
        return f"search-{next(iter(search.wrong))}"
    if search.offers is not None and (record is None or not holds):
        return "offer-1" if search.offers.offers else "widen-1" if search.offers.widenings else "search-said"
    if record is None:
        return "look-birth_date"
    if holds:
        return f"act-{holds[-1].summary.appointment_id}"
    if record.coming:
        return f"move-{record.coming[0].appointment_id}"
    return "search-kind" if record.postal_code else "search-near"
