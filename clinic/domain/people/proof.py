"""Which visits of a record its patient has stood behind: what a stranger could have made proves nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from clinic.domain.scheduling.appointment import State

ATTENDED = frozenset({State.ARRIVED, State.STARTED, State.FULFILLED})
BY_STAFF = frozenset({"phone", "portal", "desk"})
"""Channels of visits that the staff booked, who had the patient before them or on the telephone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitOnRecord:
    """A visit as far as it can prove anything. `start` is UTC, `time_zone` the clinic's.

    `contacts` are the ways by which its messages go out, e-mail addresses and numbers in E.164, and `confirmed` says that the
    link in one of them was answered. `channel` is how it was booked.
    """

    id: int
    reference: str
    state: State
    channel: str
    start: datetime
    time_zone: str
    specialist: str
    contacts: frozenset[str]
    guardian_phone: str | None = None
    confirmed: bool = False

    @property
    def attended(self) -> bool:
        return self.state in ATTENDED

    def __repr__(self) -> str:  # never into a log
        return f"VisitOnRecord({self.id})"


def proven(visits: Sequence[VisitOnRecord], record_phone: str) -> frozenset[int]:
    """The visits (by their ids) that were attended, made by the staff, or confirmed by a link that went to contacts of such a
    visit only. `record_phone` is the number that every visit of the record was booked with.
    """
    found = {visit.id for visit in visits if visit.attended or visit.channel in BY_STAFF}
    while True:
        contacts = contacts_of((visit for visit in visits if visit.id in found), record_phone)
        more = {visit.id for visit in visits if visit.confirmed and visit.contacts and visit.contacts <= contacts} - found
        if not more:
            return frozenset(found)
        found |= more


def contacts_of(visits: Iterable[VisitOnRecord], record_phone: str) -> frozenset[str]:
    """How the patient could be reached about these visits; the record's own number counts as soon as there is one."""
    contacts: set[str] = set()
    for visit in visits:
        contacts |= visit.contacts | {record_phone} | ({visit.guardian_phone} if visit.guardian_phone else set())
    return frozenset(contacts)
