"""Save a change of availability: all of it or nothing, under the locks of bookings, every visit that it touches decided on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import ChangedMeanwhile, InvalidInput, Undecided
from clinic.domain.scheduling.availability import undoing
from clinic.domain.scheduling.roster_edits import Edit, write_edits
from clinic.domain.time.timeline import cell_at, first, instant_at
from clinic.engine.placing.changing import Who
from clinic.engine.placing.displacing import Touched, end_holds, put_on_list, take_note
from clinic.engine.transaction import retried
from clinic.store.audit import audit
from clinic.store.connect import begin_write
from clinic.store.locks import lock_calendars
from clinic.store.schedules import rosters
from clinic.store.waitlist import waitlist
from clinic.usecases.roster.current import changes_since, version_of
from clinic.usecases.roster.effect import Plan, effect_of, make_plan, touched_by

Choice = Literal["keep", "task"]
OFFERED_AHEAD = timedelta(days=90)
"""How far ahead gained hours are offered to who waits."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What is to become of what the change touches.

    `visits`, by the `key` of each affected visit: "keep" it all the same, or make a "task" of it for the work list. `held`,
    for the times that somebody is about to book: "keep" them, and the visits that they become, or
    "release" them: whoever holds one is told so when they book, and offered others.
    """

    visits: Mapping[str, Choice] = field(default_factory=dict)
    held: Literal["keep", "release"] | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """`change_id` is 0 when everything stood as asked for already. Openings are there from this moment on."""

    change_id: int
    version: str


@retried
def save(
    session: Session, specialist_id: int, change: Sequence[Edit], decisions: Decisions, *, version: str, who: Who, now: datetime
) -> Saved:
    """Make the change to the availability as it was at `version`.

    What it touches is worked out again once nobody else can book: a visit booked or moved since the preview is not decided
    on, and refuses it (Undecided, with the effect as it is now). One that was cancelled since needs nothing any more.
    Raises ChangedMeanwhile when somebody else changed the hours, InvalidInput, NotFound, Busy; then nothing has changed.
    """
    _check_decisions(decisions)
    begin_write(session)
    lock_calendars(session, [specialist_id])
    _check_version(session, specialist_id, version)
    plan = make_plan(session, specialist_id, change, now=now)
    if plan.after == plan.before:
        session.rollback()
        return Saved(0, plan.version)
    found = touched_by(session, plan, now=now)
    undecided = any(visit.key not in decisions.visits for visit in found.visits)
    if undecided or (found.holds and decisions.held is None):
        raise Undecided(
            "This change touches visits that are booked or being booked. Decide on each of them.",
            effect_of(session, plan, found, now=now),
        )
    rosters.write(session, specialist_id, plan.before, plan.after)
    _carry_out(session, found, decisions, who=who, now=now)
    _offer_gains(session, plan, now=now)
    undo = undoing(plan.before, plan.after)
    kept = write_edits(change), write_edits(undo) if undo else ""
    made = rosters.record(session, specialist_id, *kept, actor=who.actor, now=now)
    detail = f"specialist {specialist_id}, change {made}, visits {len(found.visits)}, held {len(found.holds)}"
    audit.note(session, None, actor=who.actor, action=Action.HOURS, detail=detail, now=now)
    saved = Saved(made, version_of(session, specialist_id, plan.after))
    session.commit()
    return saved


def _check_decisions(decisions: Decisions) -> None:
    if not set(decisions.visits.values()) <= {"keep", "task"} or decisions.held not in (None, "keep", "release"):
        raise InvalidInput({"decision": "Choose what becomes of each visit: keep it, or put it on the work list."})


def _check_version(session: Session, specialist_id: int, version: str) -> None:
    stands = version_of(session, specialist_id, rosters.read(session, specialist_id))
    if stands.partition("-")[2] != version.partition("-")[2]:
        raise ChangedMeanwhile(
            "Somebody else has changed these hours since you opened them. Look at what changed, and make your change again.",
            changes_since(session, specialist_id, version),
        )


def _carry_out(session: Session, found: Touched, decisions: Decisions, *, who: Who, now: datetime) -> None:
    for visit in found.visits:
        action = {"keep": Action.KEEP_OUTSIDE_HOURS, "task": Action.ASK_TO_MOVE}[decisions.visits[visit.key]]
        audit.note(session, visit.appointment_id, actor=who.actor, action=action, patient_id=visit.patient_id, now=now)
    to_move = {visit: causes for visit, causes in found.visits.items() if decisions.visits[visit.key] == "task"}
    put_on_list(session, to_move, now=now)
    take_note(session, found, actor=who.actor, now=now)
    if decisions.held == "release":
        end_holds(session, found.holds, now=now)


def _offer_gains(session: Session, plan: Plan, *, now: datetime) -> None:
    """What is worked now and was not before, for who waits."""
    if not waitlist.is_anybody_waiting(session):
        return
    origin, cells = cell_at(now), cell_at(now + OFFERED_AHEAD) - cell_at(now)
    for at in plan.places.values():
        before, after = (roster.worked(at.id, at.time_zone, origin, cells) for roster in (plan.before, plan.after))
        new = after & ~before
        if (cell := first(new, origin)) is not None:
            until = instant_at(origin + new.bit_length())
            waitlist.free(session, plan.specialist.id, at.id, instant_at(cell), until, cause="hours", now=now)
