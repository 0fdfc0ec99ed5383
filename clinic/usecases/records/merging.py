"""A patient who is there twice: reported by the desk, looked at and merged by a manager, and taken back for a month.

The record that goes stays where it is, empty, and leads to the one that is kept: whoever books by its name, birth date and
number books for that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.errors import IllegalMove, InvalidInput, NotFound
from clinic.domain.people.roles import Viewer
from clinic.domain.retention import UNDONE_FOR_DAYS
from clinic.domain.tokens import read_reference
from clinic.engine.placing.changing import Who
from clinic.engine.transaction import transaction
from clinic.store.access import find_patient, find_patient_of
from clinic.store.audit import audit
from clinic.store.desk import callers
from clinic.store.desk.callers import VisitLine
from clinic.store.patients import merges
from clinic.store.tables.patients import Patient, PatientMerge
from clinic.store.work import tasks

UNDONE_FOR = timedelta(days=UNDONE_FOR_DAYS)
NO_SUCH_PAIR = "There is no such question, or it is settled."
NO_SUCH_PATIENT = "There is no such patient."
NO_REFERENCE = "Type the reference of a visit: 11 letters and digits, such as 7Q2M9XKD4TR."
NOT_HERE = "There is no such visit at your clinics."
NO_SUCH_MERGE = "There is no such merge, or it is too long ago."
AT_ONE_TIME = "The two records have visits at the same time. Nobody can be in two places: move one of these visits first."
MERGED_SINCE = "One of the two records was merged since. Take that back first."


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two records. Phones are E.164. `coming` and `past` are the visits within reach, `elsewhere` how many others."""

    patient_id: int
    given_name: str
    family_name: str
    birth_date: date
    phone: str
    email: str | None
    postal_code: str | None
    language: str
    interpreter: bool
    known_since: datetime
    coming: tuple[VisitLine, ...]
    past: tuple[VisitLine, ...]
    elsewhere: int

    def __repr__(self) -> str:  # never into a log
        return f"Side({self.patient_id})"


@dataclass(frozen=True, slots=True)
class Clash:
    """Two visits at one time, by their numbers: they are among those of the two sides, or elsewhere."""

    one: int
    other: int


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge that can be taken back until `until`, and by whom it was made."""

    id: int
    into_id: int
    from_id: int
    at: datetime
    until: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would put together; with clashes it is refused. Or what it did: `merged`, and the first was kept."""

    sides: tuple[Side, Side]
    clashes: tuple[Clash, ...]
    merged: Merged | None = None


@transaction
def propose(session: Session, patient_id: int, other_id: int, *, viewer: Viewer, who: Who, now: datetime) -> None:
    """Say that two records within reach may be one patient's: a task, once while it is open.

    Raises InvalidInput for one record with itself, NotFound, Busy.
    """
    if patient_id == other_id:
        raise InvalidInput({"other": "Choose another record to compare with."})
    if any(find_patient(session, viewer, id_) is None for id_ in (patient_id, other_id)):
        raise NotFound(NO_SUCH_PATIENT)
    tasks.add_duplicate(session, patient_id, other_id, now=now)
    audit.note(
        session, None, actor=who.actor, action=Action.PROPOSE_MERGE, patient_id=patient_id, detail=f"other={other_id}", now=now
    )  # fmt: skip


def propose_by_visits(session: Session, one: str, other: str, *, viewer: Viewer, who: Who, now: datetime) -> None:
    """The same, of the patients of two visits within reach, by their references as people type them.

    Raises InvalidInput for "one" and "other", Busy.
    """
    wrong: dict[str, str] = {}
    found: list[int] = []
    for field, typed in (("one", one), ("other", other)):
        reference = read_reference(typed)
        patient_id = find_patient_of(session, viewer, reference) if reference else None
        if patient_id is None:
            wrong[field] = NO_REFERENCE if reference is None else NOT_HERE
        else:
            found.append(patient_id)
    if wrong:
        raise InvalidInput(wrong)
    if found[0] == found[1]:
        raise InvalidInput({"other": "Both visits are of one record already."})
    propose(session, *found, viewer=viewer, who=who, now=now)


@transaction
def preview_merge(session: Session, task_id: int, *, viewer: Viewer, who: Who, now: datetime) -> Preview:
    """Both records of a task, side by side; that they were read is noted. Both must be within reach, or have no visit at all.

    Of visits elsewhere only the number is told. Raises NotFound, Busy.
    """
    pair = _pair(session, viewer, task_id)
    found = merges.records(session, pair)
    sides = [_side(session, viewer, found[id_], now=now) for id_ in pair]
    clashes = tuple(Clash(*both) for both in merges.clashes(session, *pair))
    for id_ in pair:
        audit.note(session, None, actor=who.actor, action=Action.SEE_PATIENT, patient_id=id_, detail=f"task={task_id}", now=now)
    return Preview((sides[0], sides[1]), clashes)


def _pair(session: Session, viewer: Viewer, task_id: int) -> tuple[int, int]:
    pair = merges.pair_of(session, task_id)
    if pair is None or not _within(session, viewer, pair):
        raise NotFound(NO_SUCH_PAIR)
    return pair


def _within(session: Session, viewer: Viewer, pair: tuple[int, int]) -> bool:
    """Whether both are the viewer's to merge. A record that no clinic has a visit of goes with the other."""
    beyond = [id_ for id_ in pair if find_patient(session, viewer, id_) is None]
    return len(beyond) < len(pair) and not any(callers.is_known_anywhere(session, id_) for id_ in beyond)


def is_mergeable(session: Session, task_id: int, *, viewer: Viewer) -> bool:
    """Whether the question of that task is open and both records are within reach."""
    pair = merges.pair_of(session, task_id)
    return pair is not None and _within(session, viewer, pair)


def merge_of(session: Session, task_id: int, *, viewer: Viewer, now: datetime) -> Merged | None:
    """The merge that settled a task, while it can be taken back."""
    pair = merges.asked_about(session, task_id)
    return next((one for one in merges_to_undo(session, viewer=viewer, now=now) if {one.into_id, one.from_id} == pair), None)


@transaction
def read_merge(session: Session, merge_id: int, *, viewer: Viewer, who: Who, now: datetime) -> Preview:
    """The record that was kept, and the one that went along; that they were read is noted.

    Raises NotFound for one that cannot be taken back any more, Busy.
    """
    found = next((one for one in merges_to_undo(session, viewer=viewer, now=now) if one.id == merge_id), None)
    if found is None:
        raise NotFound(NO_SUCH_MERGE)
    by_id = merges.records(session, [found.into_id, found.from_id])
    kept, gone = (_side(session, viewer, by_id[id_], now=now) for id_ in (found.into_id, found.from_id))
    detail = f"merge={merge_id}"
    for side in (kept, gone):
        audit.note(session, None, actor=who.actor, action=Action.SEE_PATIENT, patient_id=side.patient_id, detail=detail, now=now)
    return Preview((kept, gone), (), merged=found)


def _side(session: Session, viewer: Viewer, patient: Patient, *, now: datetime) -> Side:
    coming = callers.visits_ahead(session, viewer, patient.id, now=now)
    past = callers.visits_before(session, viewer, patient.id, now=now)
    return Side(
        patient.id, patient.given_name, patient.family_name, patient.birth_date, patient.phone, patient.email,
        patient.postal_code, patient.language, patient.interpreter, patient.created_at, coming, past,
        callers.count_visits(session, patient.id) - len(coming) - len(past),
    )  # fmt: skip


@transaction
def merge(session: Session, task_id: int, keep: int, *, viewer: Viewer, who: Who, by: int, now: datetime) -> int:
    """The record `keep` of the two is theirs from now on: visits, with all that hangs on them, tasks and calls are its own.

    `by` is the account. A telephone that was locked for either is locked. Returns the merge. Raises IllegalMove when they have
    visits at one time, InvalidInput, NotFound, Busy.
    """
    pair = _pair(session, viewer, task_id)
    if keep not in pair:
        raise InvalidInput({"keep": "Choose which of the two records is kept."})
    gone_id = next(id_ for id_ in pair if id_ != keep)
    by_id = {patient.id: patient for patient in merges.lock_pair(session, *pair)}
    # Only now: somebody else may have settled it, or merged one of them, while we waited.
    if merges.pair_of(session, task_id) != pair or any(patient.merged_into_id for patient in by_id.values()):
        raise NotFound(NO_SUCH_PAIR)
    if merges.clashes(session, *pair):
        raise IllegalMove(AT_ONE_TIME)
    kept, gone = by_id[keep], by_id[gone_id]
    kept.phone_locked_at = max(filter(None, (kept.phone_locked_at, gone.phone_locked_at)), default=None)
    kept.phone_missed_at = max(filter(None, (kept.phone_missed_at, gone.phone_missed_at)), default=None)
    kept.phone_misses = max(kept.phone_misses, gone.phone_misses)
    moved = merges.follow(session, gone_id, keep, by=by, now=now)
    gone.merged_into_id = keep
    merge_id = merges.add(session, from_id=gone_id, into_id=keep, at=now, actor=who.actor, moved=moved)
    _note(session, Action.MERGE_PATIENTS, merge_id, keep, gone_id, who=who, now=now)
    return merge_id


@transaction
def undo_merge(session: Session, merge_id: int, *, viewer: Viewer, who: Who, now: datetime) -> None:
    """Two records again: exactly what moved goes back, as far as it is still there. Visits booked since stay where they are.

    Raises NotFound after a month, IllegalMove when the record that was kept was merged itself, Busy.
    """
    found = merges.find(session, merge_id)
    if found is None or find_patient(session, viewer, _now_at(session, found)) is None:
        raise NotFound(NO_SUCH_MERGE)
    by_id = {patient.id: patient for patient in merges.lock_pair(session, found.from_id, found.into_id)}
    found = merges.find(session, merge_id)
    if found is None or found.undone_at is not None or now - found.at > UNDONE_FOR:
        raise NotFound(NO_SUCH_MERGE)
    gone, kept = by_id[found.from_id], by_id[found.into_id]
    if kept.merged_into_id is not None or gone.merged_into_id != kept.id:
        raise IllegalMove(MERGED_SINCE)
    merges.give_back(session, gone.id, kept.id, merges.read_moved(found))
    gone.merged_into_id, found.undone_at = None, now
    _note(session, Action.UNDO_MERGE, merge_id, kept.id, gone.id, who=who, now=now)


def _now_at(session: Session, found: PatientMerge) -> int:
    """The record at which what was kept is now: it may have been merged itself."""
    kept = merges.records(session, [found.into_id])[found.into_id]
    return kept.merged_into_id or kept.id


def merges_to_undo(session: Session, *, viewer: Viewer, now: datetime) -> tuple[Merged, ...]:
    """Of records within reach, the last first."""
    return tuple(
        Merged(found.id, found.into_id, found.from_id, found.at, found.at + UNDONE_FOR, by)
        for found, by in merges.since(session, now - UNDONE_FOR)
        if find_patient(session, viewer, found.into_id) is not None
    )


def _note(session: Session, action: Action, merge_id: int, kept: int, gone: int, *, who: Who, now: datetime) -> None:
    """In the history of both."""
    for patient_id, other in ((kept, gone), (gone, kept)):
        detail = f"merge={merge_id} other={other}"
        audit.note(session, None, actor=who.actor, action=action, patient_id=patient_id, detail=detail, now=now)
