"""/holds: take a time for ten minutes, longer, or not after all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response

from clinic.domain.errors import NotFound, UnusableToken
from clinic.engine.placing.changing import Who
from clinic.usecases import booking
from clinic.web.api import answers, examples
from clinic.web.api.operation import operation
from clinic.web.api.schemas import HoldOut, HoldRequest, OnceHeader
from clinic.web.context import now, session, signing_key
from clinic.web.limits import spend

WHO = Who(actor="patient", channel="api")


@operation(
    "POST",
    "/holds",
    body=HoldRequest,
    body_example=examples.HOLD_REQUEST,
    headers=OnceHeader,
    answers=201,
    schema=HoldOut,
    example=examples.HOLD,
    refuses=(409, 429),
)
def hold_opening(asked: dict[str, Any], once: dict[str, Any]) -> dict[str, Any]:
    """Hold a time

    For ten minutes, for nobody in particular yet. A time that was taken meanwhile is refused with 409, one that was
    never on offer with 422; both come with alternatives.
    """
    request = booking.request_once("holds", once["key"], asked)
    spend("holds")
    held = booking.hold(session(), asked["opening"], key=signing_key(), who=WHO, now=now(), once=request)
    return answers.hold(held)


@operation("GET", "/holds/<token:hold>", answers=200, schema=HoldOut, example=examples.HOLD, refuses=(404, 409))
def get_hold(hold: str) -> dict[str, Any]:
    """A held time as it is now

    Also one that has ended, which may still be booked while the time is free.
    """
    with _only_ours():
        return answers.hold(booking.get_hold(session(), hold, key=signing_key(), now=now()))


@operation("POST", "/holds/<token:hold>/extend", answers=200, schema=HoldOut, example=examples.HOLD, refuses=(404, 409, 422, 429))
def extend_hold(hold: str) -> dict[str, Any]:
    """Hold it longer

    Ten minutes from now, thirty in all.
    """
    spend("holds")
    with _only_ours():
        return answers.hold(booking.extend(session(), hold, key=signing_key(), who=WHO, now=now()))


@operation("DELETE", "/holds/<token:hold>", answers=204, refuses=(404, 409))
def release_hold(hold: str) -> Response:
    """Give it back

    Doing so twice is the same as once.
    """
    with _only_ours():
        booking.release(session(), hold, key=signing_key(), who=WHO, now=now())
    return Response(status=204, mimetype="application/json")


@contextmanager
def _only_ours() -> Iterator[None]:
    """In an address, a token that is not one of ours is an address that is not there."""
    try:
        yield
    except UnusableToken as error:
        raise NotFound(error.message) from None
