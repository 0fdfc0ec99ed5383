"""Who is calling: looked for, asked, and known only once their answers fit. Before that nothing of a patient leaves here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.callers import (
    FACTS,
    LOCKED,
    LOOKS_AN_HOUR,
    MISSES,
    NO_MATCH,
    ROWS,
    Masked,
    Someone,
    is_name,
    look_alike,
    mask,
    read_month,
)
from clinic.domain.calls import Agent
from clinic.domain.errors import InvalidInput, LimitReached, NotFound, UnusableToken
from clinic.domain.patient import PatientDetails, check
from clinic.domain.tokens import appointment_of, opens, read_reference, write_key
from clinic.engine.attempts import retried
from clinic.engine.details import as_stored
from clinic.engine.lookup import Lookup
from clinic.store import accounts, callers
from clinic.store.bookings import Said
from clinic.store.callers import Candidate
from clinic.store.calls import Call
from clinic.store.connect import begin_write
from clinic.usecases.desk.calls import let_go, note, own_call

HOUR = timedelta(hours=1)
TOO_MANY_LOOKS = f"You have looked for {LOOKS_AN_HOUR} patients in an hour. Wait a little, or ask your supervisor."
LOOK_AGAIN = "Look for the patient again."
EXACTLY_THERE = "We have a record with this name, date of birth and phone number. Ask the caller to prove that it is theirs."


@dataclass(frozen=True, slots=True)
class Found:
    """How many may be meant, and the first of them, masked. `say` is to be read aloud when nobody can be looked for any more."""

    count: int
    rows: tuple[Masked, ...]
    say: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the caller answered, as typed: the given name, and one more fact of domain.callers.FACTS."""

    given_name: str
    fact: str
    answer: str

    def __repr__(self) -> str:  # never into a log
        return f"Proof({self.fact})"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the answers fit, and no more. `locked`: nobody is taken for this patient on the telephone; `say` is the words."""

    match: bool
    locked: bool = False
    say: str = ""


@dataclass(frozen=True, slots=True)
class NewCaller:
    """Whether the new patient was recorded. If not: how many look alike, and the first of them, masked."""

    recorded: bool
    count: int = 0
    rows: tuple[Masked, ...] = ()


@retried
def look_up(session: Session, person: Agent, call_id: int, asked: Lookup, *, key: bytes, now: datetime) -> Found:
    """Who may be meant: born that day, of that family name as it may be heard, with that phone number or reference.

    A look that finds nobody counts against the call, and as a wrong answer of those whose contact and name these are and who
    were born on another day; nobody can tell whether there are any. Raises LimitReached, NotFound, IllegalMove, Busy.
    """
    begin_write(session)
    call = own_call(session, person, call_id, now=now)
    if call.misses >= MISSES:
        session.rollback()
        return Found(0, (), LOCKED)
    _count_look(session, person, now=now)
    born = callers.born_and_known_by(session, asked.birth_date, asked.phone, asked.reference)
    near = callers.known_by(session, asked.phone, asked.reference)
    meant, beside = _named(asked.family_name, born), _named(asked.family_name, near)
    if not meant:
        call.misses += 1
    locked = callers.missed(session, [] if meant else [one.id for one in beside], now=now)
    note(session, person, call_id, callers.LOOK, now=now, more=f"found={len(meant)}")
    _note_locked(session, person, call_id, locked, now=now)
    known = "".join(word for word, said in (("phone", asked.phone), ("reference", asked.reference)) if said)
    found = Found(len(meant), _rows(meant, call_id, known, key), LOCKED if call.misses >= MISSES else "")
    session.commit()
    return found


def _named(family_name: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    return [one for one in candidates if is_name(family_name, one.someone.family_name)]


def _count_look(session: Session, person: Agent, *, now: datetime) -> None:
    """Raises LimitReached when this agent has looked for as many patients as an hour allows."""
    accounts.lock_account(session, person.account_id)
    looks = callers.newest_looks(session, person.actor)
    if len(looks) >= LOOKS_AN_HOUR and looks[-1] > now - HOUR:
        raise LimitReached(TOO_MANY_LOOKS, max(1, ceil((looks[-1] + HOUR - now).total_seconds())))


# A row's token says who is meant, in this call alone, and which facts were told to find them: those prove nothing more.
_KNOWN = {"phone": {"phone"}, "reference": {"reference"}, "phonereference": {"phone", "reference"}}


def _rows(candidates: list[Candidate], call_id: int, known: str, key: bytes) -> tuple[Masked, ...]:
    purpose = f"caller.{call_id}.{known}"
    return tuple(Masked(write_key(key, purpose, one.id, 0), mask(one.someone.given_name)) for one in candidates[:ROWS])


def read_row(row: str, call_id: int, key: bytes) -> tuple[int, set[str]]:
    """The patient of a row that this call was shown, and the facts that found them. Raises UnusableToken."""
    patient_id = appointment_of(row, "row")
    for known, facts in _KNOWN.items():
        if opens(key, f"caller.{call_id}.{known}", row, patient_id, 0):
            return patient_id, facts
    raise UnusableToken("row", LOOK_AGAIN)


@retried
def verify(session: Session, person: Agent, call_id: int, row: str, proof: Proof, *, key: bytes, now: datetime) -> Verdict:
    """Whether the given name and the fact fit the record of a row, both together. If so, the call is about that patient.

    Three misses lock the telephone for the patient, whoever called, and for the call. A locked record answers the same to what
    fits and what does not. Raises InvalidInput for what cannot be such a fact, NotFound, IllegalMove, Busy.
    """
    patient_id, known = read_row(row, call_id, key)
    answer = _read_fact(proof, known)
    begin_write(session)
    call = own_call(session, person, call_id, now=now)
    if call.misses >= MISSES:
        session.rollback()
        return Verdict(match=False, locked=True, say=LOCKED)
    patient = callers.lock_patient(session, patient_id)
    if patient is None or patient.merged_into_id is not None:
        raise NotFound(LOOK_AGAIN)
    fits = callers.on_record(session, patient, now=now).fits(proof.given_name, proof.fact, answer)
    barred = patient.phone_locked_at is not None
    match, locked = fits and not barred, []
    if match:
        patient.phone_misses = call.misses = 0
        _bind(session, call, patient_id, now=now)
    elif not barred:
        call.misses += 1
        session.flush()
        locked = callers.missed(session, [patient_id], now=now)
    barred = barred or bool(locked) or call.misses >= MISSES
    action = "caller_verified" if match else "caller_missed"
    note(session, person, call_id, action, patient_id=patient_id, now=now, more=f"fact={proof.fact}")
    _note_locked(session, person, call_id, locked, now=now)
    session.commit()
    return Verdict(match, locked=barred, say=LOCKED if barred else "" if match else NO_MATCH)


def _note_locked(session: Session, person: Agent, call_id: int, patients: Iterable[int], *, now: datetime) -> None:
    for patient_id in patients:
        note(session, person, call_id, "caller_locked", patient_id=patient_id, now=now)


def _bind(session: Session, call: Call, patient_id: int, *, now: datetime) -> None:
    """The call is about that patient from now on, and about no other."""
    if call.patient_id != patient_id:
        let_go(session, call)
    call.patient_id, call.verified_at = patient_id, now
    session.flush()


def _read_fact(proof: Proof, known: set[str]) -> str | tuple[int, int | None]:
    """What was answered, in the form of the record. Raises InvalidInput."""
    if proof.fact not in FACTS:
        raise InvalidInput({"fact": "Choose what the caller knows."})
    if proof.fact in known:
        raise InvalidInput({"fact": "This was asked before. Ask for something else."})
    if not proof.given_name.strip():
        raise InvalidInput({"given_name": "Type the first name that the caller says."})
    if proof.fact == "phone":
        return read_phone(proof.answer, "answer")[0]
    read = {"reference": read_reference, "month": read_month, "postal_code": _read_zip}[proof.fact](proof.answer)
    if read is None:
        raise InvalidInput({"answer": _AS_IN[proof.fact]})
    return read


_AS_IN = {
    "reference": "A reference has 11 letters and digits, such as 7Q2M9XKD4TR.",
    "month": "Type a month, such as October, or 10/2026.",
    "postal_code": "A ZIP code has five digits, such as 32801.",
}


def _read_zip(typed: str) -> str | None:
    digits = typed.strip()[:5]
    return digits if len(digits) == 5 and digits.isascii() and digits.isdecimal() else None


@retried
def new_caller(
    session: Session, person: Agent, call_id: int, details: PatientDetails, *, sure: bool, key: bytes, now: datetime
) -> NewCaller:
    """Record a patient who is new, and make the call about them. First says who looks alike, unless the agent is `sure`.

    A record with exactly this name, birth date and number that never had a visit is theirs; one that had is to be proved.
    Who answers for a minor is asked when a visit is booked. It is a look like any other. Raises InvalidInput, LimitReached,
    NotFound, IllegalMove, Busy.
    """
    _check_new(details, now=now)
    said = as_stored(details, now=now)
    begin_write(session)
    call = own_call(session, person, call_id, now=now)
    callers.lock_person(session, said)
    there = callers.exactly(session, said)
    if call.patient_id in there:  # the button was pressed twice
        session.rollback()
        return NewCaller(recorded=True)
    _count_look(session, person, now=now)
    alike = _alike(session, said)
    note(session, person, call_id, callers.LOOK, now=now, more=f"new=1 found={len(alike)}")
    to_prove = callers.are_to_be_proved(session, there)
    if sure and to_prove:
        session.commit()
        raise InvalidInput({"sure": EXACTLY_THERE})
    theirs = bool(there) and not to_prove
    if alike and not sure and not theirs:
        session.commit()
        return NewCaller(False, len(alike), _rows(alike, call_id, "phone", key))
    found = callers.lock_patient(session, there[0]) if theirs else None  # it may just have gone with another call
    patient_id = found.id if found else callers.add(session, said, now=now)
    _bind(session, call, patient_id, now=now)
    note(session, person, call_id, "caller_new", patient_id=patient_id, now=now)
    session.commit()
    return NewCaller(recorded=True)


def _check_new(details: PatientDetails, *, now: datetime) -> None:
    try:
        check(details, today=now.date(), visit_day=now.date())
    except InvalidInput as found:
        wrong = {name: sentence for name, sentence in found.fields.items() if not name.startswith("guardian")}
        if wrong:
            raise InvalidInput(wrong) from None


def _alike(session: Session, said: Said) -> list[Candidate]:
    """The likeliest first: those who share the birth date and the number."""
    someone = Someone(said.given_name, said.family_name, said.birth_date, said.phone)
    near = callers.born_or_with_phone(session, said.birth_date, said.phone)
    alike = [one for one in near if look_alike(someone, one.someone)]
    return sorted(alike, key=lambda one: (one.someone.birth_date != said.birth_date) + (one.someone.phone != said.phone))
