"""Who is calling: looked for, asked, known; or new, with a warning before somebody is there twice."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, request

from clinic.domain.errors import InvalidInput, LimitReached
from clinic.domain.people.callers import FACTS, Masked
from clinic.domain.people.patient import PatientDetails
from clinic.engine.placing.lookup import read_lookup
from clinic.usecases import desk
from clinic.usecases.desk import CallersFound, Proof
from clinic.web.context import now, session, signing_key
from clinic.web.desk.reading import phone_or_reference, read_birth_date
from clinic.web.desk.screen import back, on_screen, show
from clinic.web.errors import status_of
from clinic.web.fields import tidy
from clinic.web.guards import needs
from clinic.web.signed_in import me

ASK_MORE = "Ask for the phone number, or the reference of a visit."


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.post("/calls/<int:number>/look-up")(look_up)
    blueprint.post("/calls/<int:number>/verify")(verify)
    blueprint.post("/calls/<int:number>/take-as-new")(take_as_new)
    blueprint.post("/calls/<int:number>/new-caller")(new_caller)


@needs("answer-calls")
@on_screen("look")
def look_up(number: int) -> Any:
    """How many may be meant, and nothing of them; without any, the form for somebody new, with what was said."""
    phone, reference = phone_or_reference(request.form.get("known", ""))
    wrong: dict[str, str] = {}
    born = _born(wrong)
    try:
        asked = read_lookup(tidy(request.form.get("family_name")), born, phone=phone, reference=reference)
    except InvalidInput as refused:
        raise InvalidInput(_on_one_line({**refused.fields, **wrong})) from None
    try:
        found = desk.look_up(session(), me(), number, asked, key=signing_key(), now=now())
    except LimitReached as refused:  # whoever cannot be looked for can still be taken as new
        return show(number, panel="new", new=True, refusal=refused, status=status_of(refused))
    if found.count:
        return show(number, panel="look", found=found, found_by=_way(found, phone))
    return show(number, panel="new" if phone else "look", found=found, new=True if phone else None)


def _way(found: CallersFound, phone: str) -> str:
    """What they were found by. Of a visit that was named the first name is all that is left to ask."""
    return "visit" if found.named else "phone" if phone else "reference"


def _born(wrong: dict[str, str]) -> Any:
    try:
        return read_birth_date(request.form.get("birth_date", ""))
    except ValueError as refused:
        wrong["birth_date"] = str(refused)
        return None


def _on_one_line(wrong: dict[str, str]) -> dict[str, str]:
    """The number and the reference are typed into one field; in the order of the page."""
    known = wrong.get("reference") or wrong.get("phone")
    if known and not tidy(request.form.get("known")):
        known = ASK_MORE
    said = {**wrong, "known": known or ""}
    return {name: text for name in ("birth_date", "family_name", "known") if (text := said.get(name))}


@needs("answer-calls")
def verify(number: int) -> Any:
    """A match, or none: never which answer it was. The rows stay, to try another."""
    rows = _shown()
    try:
        proof = Proof(
            tidy(request.form.get("given_name")), request.form.get("fact", ""), tidy(request.form.get("answer")), _born_said()
        )  # fmt: skip
        row = request.form.get("row", "") or (rows[0].row if rows else "")
        verdict = desk.verify(session(), me(), number, row, proof, key=signing_key(), now=now())
    except InvalidInput as refused:
        return show(number, panel="verify", found=_again(rows), found_by=_found_by(), wrong=refused.fields, status=422)
    if verdict.match:
        return back(number)
    wrong = {} if verdict.closed else {"given_name": verdict.say}
    say = verdict.say if verdict.closed else ""
    return show(number, panel="verify", found=_again(rows), found_by=_found_by(), wrong=wrong, say=say, status=422)


def _born_said() -> date | None:
    """Asked of whoever we called. Raises InvalidInput."""
    try:
        return read_birth_date(request.form.get("birth_date", ""))
    except ValueError as refused:
        raise InvalidInput({"birth_date": str(refused)}) from None


def _shown() -> tuple[Masked, ...]:
    """The rows that the form carries, so that they need not be looked for again."""
    pairs = zip(request.form.getlist("shown"), request.form.getlist("initial"), strict=False)
    return tuple(Masked(row[:200], initial[:4]) for row, initial in pairs)[:5]


def _again(rows: tuple[Masked, ...]) -> CallersFound:
    return CallersFound(len(rows), rows)


def _found_by() -> str:
    """What was told to find them proves nothing more; or how they were found, where no fact is asked."""
    told = request.form.get("found_by", "")
    return told if told in (*FACTS, "visit", "dialled") else ""


@needs("answer-calls")
def take_as_new(number: int) -> Any:
    """The form for somebody new, with what was said already, for whoever cannot prove that a record is theirs."""
    return show(number, panel="new", new=True)


@needs("answer-calls")
@on_screen("new")
def new_caller(number: int) -> Any:
    """Recorded, unless there is a record already that may be theirs."""
    wrong: dict[str, str] = {}
    details = _details(wrong)
    if wrong:
        raise InvalidInput(wrong)
    made = desk.new_caller(session(), me(), number, details, sure="sure" in request.form, key=signing_key(), now=now())
    if made.recorded:
        desk.say_who_calls(
            session(), me(), number, request.form.get("relation", "self"), speaks_for="speaks_for" in request.form, now=now()
        )  # fmt: skip
        if "report" in request.form:
            _report(number)
        return back(number, near=details.postal_code or "", by="" if details.email else tidy(request.form.get("contact")))
    return show(number, panel="new", alike=made, found=CallersFound(made.count, made.rows), found_by="phone", focus="new-sure")


def _report(number: int) -> None:
    """Those who looked alike, and the patient of the call, may be one: whoever may merge records is told."""
    for shown in _shown():
        desk.report_duplicate(session(), me(), number, shown.row, key=signing_key(), now=now())
    flash("Reported. A manager looks at both records.")


def _details(wrong: dict[str, str]) -> PatientDetails:
    said = {name: tidy(text) for name, text in request.form.items()}
    born, contact = _born(wrong), said.get("contact", "")
    if contact == "email" and not said.get("email"):
        wrong["email"] = "Ask for the email address, or choose another way."
    return PatientDetails(
        given_name=said.get("given_name", ""), family_name=said.get("family_name", ""), birth_date=born,
        phone=said.get("phone", ""), email=said.get("email") or None if contact == "email" else None,
        postal_code=said.get("postal_code") or None, language=said.get("language") or "en",
        interpreter="interpreter" in request.form, texts=contact == "text",
    )  # fmt: skip
