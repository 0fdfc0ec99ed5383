"""Whose availability somebody on the staff reaches, and what is noted when they look at patients on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from clinic.domain.audit import Action, read_actor
from clinic.domain.errors import NotFound
from clinic.domain.people.roles import Reach
from clinic.engine.transaction import transaction
from clinic.store.audit.access_log import note_seen
from clinic.store.schedules.assignments import Assignment, account_names, posts
from clinic.usecases.roster.current import NO_SUCH_SPECIALIST
from clinic.usecases.roster.effect import Effect


@dataclass(frozen=True, slots=True)
class RosterSpecialist:
    """A specialist, and the clinics at which they work, by their ids."""

    id: int
    slug: str
    name: str
    profession: str
    clinics: Mapping[int, str]

    def is_within(self, allowed: Reach, mine: int | None) -> bool:
        """Whether the reach covers them. `mine`: the specialist that whoever asks is themselves."""
        own = allowed.covers(mine=self.id == mine)
        return own or any(allowed.covers(location_id=location_id) for location_id in self.clinics)


def colleagues(session: Session, *, now: datetime) -> list[RosterSpecialist]:
    """Every specialist who gives visits, by name."""
    return _gathered(post for post in posts(session, today=_today(now)) if post.active)


def colleague(session: Session, specialist_id: int, allowed: Reach, mine: int | None, *, now: datetime) -> RosterSpecialist:
    """That specialist. Raises NotFound beyond the reach, as where there is none."""
    found = _gathered(posts(session, today=_today(now), only=specialist_id))
    if not found or not found[0].is_within(allowed, mine):
        raise NotFound(NO_SUCH_SPECIALIST)
    return found[0]


def names_of(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """The names of people of the staff by what the log calls them; others are left out."""
    numbers = {id_: actor for actor in actors if (id_ := read_actor(actor).account_id) is not None}
    return {numbers[id_]: name for id_, name in account_names(session, numbers).items()}


def note_shown(session: Session, effect: Effect, *, actor: str, now: datetime) -> None:
    """The names of patients are about to be shown: it goes into the audit log, a row for each visit. Raises Busy."""
    if shown := {visit.appointment_id: visit.patient_id for visit in effect.visits}:
        _note_shown(session, actor, shown, now=now)


@transaction
def _note_shown(session: Session, actor: str, shown: Mapping[int, int | None], *, now: datetime) -> None:
    note_seen(session, actor, Action.SEE_AFFECTED_VISIT, shown, now=now)


def _today(now: datetime) -> date:
    """The earliest day that it still is somewhere."""
    return (now - timedelta(days=1)).date()


def _gathered(found: Iterable[Assignment]) -> list[RosterSpecialist]:
    clinics: dict[int, dict[int, str]] = {}
    people: dict[int, Assignment] = {}
    for post in found:
        people[post.specialist_id] = post
        clinics.setdefault(post.specialist_id, {})[post.location_id] = post.clinic
    return [RosterSpecialist(id_, post.slug, post.name, post.profession, clinics[id_]) for id_, post in people.items()]
