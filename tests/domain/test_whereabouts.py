"""What can be typed into the one box."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clinic.domain.errors import DomainError, InvalidInput, PlaceUnknown
from clinic.domain.geography.places import Point
from clinic.domain.geography.whereabouts import Guess, InState, NamedPlace, NearMe, normalise, read


@pytest.mark.parametrize(
    "text",
    [
        "32801",
        " 32801-1234 ",
        "328011234",
        "32801 1234",
        "32801–1234",
        "３２８０１",
        "３２８０１－１２３４",
        "32801, USA",
        "3\u200b2801",
    ],
)
def test_zip_codes_in_every_spelling(text: str) -> None:
    assert read(text) == NamedPlace(postal_code="32801")


@pytest.mark.parametrize("text", ["2134", "123456", "407-555-0100", "٣٢٨٠١", "1"])
def test_other_numbers_are_told_what_a_zip_code_is(text: str) -> None:
    with pytest.raises(InvalidInput, match="five digits") as refusal:
        read(text)
    assert list(refusal.value.fields) == ["near"]


@pytest.mark.parametrize(
    "text",
    [
        "near me",
        "Near Me!",
        "nearby",
        "use my current location",
        "My location",
        "physical therapy near me",
        "here",
        "ＮＥＡＲ ＭＥ",
    ],
)
def test_near_me_words_come_before_the_state_of_maine(text: str) -> None:
    assert read(text) == NearMe()


@pytest.mark.parametrize(
    "text", ["28.54,-81.37", "28.54, -81.37", "(28.54 -81.37)", "28.54°N, 81.37°W", "+28.54;-81.37", "２８.５４，－８１.３７"]
)
def test_coordinates(text: str) -> None:
    assert read(text) == Point(28.54, -81.37)


@pytest.mark.parametrize("text", ["91, -81.37", "28.54, -181", "-122.4, 37.7", "9999,9999"])
def test_coordinates_off_the_earth(text: str) -> None:
    with pytest.raises(InvalidInput, match="latitude is between -90 and 90"):
        read(text)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Florida", "FL"),
        ("fl", "FL"),
        ("N.Y.", "NY"),
        ("New York State", "NY"),
        ("state of Maine", "ME"),
        ("West Virginia", "WV"),
        ("Puerto Rico", "PR"),
        ("DC", "DC"),
        ("U.S. Virgin Islands", "VI"),
        ("Washington State", "WA"),
        ("AE", "AE"),
        ("Texas, USA", "TX"),
    ],
)
def test_a_state_alone(text: str, state: str) -> None:
    assert read(text) == InState(state)


@pytest.mark.parametrize(
    ("text", "key", "state"),
    [
        ("Orlando", "orlando", None),
        ("orlando fl", "orlando", "FL"),
        ("ORLANDO, FLORIDA, USA", "orlando", "FL"),
        ("in Orlando, FL", "orlando", "FL"),
        ("St. Louis, MO", "saintlouis", "MO"),
        ("Ft Lauderdale FL", "fortlauderdale", "FL"),
        ("mt pleasant, s.c.", "mountpleasant", "SC"),
        ("Sault Ste. Marie MI", "saultsaintemarie", "MI"),
        ("N. Las Vegas, NV", "northlasvegas", "NV"),
        ("Mc Kees Rocks, PA", "mckeesrocks", "PA"),
        ("San José CA", "sanjose", "CA"),
        ("Coeur d’Alene, ID", "coeurdalene", "ID"),
        ("Winston-Salem NC", "winstonsalem", "NC"),
        ("Portland or", "portland", "OR"),
        ("Washington D.C.", "washington", "DC"),
        ("Charleston West Virginia", "charleston", "WV"),
        ("new york new york", "newyork", "NY"),
        ("New York", "newyork", "NY"),
        ("nyc", "newyork", "NY"),
        ("Ontario, CA", "ontario", "CA"),
        ("La Cañada, CA", "lacanada", "CA"),
        ("29 Palms, CA", "twentyninepalms", "CA"),
    ],
)
def test_cities(text: str, key: str, state: str | None) -> None:
    found = read(text)
    assert isinstance(found, NamedPlace)
    assert (found.guesses[0], found.street, found.postal_code) == (Guess(key, state), None, None)


def test_a_city_that_ends_like_a_state_is_tried_whole() -> None:
    found = read("Port Washington")
    assert isinstance(found, NamedPlace)
    assert found.guesses == (Guess("port", "WA"), Guess("portwashington", None))


@pytest.mark.parametrize(
    ("text", "code", "last"),
    [
        ("123 Main St, Orlando, FL 32801", "32801", Guess("orlando", "FL")),
        ("123 Main St Orlando FL", None, Guess("orlando", "FL")),
        ("12345 Main Street, Orlando", None, Guess("orlando", None)),
        ("PO Box 5, Bay St Louis MS", None, Guess("baysaintlouis", "MS")),
        ("4600 Silver Hill Rd, Washington, DC 20233", "20233", Guess("washington", "DC")),
    ],
)
def test_addresses_keep_what_can_be_found_without_a_geocoder(text: str, code: str | None, last: Guess) -> None:
    found = read(text)
    assert isinstance(found, NamedPlace)
    assert (found.street, found.postal_code) == (text, code)
    assert last in found.guesses


@pytest.mark.parametrize(
    "text",
    [
        "M5V 3L9",
        "m5v3l9",
        "Toronto, ON",
        "Toronto Ontario",
        "Canada",
        "1 Yonge St, Toronto ON M5E 1W7",
        "Montréal, QC",
        "Calgary Canada",
    ],
)
def test_canada_is_told_where_we_are(text: str) -> None:
    with pytest.raises(PlaceUnknown, match="United States only"):
        read(text)


@pytest.mark.parametrize("text", ["", "   ", "😀", "🏥🏥", "!?", "\u200b", ",,,", "\x00", "\ud800"])
def test_no_words_at_all(text: str) -> None:
    with pytest.raises(InvalidInput, match="could not read a place"):
        read(text)


def test_ten_thousand_characters_get_a_sentence_at_once() -> None:
    with pytest.raises(InvalidInput, match="longer than 200 characters"):
        read("Orlando " * 1250)
    assert isinstance(read("O" * 200), NamedPlace)


WORDS = ["near", "me", "in", "new", "york", "west", "virginia", "st", "ft", "123", "32801", "ON", "canada", "usa", "US", ","]
WORDS += [".", "-", "state", "of", "la", "ﷺ", "½", "①", "99999-", "M5V", "3L9", "91,", "-81"]

box = st.one_of(
    st.text(max_size=210),
    st.text(alphabet="0123456789 -,.NSEWnsew+()°", max_size=40),
    st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join),
)


@given(box)
@example("us")
@example("ﷺ" * 200)
@example("state of")
@example("near")
@example(", us")
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    found: object
    try:
        found = read(text)
    except DomainError as refusal:
        found = refusal
    if isinstance(found, DomainError):
        assert found.message.endswith(".")
    elif isinstance(found, NamedPlace):
        assert found.guesses or found.postal_code
        assert "\x00" not in "".join(guess.key for guess in found.guesses)
        assert found.postal_code is None or found.postal_code.isascii()
    else:
        assert isinstance(found, NearMe | Point | InState)


@given(st.text(max_size=210))
def test_normalised_text_can_be_stored_by_every_database(text: str) -> None:
    plain = normalise(text)
    plain.encode()
    assert "\x00" not in plain
