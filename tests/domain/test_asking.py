"""One line of an agent: what is understood reads back the same, and what is not is said back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.requests.asking import GENDERS, PARTS, Filters, in_words, relaxed
from clinic.domain.requests.asking_line import LANGUAGES, read
from clinic.domain.time.hours import parse_week

TODAY = date(2026, 11, 16)  # a Monday
NAMES = ("Dr. Ana Flores", "Dr. Eli Vance", "Dr. Maria Vance", "June O’Neil-Okafor, PT", "Dr. Will May", "Dr. No. 12")


def said(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = read(text, today=TODAY, names=NAMES)
    return in_words(found.filters), found.not_understood


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("after 4, tue or thu, not Dr. Flores, spanish, within 10 miles",
         "Tue or Thu; from 4 PM; not Dr. Ana Flores; Spanish; within 10 miles"),
        ("after 4 on tuesdays but not with ana flores or o'neil",
         "Tue; from 4 PM; not Dr. Ana Flores; not June O’Neil-Okafor, PT"),
        ("by bus", "within 10 miles"),
        ("a woman, speaks French", "a woman; French"),
        ("not a man", "a woman"),
        ("a woman or a man", ""),
        ("Spanish-speaking", "Spanish"),
        ("no mondays or fridays, mornings", "Tue or Wed or Thu or Sat or Sun; morning"),
        ("evenings or weekends", "Sat or Sun; evening"),
        ("mon-fri 9-5", "Mon or Tue or Wed or Thu or Fri; from 9 AM; before 5 PM"),
        ("between 9 and 12", "from 9 AM; before noon"),
        ("around 3", "from 2 PM; before 4:05 PM"),
        ("4:30pm", "from 4:30 PM; before 4:35 PM"),
        ("after four", "from 4 PM"),
        ("not before 10, no later than 15:30", "from 10 AM; before 3:30 PM"),
        ("from monday until friday", "from 11/16/2026; until 11/20/2026"),
        ("next tuesday", "from 11/24/2026; until 11/24/2026"),
        ("after dec 1st, before 12/20", "from 12/2/2026; until 12/19/2026"),
        ("may 3", "from 5/3/2027; until 5/3/2027"),
        ("in 2 weeks", "from 11/30/2026"),
        ("not vance", "not Dr. Eli Vance; not Dr. Maria Vance"),
        ("maria vance", "with Dr. Maria Vance"),
    ],
)  # fmt: skip
def test_as_agents_type(line: str, words: str) -> None:
    assert said(line) == (tuple(filter(None, words.split("; "))), ())


@pytest.mark.parametrize(
    ("line", "words", "missed"),
    [
        ("tue, with dr. nobody, mornings", "Tue; morning", "nobody"),
        ("not english", "", "not english"),
        ("not friday or dr vance", "Mon or Tue or Wed or Thu or Sat or Sun", "or dr vance"),
        ("over 10 miles away", "", "over 10 miles away"),
        ("half past 4, thu", "Thu", "half past 4"),
        ("after 25, 2/30, 0 miles, 13 pm", "", "after 25; 2/30; 0 miles; 13 pm"),
        ("something with a window, Spanish", "Spanish", "something window"),
    ],
)
def test_what_is_not_understood_is_said_back(line: str, words: str, missed: str) -> None:
    assert said(line) == (tuple(filter(None, words.split("; "))), tuple(missed.split("; ")))


days = st.dates(TODAY, TODAY + timedelta(days=700))
some = st.none()
filters = st.builds(
    Filters,
    days=st.sets(st.integers(0, 6), max_size=6).map(lambda found: tuple(sorted(found))),
    after=some | st.integers(0, 1439), before=some | st.integers(1, 1440),
    parts=st.sets(st.sampled_from(sorted(PARTS)), max_size=2).map(lambda found: tuple(part for part in PARTS if part in found)),
    first_day=some | days, last_day=some | days, gender=some | st.sampled_from(GENDERS),
    people=st.lists(st.sampled_from(NAMES), unique=True, max_size=3).map(tuple),
    without=st.lists(st.sampled_from(NAMES), unique=True, max_size=3).map(tuple),
    languages=st.lists(st.sampled_from(LANGUAGES), unique=True, max_size=2).map(tuple), miles=some | st.integers(1, 500),
)  # fmt: skip


@given(filters, st.randoms(use_true_random=False))
def test_words_read_as_the_same_filters_in_any_order(wanted: Filters, rng: object) -> None:
    words = list(in_words(wanted))
    assert read(", ".join(words), today=TODAY, names=NAMES).filters == wanted
    rng.shuffle(words)  # type: ignore[attr-defined]
    found = read(", ".join(words), today=TODAY, names=NAMES)
    assert found.not_understood == ()
    assert (set(found.filters.without), found.filters.within) == (set(wanted.without), wanted.within)


@given(filters)
def test_hours_are_weekly_hours_or_a_sentence(wanted: Filters) -> None:
    assert wanted.problem() or parse_week(wanted.within)
    for _which, rest in relaxed(wanted):
        assert len(in_words(rest)) < len(in_words(wanted))


WORDS = st.sampled_from(
    "not no except after before until from between and or , ; 4 10 25 4pm noon tue thu mon-fri weekends mornings dr vance"
    " ana flores may woman spanish within miles bus in weeks next week around the xyzzy José 12/1 2/30 today a".split()
)


@given(st.text(max_size=80) | st.lists(WORDS, max_size=14).map(" ".join))
def test_any_line_is_read_and_nothing_is_made_up(line: str) -> None:
    found = read(line, today=TODAY, names=NAMES)
    left = iter(" ".join(line.replace(",", " , ").replace(";", " ; ").split()))
    assert all(letter in left for letter in "".join(found.not_understood).replace(" ", "")), found.not_understood


@given(st.lists(WORDS.filter(lambda word: word not in {",", ";", "and", "or", "between"}), max_size=8))
def test_what_is_not_wanted_is_never_wanted(words: list[str]) -> None:
    found = read(" ".join(["not", "xyzzy", *words]), today=TODAY, names=NAMES).filters
    assert found == Filters()
