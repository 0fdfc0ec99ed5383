"""Where a site is, checked against its state, and what time it is there."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy.orm import Session

from clinic.domain.errors import InvalidInput
from clinic.domain.geography.gazetteer import ZipEntry
from clinic.domain.geography.places import Point, haversine_miles
from clinic.domain.geography.states import STATES
from clinic.store.directory.gazetteer import placed_zips

FAR_MILES = 150.0
_MILES_PER_DEGREE = 69.0


class StateMap:
    """The ZIP codes of one state, for asking which is nearest."""

    def __init__(self, entries: Sequence[ZipEntry]) -> None:
        placed = [(e.latitude, e.longitude, e) for e in entries if e.latitude is not None and e.longitude is not None]
        self._placed = sorted(placed, key=lambda one: one[:2])
        self._latitudes = [one[0] for one in self._placed]

    def nearest(self, point: Point) -> tuple[float, ZipEntry]:
        """(miles, ZIP code). Goes outward from the point's latitude, until latitude alone is further than the best."""
        at = bisect(self._latitudes, point.latitude)
        best: tuple[float, ZipEntry] | None = None
        for ahead in (self._placed[at:], self._placed[at - 1 :: -1] if at else []):
            for latitude, longitude, entry in ahead:
                if best and abs(latitude - point.latitude) * (_MILES_PER_DEGREE - 1) > best[0]:
                    break
                miles = haversine_miles(point.latitude, point.longitude, latitude, longitude)
                if best is None or miles < best[0]:
                    best = (miles, entry)
        assert best is not None
        return best


class StateMaps:
    """Every state's map, read when it is first needed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.of_state = lru_cache(maxsize=None)(self._read)

    def _read(self, state: str) -> StateMap:
        entries = placed_zips(self._session, state)
        if not entries:
            raise InvalidInput(
                {"state": f"We know no ZIP code in {STATES[state]}. Load the gazetteer: flask clinic gazetteer load"}
            )
        return StateMap(entries)

    def place(self, latitude: float, longitude: float, state: str) -> ZipEntry:
        """The nearest ZIP code of the state. Raises InvalidInput, saying what looks wrong, when all are far."""
        here = self.of_state(state)
        if abs(latitude) > 90 and abs(longitude) <= 90:
            raise InvalidInput({"latitude": "Latitude and longitude look swapped."})
        miles, entry = here.nearest(Point(latitude, longitude))
        if miles <= FAR_MILES:
            return entry
        if abs(longitude) <= 90 and here.nearest(Point(longitude, latitude))[0] <= FAR_MILES:
            raise InvalidInput({"latitude": "Latitude and longitude look swapped."})
        if here.nearest(Point(latitude, -longitude))[0] <= FAR_MILES:
            side = "negative, west" if longitude > 0 else "positive, east"
            raise InvalidInput({"longitude": f"The longitude has the wrong sign. In {STATES[state]} it is {side} of Greenwich."})
        far = f"The point is {miles:,.0f} miles from the nearest ZIP code in {STATES[state]}."
        raise InvalidInput({"latitude": f"{far} Check the numbers and the state."})
