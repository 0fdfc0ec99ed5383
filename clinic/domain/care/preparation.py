"""What to do before a visit, and what the clinic asks before it. An answer never computes advice: it says who reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from clinic.domain.errors import InvalidInput

Shown = Literal["before", "confirmation", "printed"]
WORDS_MAX = 500
NOWHERE = "none"


@dataclass(frozen=True, slots=True)
class PreparationLine:
    """One sentence. `may_differ`: a clinic may word it its own way, or leave it out."""

    id: str
    text: str
    shown: frozenset[str]
    may_differ: bool = False


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a patient does before a visit of one type at one clinic. `version`: "3", or "3+1" where a clinic has its own words."""

    version: str
    lines: tuple[PreparationLine, ...]

    def shown(self, where: Shown) -> tuple[str, ...]:
        """The sentences for before confirming, for the confirmation, or for the printed sheet."""
        return tuple(line.text for line in self.lines if where in line.shown)


@dataclass(frozen=True, slots=True)
class IntakeOption:
    """An answer and what it leads to: the id of a route."""

    id: str
    text: str
    route: str
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class IntakeQuestion:
    """A question after booking; every one has "not sure" and may be skipped. `words`: what may be added in words."""

    id: str
    version: int
    text: str
    hint: str
    why: str
    many: bool
    options: tuple[IntakeOption, ...]
    words: str

    def read(self, chosen: Collection[str], words: str) -> dict[str, object] | None:
        """The answer as it is kept; None when it was skipped. Raises InvalidInput."""
        picked = [option for option in self.options if option.id in set(chosen)]
        if len(picked) != len(set(chosen)) or (len(picked) > 1 and not self.many):
            raise InvalidInput({self.id: "Choose from the answers below, or leave it open."})
        if len(picked) > 1 and any(option.exclusive for option in picked):
            raise InvalidInput({self.id: "One of your answers stands for itself. Choose it alone, or the others."})
        if len(words) > WORDS_MAX:
            raise InvalidInput({self.id: f"Shorten this to {WORDS_MAX} characters. You can tell us more at the visit."})
        said = " ".join(words.split())
        if not picked and not said:
            return None
        return {"version": self.version, "chosen": [option.id for option in picked], "words": said}


@dataclass(frozen=True, slots=True)
class Preparations:
    """Every visit type's preparation and questions. Overrides, by clinic and visit type: line id -> text, None to leave out."""

    version: int
    visit_types: Mapping[str, Preparation]
    asked: Mapping[str, tuple[str, ...]]
    questions: Mapping[str, IntakeQuestion]
    routes: Mapping[str, str]
    overrides: Mapping[tuple[str, str], tuple[int, Mapping[str, str | None]]]

    def of(self, visit_type: str, location: str) -> Preparation | None:
        """For a visit type at a clinic, by slugs; None when nothing is written for it."""
        usual = self.visit_types.get(visit_type)
        if usual is None or (location, visit_type) not in self.overrides:
            return usual
        version, texts = self.overrides[location, visit_type]
        worded = ((line, texts.get(line.id, line.text)) for line in usual.lines)
        lines = tuple(PreparationLine(line.id, text, line.shown, line.may_differ) for line, text in worded if text is not None)
        return Preparation(f"{usual.version}+{version}", lines)

    def routes_of(self, questions: Iterable[IntakeQuestion], given: Mapping[str, object]) -> tuple[str, ...]:
        """Where these answers go, by id, each once: the questions' first that leads anywhere comes first."""
        led: dict[str, None] = {}
        for question in questions:
            answer = given.get(question.id)
            chosen = answer.get("chosen", ()) if isinstance(answer, dict) else ()
            led |= {option.route: None for option in question.options if option.id in chosen}
        return tuple(route for route in led if route != NOWHERE)

    def questions_of(self, visit_type: str) -> tuple[IntakeQuestion, ...]:
        return tuple(self.questions[name] for name in self.asked.get(visit_type, ()))


def read_answers(
    questions: tuple[IntakeQuestion, ...], chosen: Mapping[str, Collection[str]], words: Mapping[str, str]
) -> dict[str, object]:
    """Answers of a form, by question; skipped ones left out. Raises InvalidInput with a sentence for each that cannot be."""
    given: dict[str, object] = {}
    wrong: dict[str, str] = {}
    for question in questions:
        try:
            answered = question.read(chosen.get(question.id, []), words.get(question.id, ""))
        except InvalidInput as refused:
            wrong |= refused.fields
        else:
            if answered is not None:
                given[question.id] = answered
    if wrong:
        raise InvalidInput(wrong)
    return given
