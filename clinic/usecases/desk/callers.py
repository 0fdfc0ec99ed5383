"""Who is calling: looked for, asked, and known only once their answers fit. Before that nothing of a patient leaves here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.audit import Action
from clinic.domain.errors import InvalidInput, LimitReached, NotFound, UnusableToken
from clinic.domain.people.callers import (
    CLOSED,
    EMPTY_LOOKS,
    FACTS,
    LOOKS_AN_HOUR,
    NO_MATCH,
    PAUSE,
    ROWS,
    LastVisit,
    Masked,
    Someone,
    is_closed,
    is_name,
    look_alike,
    mask,
    read_last_visit,
)
from clinic.domain.people.calls import Agent
from clinic.domain.people.patient import PatientDetails, check
from clinic.domain.tokens import appointment_of, opens, read_reference, write_key
from clinic.engine.placing.intake import as_stored
from clinic.engine.placing.lookup import VisitLookup
from clinic.engine.transaction import retried
from clinic.store.appointments.confirmations import PatientRecord
from clinic.store.connect import begin_write
from clinic.store.desk import callers
from clinic.store.desk.callers import CallerCandidate
from clinic.store.staff import accounts
from clinic.store.tables.work import Call
from clinic.store.work import call_backs, tasks
from clinic.usecases.desk.calls import let_go, note, own_call

HOUR = timedelta(hours=1)
TOO_MANY_LOOKS = f"You have looked for {LOOKS_AN_HOUR} patients in an hour. Wait a little, or ask your supervisor."
LOOK_AGAIN = "Look for the patient again."
TOO_MANY_EMPTY = "Nobody was found five times in this call. Wait ten minutes to look again, or take the caller as new."


@dataclass(frozen=True, slots=True)
class CallersFound:
    """How many may be meant, and the first of them, masked. `named`: by the reference of a visit, so that the given name is all
    that is left to ask.
    """

    count: int
    rows: tuple[Masked, ...]
    named: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """What the caller answered, as typed: the given name, and one more fact of domain.people.callers.FACTS.

    No fact where a row was found by a reference; where we dialled the number on file, the date of birth, `born`.
    """

    given_name: str
    fact: str = ""
    answer: str = ""
    born: date | None = None

    def __repr__(self) -> str:  # never into a log
        return f"Proof({self.fact})"


@dataclass(frozen=True, slots=True)
class CallerVerdict:
    """Whether the answers fit, and no more. `closed`: no fact opens this record today; `say` is for the agent."""

    match: bool
    closed: bool = False
    say: str = ""


@dataclass(frozen=True, slots=True)
class NewCaller:
    """Whether the new patient was recorded. If not: how many look alike, and the first of them, masked."""

    recorded: bool
    count: int = 0
    rows: tuple[Masked, ...] = ()


@retried
def look_up(session: Session, person: Agent, call_id: int, asked: VisitLookup, *, key: bytes, now: datetime) -> CallersFound:
    """Who may be meant: born that day, of that family name as it may be heard, with that phone number or reference.

    A look that finds nobody counts on no record. Five of them in one call, of which nobody was taken as new, pause looking in it
    for ten minutes. Raises LimitReached, NotFound, IllegalMove, Busy.
    """
    begin_write(session)
    call = own_call(session, person, call_id, now=now)
    _check_pause(call, now=now)
    _count_look(session, person, now=now)
    meant = _named(asked.family_name, callers.born_and_known_by(session, asked.birth_date, asked.phone, asked.reference))
    visit_id = _visit_named(session, asked.reference, meant)
    note(session, person, call_id, callers.LOOK, now=now, more=f"found={len(meant)}")
    if not meant:
        _count_empty(session, person, call, now=now)
    session.commit()
    known = "".join(word for word, said in (("phone", asked.phone), ("reference", asked.reference)) if said)
    return CallersFound(len(meant), _rows(meant, call_id, known, key, visit_id), named=visit_id is not None)


def _visit_named(session: Session, reference: str | None, meant: list[CallerCandidate]) -> int | None:
    """The visit of that reference, where its patient is the only one who may be meant."""
    visit_id = callers.visit_named(session, reference) if reference else None
    one = [candidate.id for candidate in meant]
    return visit_id if visit_id is not None and one == [callers.patient_of_visit(session, visit_id)] else None


def _check_pause(call: Call, *, now: datetime) -> None:
    """Raises LimitReached while nobody is looked for in the call."""
    if call.looks_paused_until is not None and now < call.looks_paused_until:
        raise LimitReached(TOO_MANY_EMPTY, max(1, ceil((call.looks_paused_until - now).total_seconds())))


def _count_empty(session: Session, person: Agent, call: Call, *, now: datetime) -> None:
    """Nobody was found. Too often in a row: a supervisor sees that looking pauses."""
    call.misses += 1
    if call.misses >= EMPTY_LOOKS:
        call.misses, call.looks_paused_until = 0, now + PAUSE
        note(session, person, call.id, callers.PAUSED, now=now)
    session.flush()


def _named(family_name: str, candidates: Iterable[CallerCandidate]) -> list[CallerCandidate]:
    return [one for one in candidates if is_name(family_name, one.someone.family_name)]


def _count_look(session: Session, person: Agent, *, now: datetime) -> None:
    """Raises LimitReached when this agent has looked for as many patients as an hour allows."""
    accounts.lock_account(session, person.account_id)
    looks = callers.newest_looks(session, person.actor)
    if len(looks) >= LOOKS_AN_HOUR and looks[-1] > now - HOUR:
        raise LimitReached(TOO_MANY_LOOKS, max(1, ceil((looks[-1] + HOUR - now).total_seconds())))


# A row's token says who is meant, in this call alone, and which facts were told to find them: those prove nothing more. Of a row
# that was found by the reference of a visit it says which visit.
_KNOWN = {"phone": {"phone"}, "reference": {"reference"}, "phonereference": {"phone", "reference"}, "dialled": {"phone"}}
_NAMED = "visit"


@dataclass(frozen=True, slots=True)
class Meant:
    """Who is meant by a row: the patient, or the patient of that visit, and the facts that found them."""

    patient_id: int | None
    visit_id: int | None
    known: frozenset[str]
    dialled: bool = False


def _rows(
    candidates: list[CallerCandidate], call_id: int, known: str, key: bytes, visit_id: int | None = None
) -> tuple[Masked, ...]:  # fmt: skip
    purpose = f"caller.{call_id}.{known if visit_id is None else _NAMED}"
    return tuple(
        Masked(write_key(key, purpose, one.id if visit_id is None else visit_id, 0), mask(one.someone.given_name))
        for one in candidates[:ROWS]
    )


def row_of_dialled(session: Session, call_id: int, *, key: bytes) -> CallersFound | None:
    """The patient whom the call was made to call back at the number on file, masked; None where that is nobody on record."""
    patient_id = call_backs.patient_called(session, call_id)
    one = callers.candidate(session, patient_id) if patient_id is not None else None
    return CallersFound(1, _rows([one], call_id, "dialled", key)) if one else None


def read_row(row: str, call_id: int, key: bytes) -> Meant:
    """Who is meant by a row that this call was shown. Raises UnusableToken."""
    number = appointment_of(row, "row")
    if opens(key, f"caller.{call_id}.{_NAMED}", row, number, 0):
        return Meant(None, number, frozenset({"reference"}))
    for known, facts in _KNOWN.items():
        if opens(key, f"caller.{call_id}.{known}", row, number, 0):
            return Meant(number, None, frozenset(facts), dialled=known == "dialled")
    raise UnusableToken("row", LOOK_AGAIN)


@retried
def verify(session: Session, person: Agent, call_id: int, row: str, proof: Proof, *, key: bytes, now: datetime) -> CallerVerdict:
    """Whether the given name and the fact fit the record of a row, both together. If so, the call is about that patient; or,
    by the reference of a visit that proves nothing, about that one visit and nothing else.

    Three answers in a day that do not fit close facts for the record until tomorrow: then what fits and what does not is
    answered alike. The reference of a visit that proves nothing opens it all the same, and so does the date of birth where we
    dialled the number on file. No call is ever closed. Raises InvalidInput for what cannot be such a fact, NotFound, IllegalMove,
    Busy.
    """
    meant = read_row(row, call_id, key)
    given = proof.given_name
    answer = _read_fact(proof, meant)
    begin_write(session)
    call = own_call(session, person, call_id, now=now)
    patient_id = callers.patient_of_visit(session, meant.visit_id) if meant.visit_id is not None else meant.patient_id
    patient = callers.lock_patient(session, patient_id) if patient_id is not None else None
    if patient is None or patient.merged_into_id is not None:
        raise NotFound(LOOK_AGAIN)
    fact = "reference" if meant.visit_id is not None else "birth_date" if meant.dialled else proof.fact
    if meant.visit_id is not None:
        answer = callers.reference_of(session, meant.visit_id)
    record = callers.on_record(session, patient, now=now)
    closed = is_closed(patient.phone_locked_at, now=now) and not meant.dialled
    whole = record.fits(given, fact, answer) and not closed
    alone = fact == "reference" and isinstance(answer, str) and record.opens_itself(given, answer)
    if whole or alone:
        if whole:
            patient.phone_misses, patient.phone_missed_at = 0, None
        _bind(session, call, patient.id, visit_id=None if whole else callers.visit_named(session, str(answer)), now=now)
    elif not closed:
        closed = callers.missed(session, patient, now=now)
    action = Action.CALLER_VERIFIED if whole else Action.CALLER_NAMED_VISIT if alone else Action.CALLER_MISSED
    note(session, person, call_id, action, patient_id=patient.id, now=now, more=f"fact={fact}")
    if closed and not (whole or alone) and patient.phone_locked_at == now:
        note(session, person, call_id, Action.CALLER_LOCKED, patient_id=patient.id, now=now)
    session.commit()
    if whole or alone:
        return CallerVerdict(match=True)
    return CallerVerdict(match=False, closed=closed, say=CLOSED if closed else NO_MATCH)


def _bind(session: Session, call: Call, patient_id: int, *, visit_id: int | None = None, now: datetime) -> None:
    """The call is about that patient from now on, or about that one visit of theirs, and about no other."""
    if call.patient_id != patient_id:
        let_go(session, call)
    call.patient_id, call.visit_id, call.verified_at = patient_id, visit_id, now
    session.flush()


def _read_fact(proof: Proof, meant: Meant) -> str | date | LastVisit:
    """What was answered, in the form of the record. Raises InvalidInput."""
    if not proof.given_name.strip():
        raise InvalidInput({"given_name": "Type the first name that the caller says."})
    if meant.visit_id is not None:
        return ""
    if meant.dialled:
        if proof.born is None:
            raise InvalidInput({"birth_date": "Type the date of birth that they say, such as 04/23/1971."})
        return proof.born
    if proof.fact not in FACTS:
        raise InvalidInput({"fact": "Choose what the caller knows."})
    if proof.fact in meant.known:
        raise InvalidInput({"fact": "This was asked before. Ask for something else."})
    if proof.fact == "phone":
        return read_phone(proof.answer, "answer")[0]
    read = read_reference(proof.answer) if proof.fact == "reference" else read_last_visit(proof.answer)
    if read is None:
        raise InvalidInput({"answer": _AS_IN[proof.fact]})
    return read


_AS_IN = {
    "reference": "A reference has 11 letters and digits, such as 7Q2M9XKD4TR.",
    "month": "Type the month, the year and whom they saw, such as 10/2026 Larkwood.",
}


@retried
def new_caller(
    session: Session, person: Agent, call_id: int, details: PatientDetails, *, sure: bool, key: bytes, now: datetime
) -> NewCaller:
    """Record a patient who is new, and make the call about them. First says who looks alike, unless the agent is `sure`.

    A record with exactly this name, birth date and number that never had a visit is theirs. One that had opens by a proof alone:
    whoever cannot prove it is recorded anew, and a manager is asked whether the two are one. Who answers for a minor is asked
    when a visit is booked. It is a look like any other, unless nobody was found in this call. Raises InvalidInput, LimitReached,
    NotFound, IllegalMove, Busy.
    """
    _check_new(details, now=now)
    said = as_stored(details, now=now)
    begin_write(session)
    call = own_call(session, person, call_id, now=now)
    callers.lock_person(session, said)
    there = callers.exactly(session, said)
    if call.patient_id in there and call.visit_id is None:  # the button was pressed twice
        session.rollback()
        return NewCaller(recorded=True)
    alike = _alike(session, said)
    if alike or call.misses == 0:
        _count_look(session, person, now=now)
        note(session, person, call_id, callers.LOOK, now=now, more=f"new=1 found={len(alike)}")
    to_prove = callers.are_to_be_proved(session, there)
    theirs = bool(there) and not to_prove
    if alike and not sure and not theirs:
        session.commit()
        return NewCaller(False, len(alike), _rows(alike, call_id, "phone", key))
    found = callers.lock_patient(session, there[0]) if theirs else None  # it may just have gone with another call
    patient_id = found.id if found else callers.add(session, said, now=now)
    for same in there if to_prove else ():
        tasks.add_duplicate(session, patient_id, same, now=now)
    _bind(session, call, patient_id, now=now)
    call.misses = max(0, call.misses - 1)
    session.flush()
    note(session, person, call_id, Action.CALLER_NEW, patient_id=patient_id, now=now)
    session.commit()
    return NewCaller(recorded=True)


def _check_new(details: PatientDetails, *, now: datetime) -> None:
    try:
        check(details, today=now.date(), visit_day=now.date())
    except InvalidInput as found:
        wrong = {name: sentence for name, sentence in found.fields.items() if not name.startswith("guardian")}
        if wrong:
            raise InvalidInput(wrong) from None


def _alike(session: Session, said: PatientRecord) -> list[CallerCandidate]:
    """The likeliest first: those who share the birth date and the number."""
    someone = Someone(said.given_name, said.family_name, said.birth_date, said.phone)
    near = callers.born_or_with_phone(session, said.birth_date, said.phone)
    alike = [one for one in near if look_alike(someone, one.someone)]
    return sorted(alike, key=lambda one: (one.someone.birth_date != said.birth_date) + (one.someone.phone != said.phone))
