"""From what is typed to a place, over the whole gazetteer, on both databases."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, insert, select
from sqlalchemy.orm import Session

from clinic.domain.errors import DomainError, InvalidInput, PlaceAmbiguous, PlaceUnknown
from clinic.domain.geography.places import Point, distance_miles
from clinic.engine.search.locate import Place, locate, nearest_zip
from clinic.store.connect import engine_options, prepare
from clinic.store.tables.directory import CityName, Location, ZipCode
from clinic.usecases.operations.gazetteer import load_gazetteer
from tests.databases import KINDS, Databases


def fill(url: str) -> None:
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    with Session(engine) as session:
        load_gazetteer(session)
    engine.dispose()


@pytest.fixture(scope="module", params=KINDS)
def session(request: pytest.FixtureRequest, all_databases: dict[str, Databases]) -> Iterator[Session]:
    """One database for the module: nothing here changes it, or it puts it back."""
    with all_databases[request.param].like("gazetteer", fill) as url:
        engine = create_engine(url, **engine_options(url))
        prepare(engine)
        with Session(engine) as opened:
            yield opened
        engine.dispose()


def test_a_zip_code(session: Session) -> None:
    place = locate(session, "３２８０１-1234")
    assert place == Place(
        label="Orlando, FL 32801",
        point=Point(28.5399, -81.3727),
        time_zone="America/New_York",
        postal_code="32801",
        measured_from="the center of ZIP 32801",
        query="32801",
    )


@pytest.mark.parametrize(
    ("text", "label", "zone"),
    [
        ("orlando florida", "Orlando, FL", "America/New_York"),
        ("st louis mo", "Saint Louis, MO", "America/Chicago"),
        ("McKees Rocks PA", "Mc Kees Rocks, PA", "America/New_York"),
        ("Brooklyn, NY", "Brooklyn, NY", "America/New_York"),
        ("New York", "New York, NY", "America/New_York"),
        ("Dededo GU", "Dededo, GU", "Pacific/Guam"),
        ("Adak, AK", "Adak, AK", "America/Adak"),
        ("Florida", "Florida", "America/New_York"),
        ("new york state", "New York State", "America/New_York"),
        ("Guam", "Guam", "Pacific/Guam"),
    ],
)
def test_cities_and_states(session: Session, text: str, label: str, zone: str) -> None:
    place = locate(session, text)
    assert (place.label, place.query, place.time_zone) == (label, label, zone)
    assert place.measured_from.endswith(label)
    assert place.postal_code


def test_a_state_says_how_to_come_closer(session: Session) -> None:
    assert locate(session, "FL").note == "For clinics closer to you, type your ZIP code or your city."


def test_what_a_place_is_called_finds_it_again(session: Session) -> None:
    rng = random.Random(42)
    cities = session.execute(select(CityName.name, CityName.state).order_by(CityName.id)).all()
    zips = session.scalars(select(ZipCode.code).where(ZipCode.latitude.is_not(None)).order_by(ZipCode.code)).all()
    for typed in [f"{name}, {state}" for name, state in rng.sample(cities, 300)] + rng.sample(zips, 100):
        place = locate(session, typed)
        assert locate(session, place.query) == place, typed
        assert locate(session, place.label).point == place.point, typed


@pytest.mark.parametrize("point", [Point(28.54, -81.37), Point(51.88, -176.65), Point(13.47, 144.75), Point(64.8, -147.7)])
def test_coordinates_are_called_by_their_nearest_zip_code(session: Session, point: Point) -> None:
    place = locate(session, f"{point.latitude}, {point.longitude}")
    assert place.point == point
    assert place.label == f"near {place.postal_code}"
    assert place.query == f"{point.latitude:.2f},{point.longitude:.2f}"
    near = nearest_zip(session, point)
    assert near
    assert near.code == place.postal_code


def test_the_nearest_zip_code_is_the_nearest_by_brute_force(session: Session) -> None:
    delivered = (ZipCode.kind == "STANDARD", ZipCode.active, ZipCode.latitude.is_not(None))
    rows = session.execute(select(ZipCode.code, ZipCode.latitude, ZipCode.longitude).where(*delivered)).all()
    rng = random.Random(3)
    for _ in range(5):
        point = Point(rng.uniform(33, 41), rng.uniform(-90, -80))
        code = min(rows, key=lambda row: distance_miles(point, Point(row[1] or 0.0, row[2] or 0.0)))[0]
        found = nearest_zip(session, point)
        assert found
        assert found.code == code


def test_swapped_coordinates_are_suggested_the_right_way_round(session: Session) -> None:
    with pytest.raises(PlaceUnknown, match="not in the United States") as refusal:
        locate(session, "-81.37, 28.54")
    assert refusal.value.suggestions == ("28.54,-81.37",)


@pytest.mark.parametrize(
    ("text", "sentence", "suggestion"),
    [
        ("Barooklyn new york", "could not find that place", "Brooklyn, NY"),
        ("Phildelphia PA", "could not find that place", "Philadelphia, PA"),
        ("Orlnado", "could not find that place", "Orlando, FL"),
        ("Orlando, GA", "could not find that place", "Orlando, FL"),
        ("Flordia", "could not find that place", "Florida"),
        ("12 Elm St, Orlnado, FL", "could not find that address", "Orlando, FL"),
        ("00000", "do not know that ZIP code", None),
        ("88888", "cannot place that ZIP code", None),
        ("09012", "Military addresses", None),
        ("APO AE 09012", "Military addresses", None),
        ("51.5, -0.12", "not in the United States", None),
        ("Quebec", "United States only", None),
        ("near me", "when your device shares it", None),
        ("100 Nowhere Blvd", "could not find that address", None),
        ("東京", "could not find that place", None),
    ],
)
def test_what_cannot_be_found_gets_a_sentence_and_a_next_step(
    session: Session, text: str, sentence: str, suggestion: str | None
) -> None:
    with pytest.raises(PlaceUnknown, match=sentence) as refusal:
        locate(session, text)
    assert not isinstance(refusal.value, PlaceAmbiguous)
    assert "ype " in refusal.value.message or "Add " in refusal.value.message
    if suggestion:
        assert suggestion in refusal.value.suggestions[:2]
        assert locate(session, suggestion).label == suggestion


def test_an_unknown_zip_code_beside_a_city_goes_by_the_city(session: Session) -> None:
    place = locate(session, "Orlando, FL 00000")
    assert place.label == "Orlando, FL"
    assert place.note == "We do not know that ZIP code, so we went by the city."


def test_a_name_in_several_states_is_chosen_from(session: Session) -> None:
    with pytest.raises(PlaceAmbiguous, match="more than one place called Springfield") as refusal:
        locate(session, "springfield")
    assert len(refusal.value.choices) > 20
    assert {"Springfield, IL", "Springfield, MA", "Springfield, MO"} <= set(refusal.value.choices[:4])
    assert all(locate(session, choice).label == choice for choice in refusal.value.choices)


def test_washington_may_be_the_state(session: Session) -> None:
    with pytest.raises(PlaceAmbiguous) as refusal:
        locate(session, "Washington")
    assert refusal.value.choices[0] == "Washington, DC"
    assert refusal.value.choices[-1] == "Washington State"


def test_choices_with_clinics_nearby_come_first(session: Session) -> None:
    row = {"slug": "x", "name": "X", "street": "1 A St", "city": "Springfield", "state": "OR", "time_zone": "America/Los_Angeles"}
    session.execute(insert(Location), [{**row, "latitude": 44.05, "longitude": -123.0, "hours": "", "active": True}])
    try:
        with pytest.raises(PlaceAmbiguous) as refusal:
            locate(session, "Springfield")
    finally:
        session.execute(delete(Location))
    assert refusal.value.choices[0] == "Springfield, OR"


ADDRESS = "400 S Orange Ave, Orlando, FL 32801"
CITY_HALL = Point(28.5383, -81.3797)


def test_an_address_is_measured_from_its_own_point_and_named_by_its_zip_code(session: Session) -> None:
    asked: list[str] = []

    def geocode(text: str) -> Point:
        asked.append(text)
        return CITY_HALL

    place = locate(session, ADDRESS, geocode=geocode)
    assert asked == [ADDRESS]
    assert (place.point, place.label, place.measured_from) == (CITY_HALL, "near 32801", "the address you gave")
    assert place.query == "28.54,-81.38"
    assert place.note is None
    assert "Orange" not in repr(place)


@pytest.mark.parametrize("answer", [None, Point(45.5, -122.6)], ids=["nothing", "another state"])
def test_a_geocoder_without_a_believable_answer_leaves_the_zip_code(session: Session, answer: Point | None) -> None:
    place = locate(session, ADDRESS, geocode=lambda _: answer)
    assert place.label == "Orlando, FL 32801"
    assert place.note == "Distances are measured from the center of ZIP 32801, because we could not look up the street address."
    assert locate(session, ADDRESS) == place


def test_an_address_without_a_zip_code_falls_back_to_its_city(session: Session) -> None:
    place = locate(session, "400 S Orange Ave Orlando Florida")
    assert place.label == "Orlando, FL"
    assert place.note == "Distances are measured from the center of Orlando, FL, because we could not look up the street address."


def test_an_address_in_an_ambiguous_city_is_geocoded_or_chosen_from(session: Session) -> None:
    assert locate(session, "400 S Orange Ave, Orlando", geocode=lambda _: CITY_HALL).label == "near 32801"
    with pytest.raises(PlaceAmbiguous):
        locate(session, "400 S Orange Ave, Orlando")


@pytest.mark.parametrize("text", ["32801", "Orlando, FL", "Florida", "28.54,-81.37", "near 32801"])
def test_only_addresses_leave_the_house(session: Session, text: str) -> None:
    def geocode(text: str) -> Point:
        raise AssertionError("asked for what is no address")

    locate(session, text, geocode=geocode)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=60) | st.from_regex(r"[0-9]{0,6} ?[A-Za-z ]{0,20},? ?[A-Z]{2}", fullmatch=True))
def test_any_text_is_located_or_refused_in_words(session: Session, text: str) -> None:
    found: object
    try:
        found = locate(session, text)
    except DomainError as refusal:
        found = refusal
    assert isinstance(found, Place | PlaceUnknown | InvalidInput)
