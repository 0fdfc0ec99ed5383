"""What somebody typed -> a place to measure from, by the gazetteer and, for a street address, a geocoder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from statistics import median

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy.orm import Session

from clinic.domain.errors import PlaceAmbiguous, PlaceUnknown
from clinic.domain.geography.gazetteer import MILITARY, STANDARD, CityEntry, ZipEntry
from clinic.domain.geography.places import Point, distance_miles
from clinic.domain.geography.states import ASSOCIATED, STATES
from clinic.domain.geography.states import MILITARY as MILITARY_STATES
from clinic.domain.geography.whereabouts import IN_CANADA, TYPE_A_PLACE, Guess, InState, NamedPlace, NearMe, read
from clinic.store.directory import gazetteer

Geocode = Callable[[str], Point | None]

SUGGESTIONS = 5
CLINICS_NEARBY_MILES = 50.0

# The farthest a place in the United States is taken to be from a ZIP code's point; some of Alaska is 90 miles from any.
REACH_MILES = 100.0
NEAREST_STEPS = (5.0, 25.0, REACH_MILES)

ASK_THE_DEVICE = f"We can only use your location when your device shares it. {TYPE_A_PLACE}"
NOT_FOUND = f"We could not find that place in the United States. {TYPE_A_PLACE}"
NO_ADDRESS = "We could not find that address. Add its ZIP code, or its city and state."
OUTSIDE = f"Those coordinates are not in the United States. Latitude comes first, as in 28.54, -81.37. {TYPE_A_PLACE}"
NO_ZIP = "We do not know that ZIP code. Check its five digits, or type a city and state."
UNPLACED_ZIP = "We cannot place that ZIP code on the map. Type a city and state instead."
MILITARY_MAIL = (
    "Military addresses (APO, FPO and DPO) have no place on the map."
    " Type the ZIP code or the city where you would like to be seen."
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where distances start.

    `measured_from` ends the sentence "Distances are measured from …". `postal_code` is its ZIP code, or the nearest.
    `query` finds the place again and gives no address away: a ZIP code, a name, or coordinates to 0.01 degree.
    """

    label: str
    point: Point
    time_zone: str
    postal_code: str | None
    measured_from: str
    note: str | None = None
    query: str = ""


def locate(session: Session, text: str, *, geocode: Geocode | None = None) -> Place:
    """The place meant by `text`. `geocode` is asked for street addresses alone, and may fail: the ZIP code or city serves then.

    Raises InvalidInput (field "near"), PlaceUnknown with suggestions, PlaceAmbiguous with choices; each of these may be
    typed as it stands.
    """
    where = read(text)
    if isinstance(where, NearMe):
        raise PlaceUnknown(ASK_THE_DEVICE)
    if isinstance(where, Point):
        return _at(session, where, "the location you gave") or _refuse_outside(session, where)
    if isinstance(where, InState):
        return _state(session, where.state)
    return _address(session, where, geocode) if where.street else _named(session, where)


def nearest_zip(session: Session, point: Point) -> ZipEntry | None:
    """The ZIP code nearest to `point`, one with delivery if any is about; None over 100 miles from all of them."""
    for radius in NEAREST_STEPS:
        if near := [entry for _, entry in gazetteer.zips_within(session, point, radius)]:
            return next((entry for entry in near if entry.kind == STANDARD), near[0])
    return None


def _address(session: Session, where: NamedPlace, geocode: Geocode | None) -> Place:
    """By the geocoder, unless its answer is far from the ZIP code or city in the text; else by those."""
    refusal, anchor = None, None
    try:
        anchor = _named(session, where)
    except PlaceUnknown as error:
        refusal = error
    point = geocode(where.street) if geocode and where.street else None
    believable = point and (anchor is None or distance_miles(point, anchor.point) <= REACH_MILES)
    if point and believable and (found := _at(session, point, "the address you gave")):
        return found
    if anchor is None:
        if isinstance(refusal, PlaceAmbiguous) or where.postal_code:
            raise refusal or PlaceUnknown(NO_ADDRESS)
        raise PlaceUnknown(NO_ADDRESS, refusal.suggestions if refusal else ())
    why = f"Distances are measured from {anchor.measured_from}, because we could not look up the street address."
    return replace(anchor, note=f"{anchor.note} {why}" if anchor.note else why)


def _named(session: Session, where: NamedPlace) -> Place:
    if where.postal_code is None:
        return _city(session, where)
    entry = gazetteer.zip_code(session, where.postal_code)
    point = _point(entry) if entry else None
    if entry and point:
        code, label = entry.code, f"{entry.city}, {entry.state} {entry.code}"
        return Place(label, point, entry.time_zone, code, f"the center of ZIP {code}", query=code)
    if entry and entry.kind == MILITARY:
        raise PlaceUnknown(MILITARY_MAIL)
    try:
        return replace(_city(session, where), note="We do not know that ZIP code, so we went by the city.")
    except PlaceUnknown as error:
        raise PlaceUnknown(UNPLACED_ZIP if entry else NO_ZIP, error.suggestions) from None


def _city(session: Session, where: NamedPlace) -> Place:
    filed = gazetteer.cities_filed(session, [guess.key for guess in where.guesses])
    for guess in where.guesses:
        hits = [city for city in filed if city.key == guess.key and guess.state in (None, city.state)]
        if len(hits) > 1 or (hits and where.also):
            raise _ambiguous(session, hits, where.also)
        if hits:
            return _at_city(session, hits[0])
    if where.abroad:
        raise PlaceUnknown(IN_CANADA)
    if where.state in MILITARY_STATES:
        raise PlaceUnknown(MILITARY_MAIL)
    raise PlaceUnknown(NOT_FOUND, _suggestions(session, where.guesses, filed))


def _at_city(session: Session, city: CityEntry) -> Place:
    point, label = Point(city.latitude, city.longitude), f"{city.name}, {city.state}"
    near = nearest_zip(session, point)
    return Place(label, point, city.time_zone, near.code if near else None, f"the center of {label}", query=label)


def _at(session: Session, point: Point, measured_from: str) -> Place | None:
    """The place of a bare point; None if it is not in the United States."""
    near = nearest_zip(session, point)
    if near is None:
        return None
    coarse = point.rounded()
    query = f"{coarse.latitude:.2f},{coarse.longitude:.2f}"
    return Place(f"near {near.code}", point, near.time_zone, near.code, measured_from, query=query)


def _refuse_outside(session: Session, point: Point) -> Place:
    """Says so, and whether the two numbers were swapped."""
    swapped = Point(point.longitude, point.latitude) if abs(point.longitude) <= 90 else None
    meant = swapped and _at(session, swapped, "")
    raise PlaceUnknown(OUTSIDE, [meant.query] if meant else [])


def _state(session: Session, state: str) -> Place:
    """The ZIP code in the middle of the state's: half of them lie north of it, half east. So most people live around it."""
    if state in MILITARY_STATES:
        raise PlaceUnknown(MILITARY_MAIL)
    placed = [(point, entry) for entry in gazetteer.zips_of_state(session, state) if (point := _point(entry))]
    if not placed:
        raise PlaceUnknown(NOT_FOUND)
    middle = Point(median(point.latitude for point, _ in placed), median(point.longitude for point, _ in placed))
    point, entry = min(placed, key=lambda pair: distance_miles(middle, pair[0]))
    name = STATES.get(state) or ASSOCIATED[state]
    label = f"{name} State" if state in ("NY", "WA") else name  # their bare names are those of cities
    note = "For clinics closer to you, type your ZIP code or your city."
    return Place(label, point, entry.time_zone, entry.code, f"the middle of {label}", note, label)


def _ambiguous(session: Session, cities: list[CityEntry], also: Iterable[str]) -> PlaceAmbiguous:
    """The state with the most clinics near its town comes first; without clinics, the biggest town."""
    counts = gazetteer.clinics_around(session, [Point(c.latitude, c.longitude) for c in cities], CLINICS_NEARBY_MILES)
    ranked = sorted(zip(counts, cities, strict=True), key=lambda pair: (-pair[0], -pair[1].weight, pair[1].state))
    choices = [f"{city.name}, {city.state}" for _, city in ranked] + list(also)
    return PlaceAmbiguous(f"There is more than one place called {cities[0].name}. Choose one, or add the state.", choices)


def _suggestions(session: Session, guesses: tuple[Guess, ...], filed: list[CityEntry]) -> list[str]:
    """The same name in other states, then names one or two slips away: in the state that was typed, else in any, else states."""
    if not guesses:
        return []
    guess = next((g for g in guesses if not any(c.isdigit() for c in g.key)), guesses[0])
    found = [city for city in filed if city.key == guess.key]
    found += _alike(session, guess.key, guess.state)
    if guess.state and not found:
        found = _alike(session, guess.key, None)
    labels = [f"{city.name}, {city.state}" for city in found]
    names = process.extract(guess.key, STATES.values(), scorer=OSA.distance, processor=_squeezed, score_cutoff=2, limit=2)
    if guess.state is None and names:
        labels = [name for name, _, _ in names] + labels
    return list(dict.fromkeys(labels))[:SUGGESTIONS]


def _alike(session: Session, key: str, state: str | None) -> list[CityEntry]:
    cities = gazetteer.cities_like(session, key, state)
    slips = 1 if len(key) <= 6 else 2
    keys = [city.key for city in cities]
    matches = process.extract(key, keys, scorer=OSA.distance, score_cutoff=slips, limit=None)
    return [cities[index] for _, _, index in sorted(matches, key=lambda match: (match[1], -cities[match[2]].weight))]


def _squeezed(name: str) -> str:
    return name.lower().replace(" ", "")


def _point(entry: ZipEntry) -> Point | None:
    if entry.latitude is None or entry.longitude is None:
        return None
    return Point(entry.latitude, entry.longitude)
