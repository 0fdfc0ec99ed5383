"""Questions before a visit. What is answered goes to those who treat the patient; no page of the patients' shows it again."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from clinic.domain.care.preparation import IntakeQuestion, read_answers
from clinic.domain.errors import DomainError, InvalidInput
from clinic.usecases.booking import Booked
from clinic.usecases.records import intake
from clinic.web import visitor
from clinic.web.booking.confirmation import booked_here
from clinic.web.booking.manage import PATIENT, closed, opened
from clinic.web.context import library, now, parts, session, signing_key
from clinic.web.guards import public

Page = str | tuple[str, int] | Response


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/booked/<reference:reference>/questions")(after_booking)
    blueprint.post("/booked/<reference:reference>/questions")(answer_after_booking)
    blueprint.get("/visit/questions")(before_visit)
    blueprint.post("/visit/questions")(answer_before_visit)


@public
def after_booking(reference: str) -> Page:
    made = booked_here(reference)
    return _ask(made, _asked(made)) if made else redirect(url_for(".booked", reference=reference), 303)


@public
def answer_after_booking(reference: str) -> Page:
    made = booked_here(reference)
    if made is None:
        return redirect(url_for(".booked", reference=reference), 303)
    return _answer(made, url_for(".booked", reference=reference))


@public
def before_visit() -> Page:
    made = opened()
    return _ask(made, _asked(made)) if made else closed()


@public
def answer_before_visit() -> Page:
    made = opened()
    return _answer(made, url_for(".visit")) if made else closed()


def send_pathway(manage_token: str) -> None:
    """The patient agreed that answers to the care pathway go with the booking; then the browser need not carry them any more."""
    pathway = library().pathway
    answers = visitor.pathway_answers(pathway.version, sealer=parts().sealer, now=now())
    if not answers:
        return
    try:
        intake.answer(
            session(), manage_token, answers, version=pathway.version, kind="pathway", sealer=parts().sealer,
            key=signing_key(), who=PATIENT, now=now(),
        )  # fmt: skip
    except DomainError:
        flash("Your visit is booked, but we could not send your answers from the guide along. Please tell us at the visit.")
    else:
        visitor.forget_pathway()


def _asked(made: Booked) -> tuple[IntakeQuestion, ...]:
    return library().preparations.questions_of(made.summary.visit_type_slug)


def _ask(made: Booked, questions: tuple[IntakeQuestion, ...], wrong: Mapping[str, str] | None = None) -> Page:
    page = render_template(
        "booking/questions.html", questions=questions, wrong=wrong or {}, visit=made.summary,
        chosen={question.id: request.form.getlist(question.id) for question in questions},
        words={question.id: request.form.get(f"{question.id}-words", "") for question in questions},
        answered=intake.is_answered(session(), made.manage_token, key=signing_key(), now=now()),
    )  # fmt: skip
    return (page, 422) if wrong else page


def _answer(made: Booked, back: str) -> Page:
    questions = _asked(made)
    chosen = {question.id: request.form.getlist(question.id) for question in questions}
    words = {question.id: request.form.get(f"{question.id}-words", "") for question in questions}
    preparations = library().preparations
    try:
        given = read_answers(questions, chosen, words)
        intake.answer(
            session(), made.manage_token, given, version=preparations.version, routes=preparations.routes_of(questions, given),
            sealer=parts().sealer, key=signing_key(), who=PATIENT, now=now(),
        )  # fmt: skip
    except InvalidInput as refused:
        return _ask(made, questions, refused.fields)
    except DomainError as refused:
        flash(refused.message)
        return redirect(back, 303)
    flash("Thank you. Only the people who treat you read your answers.")
    for route in preparations.routes_of(questions, given):
        flash(preparations.routes[route])
    return redirect(back, 303)
