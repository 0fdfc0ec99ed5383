"""Whose availability a page is about, and which of it whoever asks may change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic.domain.errors import InvalidInput, NotFound
from clinic.domain.people.roles import Reach
from clinic.domain.scheduling.roster_edits import AddHours, Edit, SetDay, SetWeek
from clinic.domain.scheduling.roster_rules import Workplace
from clinic.domain.time.hours import ANY_ZONE, local_day
from clinic.usecases import roster
from clinic.usecases.roster import Availability, RosterSpecialist
from clinic.web import signed_in
from clinic.web.context import session
from clinic.web.guards import reach


@dataclass(frozen=True, slots=True)
class Whose:
    """A specialist, all that stands of their hours, and how far whoever asks may change it.

    Time off and a copied week are about every clinic at once: they are for the specialist, and for a manager who is
    responsible for all the clinics where the specialist works.
    """

    colleague: RosterSpecialist
    known: Availability
    own: bool
    keep: Reach
    now: datetime

    @property
    def id(self) -> int:
        return self.colleague.id

    @property
    def may_keep(self) -> bool:
        return self.own or any(self.keeps(location_id) for location_id in self.colleague.clinics)

    @property
    def foreign(self) -> list[str]:
        """Clinics where they have hours ahead and whoever asks changes nothing, by name."""
        stands, day = self.known.roster, self.today
        ahead = {stint.location_id for stint in stands.stints if stint.last_day is None or stint.last_day >= day}
        ahead |= {one.location_id for one in stands.days if one.day >= day}
        return sorted(place.name for place in self.known.places.values() if place.id in ahead and not self.keeps(place.id))

    @property
    def everywhere(self) -> bool:
        return self.may_keep and not self.foreign

    @property
    def clinics(self) -> list[Workplace]:
        """Where hours can be given, by name."""
        return sorted((p for p in self.known.places.values() if p.active and self.keeps(p.id)), key=lambda p: p.name)

    @property
    def time_zone(self) -> str:
        """Of the first clinic where they have hours: time off is told in it."""
        places = self.known.places
        first = next((places[id_] for id_ in self.known.roster.location_ids if id_ in places), next(iter(places.values()), None))
        return first.time_zone if first else ANY_ZONE

    @property
    def zones(self) -> set[str]:
        return {place.time_zone for place in self.known.places.values()}

    @property
    def today(self) -> date:
        return local_day(self.now, self.time_zone)

    def keeps(self, location_id: int) -> bool:
        return bool(self.keep) and (self.own or self.keep.covers(location_id=location_id))

    def covers(self, edit: Edit) -> bool:
        """Whether whoever asks may make this change."""
        if isinstance(edit, SetWeek | SetDay | AddHours):
            return edit.location_id in self.known.places and self.keeps(edit.location_id)
        return self.everywhere

    def check(self, edits: Iterable[Edit]) -> None:
        """Raise NotFound for a clinic, and InvalidInput for what is about every clinic, beyond the reach."""
        for edit in edits:
            if not self.covers(edit):
                if isinstance(edit, SetWeek | SetDay | AddHours):
                    raise NotFound("There is no such clinic here.")
                raise InvalidInput({"everywhere": self.why_not()})

    def why_not(self) -> str:
        """Why whoever asks cannot change all clinics at once."""
        return (
            f"{self.colleague.name} works at {' and '.join(self.foreign)} too, which you are not responsible for. "
            "Change single days at your clinic, or ask them."
        )


def find(number: int, *, now: datetime) -> Whose:
    """Within the reach of this view's guard. Raises NotFound."""
    person = signed_in.me()
    colleague = roster.colleague(session(), number, reach(), person.specialist_id, now=now)
    keep = person.reach("keep-availability")
    own = colleague.id == person.specialist_id and keep.covers(mine=True)
    return Whose(colleague, roster.availability(session(), number, now=now), own, keep, now)


def facts(whose: Whose) -> dict[str, Any]:
    """What every page about them shows."""
    return {"whose": whose, "colleague": whose.colleague, "known": whose.known, "places": whose.known.places}
