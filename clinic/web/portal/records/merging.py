"""Patients who are there twice: reported, compared side by side, made one, and two again within a month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from clinic.domain.errors import DomainError, IllegalMove, InvalidInput, NotFound
from clinic.engine.placing.changing import Who
from clinic.usecases import work
from clinic.usecases.records import merging
from clinic.usecases.records.merging import Preview
from clinic.web import signed_in
from clinic.web.context import now, session
from clinic.web.errors import status_of
from clinic.web.fields import read_number
from clinic.web.guards import needs, viewer
from clinic.web.portal.day.visit_words import LANGUAGES
from clinic.web.portal.looking import worker

DUPLICATE = "possible_duplicate"
FACTS = ("given_name", "family_name", "birth_date", "phone", "email", "postal_code", "language", "interpreter")
"""Of a record, what tells whether another is of the same person."""


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/duplicates")(duplicates)
    blueprint.get("/duplicates/report")(report)
    blueprint.post("/duplicates/report")(send_report)
    blueprint.get("/duplicates/<int:number>")(compare)
    blueprint.post("/duplicates/<int:number>")(merge)
    blueprint.get("/merges/<int:number>")(merged)
    blueprint.post("/merges/<int:number>")(undo_merge)


def _who() -> Who:
    return Who(signed_in.me().actor, "portal", staff=True)


@needs("merge-patients")
def duplicates() -> Any:
    """What is asked, and what can be taken back. Nobody is named here."""
    found = work.list_work(session(), worker(), kind=DUPLICATE, now=now())
    asked = [task for task in found.tasks if merging.is_mergeable(session(), task.id, viewer=viewer())]
    return render_template(
        "portal/merging/list.html", questions=asked, more=found.more,
        merges=merging.merges_to_undo(session(), viewer=viewer(), now=now()),
    )  # fmt: skip


@needs("propose-merge")
def report() -> Any:
    return _report({"one": request.args.get("visit", "")[:20], "other": ""})


def _report(typed: Mapping[str, str], wrong: dict[str, str] | None = None) -> Any:
    page = render_template("portal/merging/report.html", typed=typed, wrong=wrong or {})
    return (page, status_of(InvalidInput(wrong))) if wrong else page


@needs("propose-merge")
def send_report() -> Any:
    typed = {name: request.form.get(name, "").strip()[:40] for name in ("one", "other")}
    try:
        merging.propose_by_visits(session(), typed["one"], typed["other"], viewer=viewer(), who=_who(), now=now())
    except InvalidInput as refused:
        return _report(typed, refused.fields)
    flash("Thank you. A manager looks at both records.")
    return redirect(url_for(".start"), 303)


@needs("merge-patients")
def compare(number: int) -> Any:
    return _compare(number)


def _compare(number: int, *, wrong: dict[str, str] | None = None, refusal: DomainError | None = None) -> Any:
    """Both records; of a question that was settled by a merge, what came of it."""
    try:
        found = merging.preview_merge(session(), number, viewer=viewer(), who=_who(), now=now())
    except NotFound:
        settled = merging.merge_of(session(), number, viewer=viewer(), now=now())
        if settled is None:
            raise
        return redirect(url_for(".merged", number=settled.id), 303)
    older = min(found.sides, key=lambda side: side.known_since).patient_id
    page = render_template(
        "portal/merging/compare.html", seen=found, number=number, differ=_differ(found), languages=LANGUAGES, wrong=wrong or {},
        refusal=refusal, keep=read_number(request.form.get("keep")) or older,
        clashing={id_ for clash in found.clashes for id_ in (clash.one, clash.other)},
    )  # fmt: skip
    failed = refusal or (InvalidInput(wrong) if wrong else None)
    return (page, status_of(failed)) if failed else page


def _differ(seen: Preview) -> list[str]:
    """The facts that are not alike."""
    one, other = seen.sides
    return [fact for fact in FACTS if getattr(one, fact) != getattr(other, fact)]


@needs("merge-patients")
def merge(number: int) -> Any:
    keep, me = read_number(request.form.get("keep")) or 0, signed_in.me()
    try:
        made = merging.merge(session(), number, keep, viewer=viewer(), who=_who(), by=me.account_id, now=now())
    except InvalidInput as refused:
        return _compare(number, wrong=refused.fields)
    except IllegalMove as refused:
        return _compare(number, refusal=refused)
    flash("The two records are one now.")
    return redirect(url_for(".merged", number=made), 303)


@needs("merge-patients")
def merged(number: int) -> Any:
    return _merged(number)


def _merged(number: int, refusal: DomainError | None = None) -> Any:
    found = merging.read_merge(session(), number, viewer=viewer(), who=_who(), now=now())
    page = render_template("portal/merging/merged.html", seen=found, done=found.merged, languages=LANGUAGES, refusal=refusal)
    return (page, status_of(refusal)) if refusal else page


@needs("merge-patients")
def undo_merge(number: int) -> Any:
    try:
        merging.undo_merge(session(), number, viewer=viewer(), who=_who(), now=now())
    except IllegalMove as refused:
        return _merged(number, refused)
    flash("They are two records again, each with its own visits.")
    return redirect(url_for(".duplicates"), 303)
