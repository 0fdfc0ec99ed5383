"""Where and with whom a visit may be typed in at all: the clinics about a place that give it, and who gives it there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from clinic.engine.search.candidates import nearest
from clinic.engine.search.locate import Place
from clinic.store.directory import people
from clinic.store.directory.catalogue import BookableVisit
from clinic.store.directory.locations import LocationRow
from clinic.store.directory.people import Offering

CLINICS = 8


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """The nearest clinics first, specialists by name."""

    clinics: tuple[LocationRow, ...]
    people: tuple[Offering, ...]


def choices_near(session: Session, place: Place, visit: BookableVisit) -> FilterChoices:
    """Whoever gives the visit at one of them may not give it at another: that is said when the time is asked for."""
    clinics = tuple(candidate.location for candidate in nearest(session, visit.id, place.point, CLINICS))
    ids = sorted(clinic.id for clinic in clinics)
    found = people.offering(session, visit.id, ids) if ids else ()
    return FilterChoices(clinics, tuple(sorted(found, key=lambda one: one.name)))
