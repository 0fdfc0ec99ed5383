"""How far whoever is signed in sees: by their roles, and into the single visits whose tasks they took while standing in."""

from __future__ import annotations

from flask import g

from clinic.domain.people.roles import Viewer
from clinic.usecases import work
from clinic.usecases.booking import VisitSummary
from clinic.usecases.work import Worker
from clinic.web import signed_in
from clinic.web.context import now, session

ENTRUSTED = frozenset({"see-visit", "change-visit", "see-contact"})
"""What standing in for a clinic allows with the visit of a task that one has taken."""


def worker() -> Worker:
    """Whoever is signed in, as the work list knows them."""
    person = signed_in.me()
    stands_in = bool(person.reach("stand-in"))
    return Worker(person.account_id, person.reach("work-list"), person.reach("see-contact"), stands_in)


def looking(action: str) -> Viewer:
    """Whoever is signed in, as far as that action carries them."""
    person = signed_in.me()
    return Viewer(person.reach(action), person.specialist_id, visits=_entrusted() if action in ENTRUSTED else frozenset())


def _entrusted() -> frozenset[int]:
    if "entrusted" not in g:
        g.entrusted = work.entrusted(session(), worker(), now=now())
    found: frozenset[int] = g.entrusted
    return found


def covers(action: str, visit: VisitSummary) -> bool:
    """Whether that action carries them to this visit."""
    where = {"location_id": visit.location_id, "specialist_id": visit.specialist_id}
    return looking(action).covers(visit.appointment_id, **where, patient_id=None)
