"""The care pathway, a question a page. An address says which question, never an answer; answers travel sealed in the cookie."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.care.pathway import Answers, Pathway, Question, Step
from clinic.domain.errors import InvalidInput, NotFound
from clinic.usecases import directory
from clinic.web import visitor
from clinic.web.context import library, now, parts, session
from clinic.web.guards import public

Page = str | tuple[str, int] | Response
TOO_OLD = "Your answers were not kept that long. Please start again. It takes about a minute."


@dataclass(frozen=True, slots=True)
class Progress:
    """Where somebody is: the questions answered so far, and what comes next."""

    pathway: Pathway
    answers: Answers
    asked: list[Question]
    step: Step


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/care/pathway")(begin)
    blueprint.get("/care/pathway/<slug:question>")(ask)
    blueprint.post("/care/pathway/<slug:question>")(answer)
    blueprint.get("/care/pathway/result")(result)
    blueprint.get("/care/pathway/get-help")(interruption)
    blueprint.post("/care/pathway/again")(again)


@public
def begin() -> Page:
    """The first question, which is about warning signs: they stand before any journey."""
    here = _progress()
    return _show(here, here.pathway.questions[here.pathway.start])


@public
def ask(question: str) -> Page:
    """A question whose turn it is, or one answered before; to the one whose turn it is, else."""
    here = _progress()
    name = question.replace("-", "_")
    if name not in here.pathway.questions:
        raise NotFound("There is no such question.")
    if name not in {asked.id for asked in here.asked} and name != here.step.id:
        return redirect(_address(here.step), 303)
    return _show(here, here.pathway.questions[name])


@public
def answer(question: str) -> Page:
    here = _progress()
    asked = here.pathway.questions.get(question.replace("-", "_"))
    if asked is None:
        raise NotFound("There is no such question.")
    try:
        chosen = asked.read(request.form.getlist("answer"))
    except InvalidInput as refused:
        return _show(here, asked, wrong=refused.fields[asked.id], chosen=frozenset(request.form.getlist("answer"))), 422
    answers = {**here.answers, asked.id: chosen}
    on_the_way, step = here.pathway.reached(answers)
    kept = {one.id: sorted(answers[one.id]) for one in on_the_way}
    visitor.keep_pathway(here.pathway.version, kept, sealer=parts().sealer, now=now())
    if asked.id not in kept:  # its turn has not come: somebody opened it from elsewhere
        return redirect(_address(step), 303)
    # To the question behind this one, even if all was answered before: who goes back wants to see what follows.
    return redirect(_address(here.pathway.after(asked, {name: answers[name] for name in kept})), 303)


@public
def result() -> Page:
    here = _progress()
    if here.step.kind != "outcome":
        return redirect(_address(here.step), 303)
    outcome = here.pathway.outcomes[here.step.id]
    services = {card.slug: card for card in directory.services(session())}
    return render_template(
        "care/result.html", outcome=outcome, services=services, library=library(), last=here.asked[-1],
        near=visitor.last_search().get("near", ""),
    )  # fmt: skip


@public
def interruption() -> Page:
    here = _progress()
    if here.step.kind != "interruption":
        return redirect(_address(here.step), 303)
    return render_template("care/interruption.html", stop=here.pathway.interruptions[here.step.id], last=here.asked[-1])


@public
def again() -> Page:
    visitor.forget_pathway()
    return redirect(url_for(".begin"), 303)


def _progress() -> Progress:
    """Raises NotFound where there is no pathway."""
    pathway = library().pathway
    if not pathway.questions:
        raise NotFound("There is no guide here. Please call us, and we will help you choose.")
    kept = visitor.pathway_answers(pathway.version, sealer=parts().sealer, now=now())
    if kept is None:
        visitor.forget_pathway()
        flash(TOO_OLD)
    answers = {name: frozenset(chosen) for name, chosen in (kept or {}).items()}
    asked, step = pathway.reached(answers)
    return Progress(pathway, answers, asked, step)


def _address(step: Step) -> str:
    if step.kind == "outcome":
        return url_for("care.result")
    if step.kind == "interruption":
        return url_for("care.interruption")
    if step.id == library().pathway.start:
        return url_for("care.begin")
    return url_for("care.ask", question=step.id.replace("_", "-"))


def _show(here: Progress, question: Question, *, wrong: str = "", chosen: frozenset[str] | None = None) -> str:
    names = [asked.id for asked in here.asked]
    number = names.index(question.id) if question.id in names else len(names)
    before = _address(Step("question", names[number - 1])) if number else ""
    return render_template(
        "care/question.html", question=question, wrong=wrong, number=number + 1, before=before,
        chosen=here.answers.get(question.id, frozenset()) if chosen is None else chosen,
    )  # fmt: skip
