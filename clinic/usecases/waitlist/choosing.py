"""Which start of a freed time to offer, and to whom: the first in line whom any of it suits decides, others share it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.geography.places import Point
from clinic.domain.scheduling.visit import VisitShape
from clinic.domain.scheduling.waitlist import Policy, suiting, suits_place
from clinic.domain.text.messages import awake
from clinic.domain.time.timeline import cell_at, cell_from, fits, from_spans, span
from clinic.domain.tokens import SlotRef
from clinic.engine.placing.waiting import wants_of
from clinic.engine.search.candidates import CandidateSite, SearchCriteria, StartLine, line_of
from clinic.store.directory import catalogue, locations
from clinic.store.directory.locations import LocationRow
from clinic.store.tables.waitlist import FreedTime
from clinic.store.waitlist import waiters
from clinic.store.waitlist.waiters import Waiter


@dataclass(frozen=True, slots=True)
class Chosen:
    """A start, and the batch it is offered to, each with their place among all whom it suits (`suits` of them)."""

    wish: SlotRef
    batch: tuple[tuple[int, Waiter], ...]
    suits: int


@dataclass(frozen=True, slots=True)
class Later:
    """There is somebody whom it suits and who cannot be told yet."""

    at: datetime


def choose(session: Session, freed: FreedTime, policy: Policy, *, now: datetime) -> Chosen | Later | None:
    """None: nobody (more) waits for this time. However many wait, the database is asked the same few questions."""
    site = locations.find_row(session, freed.location_id)
    if site is None or freed.until <= now + policy.stop_before:
        return None
    at = Point(site.latitude, site.longitude)
    line = waiters.waiting_for(session, freed, now=now)
    line = [one for one in line if suits_place(wants_of(one), site.id, at, freed.specialist_id)]
    return _Choosing(session, freed, site, line, policy, now).choose() if line else None


class _Choosing:
    def __init__(
        self, session: Session, freed: FreedTime, site: LocationRow, line: list[Waiter], policy: Policy, now: datetime
    ) -> None:
        self._session, self._freed, self._site, self._line, self._policy, self._now = session, freed, site, line, policy, now
        self._kinds: dict[int, tuple[VisitShape, StartLine] | None] = {}
        self._busy: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        patients = [one.patient_id for one in line if one.patient_id is not None]
        if patients:
            high = cell_at(freed.until + timedelta(days=1))
            for patient_id, start, end, visit in waiters.visits_between(session, patients, cell_at(freed.since), high):
                self._busy[patient_id].append((start, end, visit))

    def choose(self) -> Chosen | Later | None:
        later: list[datetime] = []
        for one in self._line:
            at = self._told_from(one)
            starts = self._starts(one, at)
            if starts and at == self._now:
                return self._share(one.visit_type_id, starts & -starts)
            if starts:
                later.append(at)
        return Later(min(later)) if later else None

    def _share(self, visit_type_id: int, start: int) -> Chosen:
        """The first of those in line whom this start suits as well; who cannot be told now keeps their place."""
        kind = self._kinds[visit_type_id]
        assert kind is not None  # a start of it was found
        batch: list[tuple[int, Waiter]] = []
        known: set[object] = set()
        rank = 0
        for one in self._line:
            at = self._told_from(one)
            if one.visit_type_id != visit_type_id or not self._starts(one, at) & start:
                continue
            rank += 1
            whose = one.person or one.patient_id
            if at == self._now and len(batch) < self._policy.batch and whose not in known:
                batch.append((rank, one))
                known.add(whose)
        cell = kind[1].origin + start.bit_length() - 1
        wish = SlotRef(visit_type_id, self._site.id, self._freed.specialist_id, cell)
        return Chosen(wish, tuple(batch), rank)

    def _told_from(self, one: Waiter) -> datetime:
        """When they can be told: not at night, and not while another offer is open to them."""
        free_at = max(self._now, one.busy_until or self._now)
        return awake(free_at, one.zone or self._site.time_zone)

    def _starts(self, one: Waiter, at: datetime) -> int:
        """The starts that suit somebody who is told at that moment."""
        kind = self._kind(one.visit_type_id)
        if kind is None:
            return 0
        shape, line = kind
        starts = suiting(
            wants_of(one, one.start), line.starts, line.origin, line.cells, self._site.time_zone, now=at
        ) & -(1 << max(cell_from(at + self._policy.stop_before) - line.origin, 0))  # fmt: skip
        if starts and one.patient_id in self._busy:
            taken = ((start, end) for start, end, visit in self._busy[one.patient_id] if visit != one.appointment_id)
            starts &= fits(span(0, line.cells + shape.cells) & ~from_spans(taken, line.origin), shape.cells)
        return starts

    def _kind(self, visit_type_id: int) -> tuple[VisitShape, StartLine] | None:
        """The kind of visit and its free starts in the freed time, read once."""
        if visit_type_id not in self._kinds:
            visit = catalogue.find_visit(self._session, visit_type_id)
            if visit is None:
                self._kinds[visit_type_id] = None
            else:
                sought = SearchCriteria(
                    visit=visit, candidates=[CandidateSite(self._site)], since=self._freed.since, until=self._freed.until,
                    specialist_id=self._freed.specialist_id, staff=True,
                )  # fmt: skip
                self._kinds[visit_type_id] = visit.shape, line_of(self._session, sought, now=self._now)
        return self._kinds[visit_type_id]
