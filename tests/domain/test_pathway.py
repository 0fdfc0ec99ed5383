"""The care pathway: how answers lead on, and what a checker finds in one that is broken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinic.adapters.content import read_library
from clinic.cartography.pathway_picture import draw
from clinic.config import CONTENT
from clinic.domain.care.pathway import Choice, Option, Pathway, PathwayOutcome, Question, Rule, Step, faults, walk
from clinic.domain.errors import InvalidInput

SERVICES, PAGES = {"therapy"}, {"walking"}


def question(name: str, *rules: Rule, many: bool = False, exclusive: str = "") -> Question:
    options = tuple(Option(answer, answer.title(), answer == exclusive) for answer in ("yes", "no", "maybe"))
    return Question(name, f"{name}?", "", many, options, rules)


def to(kind: str, name: str, **when: str) -> Rule:
    conditions = {asked: frozenset(answers.split("|")) for asked, answers in when.items()}
    return Rule(Step(kind, name), when=conditions)  # type: ignore[arg-type]


def outcome(name: str, *choices: Choice) -> PathwayOutcome:
    return PathwayOutcome(
        name, name.title(), "It may help.", choices or (Choice("therapy", None, "It may.", "An hour.", ("Why?",)),)
    )


def small(**changed: Question) -> Pathway:
    """Danger? yes -> stop. Then: tried? -> one of two outcomes."""
    questions = {
        "danger": question("danger", to("interruption", "stop", danger="yes"), to("question", "tried")),
        "tried": question("tried", to("outcome", "more", tried="yes|maybe"), to("outcome", "first")),
    }
    from clinic.domain.care.pathway import Interruption

    return Pathway(
        1, "danger", questions | changed, {name: outcome(name) for name in ("more", "first")},
        {"stop": Interruption("stop", "Stop", "Call.", ("Call 911.",))},
    )  # fmt: skip


def found(pathway: Pathway) -> list[str]:
    return faults(pathway, services=SERVICES, pages=PAGES)


def test_a_sound_pathway() -> None:
    pathway = small()
    assert found(pathway) == []
    ends = [(dict(answers), step.id) for answers, step in walk(pathway)]
    assert len(ends) == 1 + 2 * 3
    assert ({"danger": frozenset({"yes"})}, "stop") in ends


def test_the_first_rule_that_matches_leads_on() -> None:
    asked, step = small().reached({"danger": frozenset({"no"}), "tried": frozenset({"maybe"})})
    assert ([one.id for one in asked], step) == (["danger", "tried"], Step("outcome", "more"))
    assert small().reached({})[1] == Step("question", "danger")
    assert small().reached({"danger": frozenset({"nonsense"})})[1] == Step("question", "danger")
    # An answer to a question that is no longer on the way counts for nothing.
    assert small().reached({"danger": frozenset({"yes"}), "tried": frozenset({"no"})})[1] == Step("interruption", "stop")


@pytest.mark.parametrize(
    ("chosen", "many", "exclusive", "said"),
    [
        ([], False, "", "Choose what fits"),
        (["perhaps"], False, "", "Choose what fits"),
        (["yes", "no"], False, "", "Choose one answer"),
        (["yes", "no"], True, "no", "You chose “No” and something else"),
    ],
)
def test_an_answer_that_cannot_be(chosen: list[str], many: bool, exclusive: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        question("q", many=many, exclusive=exclusive).read(chosen)


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (small(tried=question("tried", to("outcome", "more", tried="yes"))), "question tried: a dead end"),
        (small(tried=question("tried", to("question", "danger", tried="yes"), to("outcome", "first"))), "a loop"),
        (small(tried=question("tried", to("outcome", "nowhere"))), "there is no outcome nowhere"),
        (small(tried=question("tried", to("outcome", "more", tried="never"), to("outcome", "first"))), "no answer tried: never"),
        (small(lost=question("lost", to("outcome", "more"))), "question lost: nothing leads to it"),
        (small(tried=question("tried", to("outcome", "more"))), "outcome first: nothing leads to it"),
        (replace(small(), start="elsewhere"), "there is no question elsewhere"),
        (
            replace(small(), outcomes={"more": outcome("more"), "first": outcome("first", Choice("surgery", None, "", "", ()))}),
            "outcome first: there is no service surgery",
        ),
        (
            replace(small(), outcomes={"more": outcome("more"), "first": outcome("first", Choice(None, "lost", "", "", ()))}),
            "outcome first: there is no page lost",
        ),
        (
            replace(small(), outcomes={"more": outcome("more"), "first": outcome("first", Choice(None, None, "", "", ()))}),
            "needs a service or a page",
        ),
    ],
)
def test_the_checker_names_what_is_broken(broken: Pathway, named: str) -> None:
    assert any(named in sentence for sentence in found(broken)), found(broken)


def test_every_path_of_ours_ends(capsys: pytest.CaptureFixture[str]) -> None:
    library = read_library(CONTENT)
    ends: dict[str, int] = {}
    for _answers, step in walk(library.pathway):
        ends[step.kind] = ends.get(step.kind, 0) + 1
    assert set(ends) == {"outcome", "interruption"}
    with capsys.disabled():
        print(f"\n{sum(ends.values()):,} paths walked: {ends['outcome']:,} end at an outcome, {ends['interruption']:,} at 911")


def test_any_warning_sign_stops_the_journey() -> None:
    pathway = read_library(CONTENT).pathway
    first = pathway.questions[pathway.start]
    for answer in first.answers():
        step = pathway.reached({first.id: answer})[1]
        assert step.kind == ("question" if answer == {"none"} else "interruption"), answer


def test_the_picture_shows_every_question_and_every_end() -> None:
    pathway = read_library(CONTENT).pathway
    drawn = draw(pathway)
    assert drawn == draw(pathway)
    assert drawn.count('class="question"') == len(pathway.questions)
    assert drawn.count('class="outcome"') == len(pathway.outcomes)
    assert drawn.count('class="interruption"') == len(pathway.interruptions)
