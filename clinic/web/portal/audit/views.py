"""The audit log: what I did, what was done at my clinics or anywhere, and who saw a patient."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from flask import Blueprint, render_template, request

from clinic.domain.audit import Action
from clinic.domain.people.roles import Viewer
from clinic.usecases.audit import audit_log, auditing
from clinic.usecases.audit.audit_log import Entry, Reader
from clinic.usecases.records import merging
from clinic.web import signed_in
from clinic.web.context import now, session
from clinic.web.fields import read_number
from clinic.web.guards import needs, reach
from clinic.web.portal.audit.audit_labels import actor_in_words, done


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/audit")(audit)
    blueprint.get("/patients/<int:number>/seen")(seen)


def _reader() -> Reader:
    return Reader(signed_in.me().account_id, reach())


@needs("read-audit")
def audit() -> Any:
    reader = _reader()
    before, person = read_number(request.args.get("before")), read_number(request.args.get("person"))
    own = not reader.oversees or request.args.get("whose") == "mine"
    log = (
        audit_log.mine(session(), reader, before=before)
        if own
        else audit_log.everybodys(session(), reader, account_id=person, before=before)
    )
    return render_template(
        "portal/audit/log.html", log=log, own=own, reader=reader, person=person, people=audit_log.people(session(), reader),
        glance=auditing.glance(session()) if reader.oversees else None, before=before, **_words(),
    )  # fmt: skip


@needs("read-audit")
def seen(number: int) -> Any:
    reader, before = _reader(), read_number(request.args.get("before"))
    log = audit_log.seen_by(session(), reader, number, before=before, now=now())
    return render_template("portal/audit/seen.html", log=log, reader=reader, number=number, before=before, **_words())


def _words() -> dict[str, Any]:
    return {"done": done, "actor_in_words": actor_in_words, "merge_to_undo": _merge_to_undo()}


def _merge_to_undo() -> Callable[[Entry], int | None]:
    """The merge that a row of the log tells of, while whoever reads it may take it back. Looked up once such a row is there."""

    @cache
    def known() -> set[int]:
        person = signed_in.me()
        eyes = Viewer(person.reach("merge-patients"), person.specialist_id)
        return {one.id for one in merging.merges_to_undo(session(), viewer=eyes, now=now())} if eyes.reach else set()

    def find(entry: Entry) -> int | None:
        if entry.action != Action.MERGE_PATIENTS:
            return None
        number = read_number(entry.details.get("merge"))
        return number if number in known() else None

    return find
