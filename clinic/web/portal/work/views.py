"""The work list: what there is to do, a task, and doing it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from clinic.domain.errors import DomainError, IllegalMove, InvalidInput, LimitReached, PatientClash
from clinic.domain.people.roles import Viewer
from clinic.domain.scheduling.affected import is_urgent
from clinic.engine.placing.changing import Who
from clinic.usecases import waitlist, work
from clinic.usecases.records import merging
from clinic.usecases.work import OpenedTask
from clinic.web import signed_in
from clinic.web.context import now, parts, session, signing_key
from clinic.web.errors import status_of
from clinic.web.fields import read_number
from clinic.web.guards import needs
from clinic.web.portal.day.visit_words import LANGUAGES
from clinic.web.portal.looking import covers, worker
from clinic.web.portal.work.task_labels import CHANNELS, KINDS, MESSAGES, is_worth_another, kind_of, why_failed


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/work")(list_work)
    blueprint.get("/work/<int:number>")(task)
    blueprint.get("/work/<int:number>/letter")(letter)
    blueprint.post("/work/<int:number>/take")(take_task)
    blueprint.post("/work/<int:number>/put-back")(put_back_task)
    blueprint.post("/work/<int:number>/note")(note_task)
    blueprint.post("/work/<int:number>/done")(finish_task)
    blueprint.post("/work/<int:number>/undo")(undo_task)
    blueprint.post("/work/<int:number>/send-again")(send_again)
    blueprint.post("/work/<int:number>/offer")(answer_offer)


@needs("work-list")
def list_work() -> Any:
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    mine = request.args.get("mine") == "yes"
    page = max(read_number(request.args.get("page")) or 1, 1)
    work.note_opened(session(), worker(), now=now())
    found = work.list_work(session(), worker(), kind=kind, mine=mine, page=page, now=now())
    return render_template("portal/work/list.html", work=found, kinds=KINDS, kind_of=kind_of, kind=kind, mine=mine, page=page)


@needs("work-list")
def task(number: int) -> Any:
    return _page(number)


def _page(
    number: int, *, wrong: dict[str, str] | None = None, refusal: DomainError | None = None, note: str | None = None
) -> Any:
    found = work.open_task(session(), worker(), number, sealer=parts().sealer, now=now())
    me = signed_in.me().account_id
    fresh = found.done_at is not None and now() - found.done_at < work.FRESH and found.done_by_id == me
    page = render_template(
        "portal/work/task.html", task=found, kind=kind_of(found.kind), wrong=wrong or {}, refusal=refusal, fresh=fresh,
        note=found.note if note is None else note, note_max=work.NOTE_MAX, messages_of=MESSAGES, channels=CHANNELS,
        languages=LANGUAGES, why_failed=why_failed, worth_another=is_worth_another, mine=found.holder_id == me,
        may_open=_reaches("see-visit", found), may_read=_reaches("read-intake", found),
        late=bool(found.offer and found.offer[1] <= now()), mergeable=_mergeable(found),
        urgent=bool(found.visit and found.visit.to_move and is_urgent(found.visit.start, now=now())),
    )  # fmt: skip
    return (page, status_of(refusal) if refusal else 422) if refusal or wrong else page


def _mergeable(task: OpenedTask) -> bool:
    """Whether whoever is signed in may make one of the two records."""
    person = signed_in.me()
    eyes = Viewer(person.reach("merge-patients"), person.specialist_id)
    return task.kind == "possible_duplicate" and bool(eyes.reach) and merging.is_mergeable(session(), task.id, viewer=eyes)


def _reaches(action: str, task: OpenedTask) -> bool:
    """Whether a link to the visit itself leads anywhere: a supervisor of the call center has no look into the day."""
    visit = task.visit
    return visit is not None and covers(action, visit)


@needs("work-list")
def letter(number: int) -> Any:
    found = work.letter(session(), worker(), number, sealer=parts().sealer, now=now())
    return render_template("portal/work/letter.html", letter=found, number=number)


@needs("work-list")
def take_task(number: int) -> Any:
    try:
        work.take(session(), worker(), number, holder_id=read_number(request.form.get("holder")), now=now())
    except IllegalMove as refused:
        return _page(number, refusal=refused)
    return _to(number)


@needs("work-list")
def put_back_task(number: int) -> Any:
    work.put_back(session(), worker(), number, now=now())
    flash("The task is back on the list.")
    return redirect(url_for(".list_work"), 303)


@needs("work-list")
def note_task(number: int) -> Any:
    text = request.form.get("note", "")
    try:
        work.note(session(), worker(), number, text, before=request.form.get("before", ""), now=now())
    except InvalidInput as refused:
        return _page(number, wrong=refused.fields, note=text)
    flash("The note is saved.")
    return _to(number)


@needs("work-list")
def finish_task(number: int) -> Any:
    work.done(session(), worker(), number, now=now())
    flash("Done.")
    return _to(number)


@needs("work-list")
def undo_task(number: int) -> Any:
    try:
        work.undo(session(), worker(), number, now=now())
    except IllegalMove as refused:
        return _page(number, refusal=refused)
    flash("The task is open again.")
    return _to(number)


@needs("resend-message")
def send_again(number: int) -> Any:
    try:
        work.send_again(session(), worker(), number, now=now())
    except IllegalMove as refused:
        return _page(number, refusal=refused)
    flash("It is on its way again. If that fails, too, the task comes back.")
    return _to(number)


@needs("work-list")
def answer_offer(number: int) -> Any:
    """What the patient said on the telephone."""
    found = work.open_task(session(), worker(), number, sealer=parts().sealer, now=now())
    if found.offer_id is None:
        return _page(number, refusal=IllegalMove("There is no time on offer with this task."))
    if found.closed:
        return _page(number, refusal=IllegalMove(work.TAKE_FIRST))
    who = Who(signed_in.me().actor, "phone", staff=True)
    if request.form.get("answer") == "no":
        waitlist.decline_for(session(), found.offer_id, key=signing_key(), who=who, now=now())
        flash("They do not take it. They keep their place in the line.")
        return _finished(number)
    if request.form.get("answer") != "yes":
        return _page(number, wrong={"answer": "Say if they take the time or not."})
    return _take(found, who)


def _take(found: OpenedTask, who: Who) -> Any:
    assert found.offer_id is not None
    try:
        taken = waitlist.accept_for(
            session(), found.offer_id, key=signing_key(), sealer=parts().sealer, who=who, now=now()
        )  # fmt: skip
    except (PatientClash, LimitReached, IllegalMove) as refused:
        return _page(found.id, refusal=refused)
    flash("The time is theirs now." if taken.state == "accepted" else "Somebody else has taken that time. They keep their place.")
    return _finished(found.id)


def _finished(number: int) -> Any:
    work.done(session(), worker(), number, now=now())
    return _to(number)


def _to(number: int) -> Any:
    return redirect(url_for(".task", number=number), 303)
