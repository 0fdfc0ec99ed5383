"""What a patient answered before a visit, for those who treat them: as it was asked, and what needs care first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flask import Blueprint, render_template

from clinic.domain.care.pathway import Pathway
from clinic.domain.care.preparation import IntakeQuestion, Preparations
from clinic.engine.placing.changing import Who
from clinic.usecases.records import intake
from clinic.web import signed_in
from clinic.web.context import library, now, parts, session
from clinic.web.guards import needs, viewer

CALLS = frozenset({"nurse_calls", "call_us"})
"""Routes of answers that somebody must see to before the visit."""
NOT_KNOWN = "(not in today’s list)"


class AnswerGiven(NamedTuple):
    """A question as it is worded now, and what was chosen and added in words.

    `care`: somebody must see to it before the visit. `older`: it was worded otherwise when it was answered.
    """

    question: str
    chosen: tuple[str, ...]
    words: str = ""
    care: bool = False
    older: bool = False


def install(blueprint: Blueprint) -> None:
    """Hang this page onto the room."""
    blueprint.get("/visits/<int:number>/answers")(answers)


@needs("read-intake")
def answers(number: int) -> Any:
    who = Who(signed_in.me().actor, "portal", staff=True)
    asked = intake.look(session(), viewer(), number, who=who, now=now())
    given = intake.read(session(), viewer(), number, sealer=parts().sealer, who=who, now=now())
    preparations, pathway = library().preparations, library().pathway
    _version, questions = given.get("questions", (0, {}))
    version, path = given.get("pathway", (0, {}))
    said = sorted(in_words(preparations, questions), key=lambda one: not one.care)
    expected = preparations.questions_of(asked.visit.visit_type_slug)
    return render_template(
        "portal/answers.html", asked=asked, said=said, path=list(path_in_words(pathway, path)),
        ends=_end(pathway, path) if version == pathway.version else "", path_older=version != pathway.version,
        open=[question.text for question in expected if question.id not in questions], answered=bool(questions),
    )  # fmt: skip


def in_words(preparations: Preparations, given: Mapping[str, Any]) -> Iterator[AnswerGiven]:
    """In the order in which they were answered. What is not asked any more is told by its name."""
    for name, answer in given.items():
        question = preparations.questions.get(name)
        chosen: list[str] = answer.get("chosen", [])
        if question is None:
            yield AnswerGiven(_plain(name), tuple(map(_plain, chosen)), answer.get("words", ""), older=True)
            continue
        options = {option.id: option for option in question.options}
        care = any(options[id_].route in CALLS for id_ in chosen if id_ in options)
        texts = tuple(options[id_].text if id_ in options else f"{_plain(id_)} {NOT_KNOWN}" for id_ in chosen)
        yield AnswerGiven(question.text, texts, answer.get("words", ""), care, _is_older(question, answer))


def _is_older(question: IntakeQuestion, answer: Mapping[str, Any]) -> bool:
    return bool(answer.get("version", question.version) != question.version)


def path_in_words(pathway: Pathway, given: Mapping[str, Any]) -> Iterator[AnswerGiven]:
    """The way through the guide, question by question."""
    for name, chosen in given.items():
        question = pathway.questions.get(name)
        options = {option.id: option.text for option in question.options} if question else {}
        care = question is not None and any(
            rule.step.kind == "interruption" and set(rule.when.get(name, ())) & set(chosen) for rule in question.rules
        )
        texts = tuple(options.get(id_) or f"{_plain(id_)} {NOT_KNOWN}" for id_ in chosen)
        yield AnswerGiven(question.text if question else _plain(name), texts, care=care)


def _end(pathway: Pathway, given: Mapping[str, Any]) -> str:
    """The title of the page that the guide ended in; '' where it did not end."""
    _asked, step = pathway.reached({name: frozenset(chosen) for name, chosen in given.items()})
    ends: Mapping[str, Any] = pathway.outcomes if step.kind == "outcome" else pathway.interruptions
    return str(ends[step.id].title) if step.id in ends and step.kind != "question" else ""


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()
