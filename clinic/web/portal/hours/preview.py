"""What a change would do, on a page of its own: each visit that it touches is decided on there, and then it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from clinic.domain.errors import ChangedMeanwhile, InvalidInput, Undecided
from clinic.domain.scheduling.roster_edits import ComeBack, Edit, read_edits, write_edits
from clinic.engine.placing.changing import Who
from clinic.usecases import roster
from clinic.usecases.roster import Change, Decisions, Effect
from clinic.web import signed_in
from clinic.web.context import now, session
from clinic.web.fields import read_number
from clinic.web.guards import needs
from clinic.web.portal.hours import week
from clinic.web.portal.hours.pages import FORMS, Page, read_typed, show
from clinic.web.portal.hours.subject import Whose, facts, find
from clinic.web.portal.hours.words import change_in_words, first_day_of, monday_of

CHOICES = {"keep": "Keep it at that time", "task": "Put it on the work list: we find another time"}
FOR_ALL = {"": "Decide one by one", "keep": "Keep all of them", "task": "Put all of them on the work list"}
HELD = {"keep": "Let them book it", "release": "Take the time back: they are shown others"}
VISIT = "visit-"
MANY = 5
"""From more visits on, the top of the page counts those that are not decided on instead of naming each."""


@dataclass(frozen=True, slots=True)
class CarriedForm:
    """What the page carries besides the change: the form that it came from, as it was typed, and what is decided so far.

    `listed` are the visits that were on the page: what is said of all is said of these.
    """

    form: str = ""
    typed: str = "[]"
    visits: Mapping[str, str] = field(default_factory=dict)
    listed: Sequence[str] = ()
    all: str = ""
    held: str = ""

    @classmethod
    def read(cls, sent: MultiDict[str, str]) -> CarriedForm:
        visits = {
            name.removeprefix(VISIT): choice for name, choice in sent.items() if name.startswith(VISIT) and choice in CHOICES
        }
        known = {name: sent.get(name, "") for name in ("all", "held")}
        return cls(
            sent.get("form", ""), sent.get("typed", "[]"), visits, sent.getlist("listed"),
            known["all"] if known["all"] in FOR_ALL else "", known["held"] if known["held"] in HELD else "",
        )  # fmt: skip

    def decisions(self) -> Decisions:
        for_all = dict.fromkeys(self.listed, self.all) if self.all else {}
        held = cast("Literal['keep', 'release'] | None", self.held or None)
        return Decisions(
            {key: cast("Literal['keep', 'task']", choice) for key, choice in {**for_all, **self.visits}.items()}, held
        )


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.post("/availability/<int:number>/save")(save)
    blueprint.post("/availability/<int:number>/take-back")(take_back)
    blueprint.post("/availability/<int:number>/come-back")(come_back)


def look(whose: Whose, edits: tuple[Edit, ...], sent: CarriedForm) -> Page:
    """The effect of the change; nothing is written but who saw which patient. Raises InvalidInput, NotFound, Busy."""
    whose.check(edits)
    return _page(whose, edits, roster.preview(session(), whose.id, edits, now=now()), sent)


def _page(whose: Whose, edits: Sequence[Edit], effect: Effect, sent: CarriedForm, **more: Any) -> Page:
    shown: dict[str, Any] = {"wrong": {}, "theirs": None, "new": (), "status": 200, **more}
    undecided = [name for name in shown["wrong"] if name.startswith(VISIT)]
    summary = shown["wrong"]
    if len(undecided) > MANY:
        others = {name: sentence for name, sentence in summary.items() if name not in undecided}
        summary = {"all": f"{len(undecided)} visits are not decided on. Decide on each, or on all at once.", **others}
    reach = signed_in.me().reach("see-visit")
    named = {visit.key for visit in effect.visits if reach.covers(location_id=visit.location_id, mine=whose.own)}
    seen = replace(effect, visits=tuple(visit for visit in effect.visits if visit.key in named))
    roster.note_shown(session(), seen, actor=signed_in.me().actor, now=now())
    page = render_template(
        "portal/availability/effect.html", said=change_in_words(edits, whose.known.places, whose.time_zone), effect=effect,
        change=write_edits(edits), sent=sent, named=named, choices=CHOICES, for_all=FOR_ALL, held=HELD,
        typed=read_typed(sent.form, sent.typed), summary=summary, **shown, **facts(whose),
    )  # fmt: skip
    return page, shown["status"]


@needs("keep-availability")
def save(number: int) -> Page:
    """Saved, or the effect once more: with what is not decided on yet, or what a colleague changed meanwhile."""
    moment, sent = now(), CarriedForm.read(request.form)
    whose = find(number, now=moment)
    try:
        edits = read_edits(request.form.get("change", ""))
        whose.check(edits)
        return _save(whose, edits, sent, request.form.get("version", ""))
    except InvalidInput as refused:
        typed = read_typed(sent.form, sent.typed)
        if typed:
            return show(whose, sent.form, FORMS[sent.form](MultiDict(typed)), refused.fields)
        return week.show(whose, refused.fields)


def _save(whose: Whose, edits: tuple[Edit, ...], sent: CarriedForm, version: str) -> Page:
    who = Who(signed_in.me().actor, "portal", staff=True)
    try:
        saved = roster.save(session(), whose.id, edits, sent.decisions(), version=version, who=who, now=now())
    except Undecided as refused:
        return _undecided(whose, edits, refused.effect, sent)
    except ChangedMeanwhile as refused:
        theirs = cast("Sequence[Change]", refused.changes)
        if theirs and (theirs[0].actor, theirs[0].edits) == (who.actor, edits):  # the button was pressed twice
            return _saved(whose, edits, theirs[0].id)
        afresh = find(whose.id, now=now())
        effect = roster.preview(session(), whose.id, edits, now=now())
        told = week.log_of(afresh, theirs)
        return _page(afresh, edits, effect, sent, theirs=told, status=409)
    if not saved.change_id:
        flash("These hours stood like that already. Nothing was changed.")
    return _saved(whose, edits, saved.change_id)


def _saved(whose: Whose, edits: Sequence[Edit], change_id: int) -> Page:
    """To the first week that is another."""
    first = first_day_of(edits, whose.time_zone, now=now())
    return _to_week(whose.id, week=monday_of(first).isoformat(), saved=change_id or None)


def _to_week(number: int, **seen: Any) -> Page:
    address: Page = redirect(url_for(".one_week", number=number, **seen), 303)
    return address


def _undecided(whose: Whose, edits: Sequence[Edit], effect: Effect, sent: CarriedForm) -> Page:
    decided = sent.decisions()
    wrong = {f"{VISIT}{v.key}": "Choose what becomes of this visit." for v in effect.visits if v.key not in decided.visits}
    if effect.held and not sent.held:
        wrong["held"] = "Choose what becomes of the times that are being booked."
    new = [visit.key for visit in effect.visits if visit.key not in sent.listed]
    return _page(whose, edits, effect, sent, wrong=wrong, new=new, status=409 if new else 422)


@needs("keep-availability")
def take_back(number: int) -> Page:
    """A saved change, as far as it is not over: at once where it touches nobody, else by the page of its effect."""
    whose = find(number, now=now())
    change = read_number(request.form.get("change"))
    edits = roster.taking_back(session(), whose.id, change, now=now()) if change else ()
    if not edits:
        flash("That change is over, or taken back already. There is nothing left to take back.")
        return _to_week(number)
    try:
        whose.check(edits)
        effect = roster.preview(session(), whose.id, edits, now=now())
        if effect.visits or effect.held:
            return _page(whose, edits, effect, CarriedForm())
        return _save(whose, edits, CarriedForm(), effect.version)
    except InvalidInput as refused:
        return week.show(whose, refused.fields)


@needs("keep-availability")
def come_back(number: int) -> Page:
    """A time off that is not needed after all."""
    whose = find(number, now=now())
    edit = ComeBack(read_number(request.form.get("start")) or 0, read_number(request.form.get("end")) or 0)
    try:
        return look(whose, (edit,), CarriedForm())
    except InvalidInput as refused:
        return week.show(whose, refused.fields)
