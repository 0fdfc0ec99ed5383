"""The care pathway: questions, answers, and ranked outcomes. It explains and routes; it never says what a person has.

A pathway is data. Here is how it is read, which step follows from answers, and what makes one sound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

from clinic.domain.errors import InvalidInput

Answers = Mapping[str, frozenset[str]]
"""What was chosen, by question: ids of options."""

Conditions = Mapping[str, frozenset[str]]
Kind = Literal["question", "outcome", "interruption"]


@dataclass(frozen=True, slots=True)
class Step:
    """Where the path goes: a question, an outcome that ends it, or an interruption that stops it."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Option:
    """One answer. `exclusive`: of several that may be chosen together, this one stands alone."""

    id: str
    text: str
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Leads to `step` when any of the listed options was chosen for every question of `when`, and none for those of `never`.

    A question that was not asked never matches.
    """

    step: Step
    when: Conditions = field(default_factory=dict)
    never: Conditions = field(default_factory=dict)

    def matches(self, answers: Answers) -> bool:
        chosen = all(answers.get(question, frozenset()) & options for question, options in self.when.items())
        return chosen and not any(answers.get(question, frozenset()) & options for question, options in self.never.items())


@dataclass(frozen=True, slots=True)
class Question:
    """A question with one answer, or with `many`. The first rule that matches says where it leads."""

    id: str
    text: str
    hint: str
    many: bool
    options: tuple[Option, ...]
    rules: tuple[Rule, ...]

    def read(self, chosen: Collection[str]) -> frozenset[str]:
        """The answer as chosen. Raises InvalidInput for none, for one that is not offered, or for too many."""
        known = {option.id: option for option in self.options}
        picked = frozenset(chosen)
        if not picked or not picked <= known.keys():
            raise InvalidInput({self.id: "Choose what fits. If nothing fits well, choose what comes closest."})
        if not self.many and len(picked) > 1:
            raise InvalidInput({self.id: "Choose one answer."})
        alone = next((known[option] for option in picked if known[option].exclusive), None)
        if alone and len(picked) > 1:
            raise InvalidInput({self.id: f"You chose “{alone.text}” and something else. Choose one or the other."})
        return picked

    def answers(self) -> Iterator[frozenset[str]]:
        """Every answer that can be given."""
        if not self.many:
            yield from (frozenset({option.id}) for option in self.options)
            return
        yield from (frozenset({option.id}) for option in self.options if option.exclusive)
        together = [option.id for option in self.options if not option.exclusive]
        for size in range(1, len(together) + 1):
            yield from map(frozenset, combinations(together, size))


@dataclass(frozen=True, slots=True)
class Choice:
    """One of an outcome's ranked options: a service that can be booked, or a page to read; exactly one of the two."""

    service: str | None
    page: str | None
    why: str
    expect: str
    ask: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathwayOutcome:
    """What may come next, best fit first. `call` says when to call instead."""

    id: str
    title: str
    intro: str
    choices: tuple[Choice, ...]
    call: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interruption:
    """Stops the journey: nothing is offered for booking here."""

    id: str
    title: str
    intro: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pathway:
    """One version of the pathway."""

    version: int
    start: str
    questions: Mapping[str, Question]
    outcomes: Mapping[str, PathwayOutcome]
    interruptions: Mapping[str, Interruption]

    def after(self, question: Question, answers: Answers) -> Step:
        """What follows once `question` is answered. Raises InvalidInput where no rule matches, which `faults` rules out."""
        for rule in question.rules:
            if rule.matches(answers):
                return rule.step
        raise InvalidInput({question.id: "Choose what fits."})

    def reached(self, answers: Answers) -> tuple[list[Question], Step]:
        """The questions on the way as far as they are answered, and what comes then: the next question, or the end.

        Answers to questions that are no longer on the way do not count.
        """
        asked: list[Question] = []
        step, given = Step("question", self.start), dict[str, frozenset[str]]()
        while step.kind == "question" and step.id not in given:
            question = self.questions[step.id]
            try:
                given[question.id] = question.read(answers.get(question.id, ()))
            except InvalidInput:
                return asked, step
            asked.append(question)
            step = self.after(question, given)
        return asked, step


def walk(pathway: Pathway) -> Iterator[tuple[Answers, Step]]:
    """Every path: the answers, and the step at which it ends. A path that does not end, ends where it comes back to."""
    paths: list[tuple[str, Answers]] = [(pathway.start, {})]
    while paths:
        name, before = paths.pop()
        question = pathway.questions.get(name)
        if question is None:
            continue
        for chosen in question.answers():
            answers = {**before, name: chosen}
            rule = next((rule for rule in question.rules if rule.matches(answers)), None)
            if rule and rule.step.kind == "question" and rule.step.id not in answers:
                paths.append((rule.step.id, answers))
            else:
                yield answers, rule.step if rule else Step("question", name)


def faults(pathway: Pathway, *, services: Collection[str], pages: Collection[str]) -> list[str]:
    """What is wrong with the pathway, in words; empty when it is sound.

    Sound: every step leads to something that is there; every question, option, rule, outcome and interruption is on some
    path; every path ends; no question comes twice; outcomes have choices, and these lead to services and pages that exist.
    """
    found = [*_dangling(pathway), *_hollow(pathway, services, pages)]
    return found or _unsound_paths(pathway)


def _dangling(pathway: Pathway) -> Iterator[str]:
    there = {"question": pathway.questions, "outcome": pathway.outcomes, "interruption": pathway.interruptions}
    if pathway.start not in pathway.questions:
        yield f"start: there is no question {pathway.start}"
    for question in pathway.questions.values():
        if len({option.id for option in question.options}) < len(question.options):
            yield f"question {question.id}: an option is there twice"
        for rule in question.rules:
            if rule.step.id not in there[rule.step.kind]:
                yield f"question {question.id}: there is no {rule.step.kind} {rule.step.id}"
            for name, options in (*rule.when.items(), *rule.never.items()):
                other = pathway.questions.get(name)
                known = {option.id for option in other.options} if other else set()
                yield from (f"question {question.id}: there is no answer {name}: {option}" for option in sorted(options - known))


def _hollow(pathway: Pathway, services: Collection[str], pages: Collection[str]) -> Iterator[str]:
    for outcome in pathway.outcomes.values():
        if not outcome.choices:
            yield f"outcome {outcome.id}: offers nothing"
        for choice in outcome.choices:
            if (choice.service is None) == (choice.page is None):
                yield f"outcome {outcome.id}: a choice needs a service or a page, not both"
            elif choice.service is not None and choice.service not in services:
                yield f"outcome {outcome.id}: there is no service {choice.service}"
            elif choice.page is not None and choice.page not in pages:
                yield f"outcome {outcome.id}: there is no page {choice.page}"


def _unsound_paths(pathway: Pathway) -> list[str]:
    found: dict[str, None] = {}
    used: set[Step] = set()
    for answers, end in walk(pathway):
        last = list(answers)[-1]
        used.add(end)
        used.update(Step("question", name) for name in answers)
        if end.kind == "question" and end.id == last:
            found[f"question {last}: a dead end after {_told(answers)}"] = None
        elif end.kind == "question":
            found[f"question {end.id}: asked again after {last}, a loop"] = None
    there = [Step("question", name) for name in pathway.questions]
    there += [Step("outcome", name) for name in pathway.outcomes]
    there += [Step("interruption", name) for name in pathway.interruptions]
    found |= {f"{step.kind} {step.id}: nothing leads to it": None for step in there if step not in used}
    return list(found)[:20]


def _told(answers: Answers) -> str:
    return ", ".join(f"{name}: {'+'.join(sorted(chosen))}" for name, chosen in answers.items())
