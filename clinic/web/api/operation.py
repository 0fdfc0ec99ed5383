"""From a plain function to an address of the API: what goes in, what comes out, and how it may refuse, documented as well."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar

from apispec import APISpec
from flask import Request, abort, request
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError
from webargs.flaskparser import FlaskParser

from clinic.domain.errors import InvalidInput
from clinic.web.api.schemas import Problem
from clinic.web.guards import public
from clinic.web.problems import problem

View = TypeVar("View", bound=Callable[..., Any])

MAX_BODY_BYTES = 32 * 1024
NOT_JSON = "We could not read that as JSON. Send one JSON object in UTF-8, such as {}."
NOT_AN_OBJECT = "Send one JSON object, such as {}."
BODY_REFUSALS = (400, 413, 415)
ALWAYS_POSSIBLE = (503,)


class StrictParser(FlaskParser):
    """Reads JSON objects only, and refuses in the domain's way."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 (the schemas say it themselves)

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002
        if not req.is_json:
            abort(415)
        try:
            body = json.loads(req.get_data(cache=True), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):  # also bytes that are no text, and numbers of thousands of digits
            abort(problem(400, NOT_JSON, kind="not-json"))
        if not isinstance(body, dict):
            raise InvalidInput({"body": NOT_AN_OBJECT})
        return body

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        found: dict[str, str] = {}
        for messages in error.messages_dict.values():  # one entry for each place: json, query, headers
            _flatten("", messages, found)
        raise InvalidInput(found)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _flatten(path: str, messages: Any, found: dict[str, str]) -> None:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            _flatten(path if key == "_schema" else f"{path}.{key}".lstrip("."), inner, found)
    else:
        found[path or "body"] = " ".join(dict.fromkeys(map(str, messages)))


class ApiBlueprint(Blueprint):
    ARGUMENTS_PARSER = StrictParser()


blueprint = ApiBlueprint("api", __name__, url_prefix="/api/v1", description="Find a time, hold it, book it.")


@blueprint.before_request  # type: ignore[untyped-decorator]
def limit_body() -> None:
    request.max_content_length = MAX_BODY_BYTES


def operation(
    method: str,
    path: str,
    *,
    answers: int,
    schema: type[Schema] | None = None,
    example: Mapping[str, Any] | None = None,
    query: type[Schema] | None = None,
    body: type[Schema] | None = None,
    body_example: Mapping[str, Any] | None = None,
    headers: type[Schema] | None = None,
    refuses: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Serve the view at `path`. It is given what was read of query, body and headers, in this order, each as a dict.

    What it returns is written by `schema` with the status `answers`; its docstring is the documentation. `refuses` are
    the statuses of its problems; those of reading and of an outage go without saying.
    """

    def decorate(view: View) -> View:
        made: Any = public(view)
        if headers:
            made = blueprint.arguments(headers, location="headers")(made)
        if body:
            made = blueprint.arguments(body, example=body_example)(made)
        if query:
            made = blueprint.arguments(query, location="query")(made)
        possible = {*refuses, *ALWAYS_POSSIBLE, *(BODY_REFUSALS if body else ())}
        for status in sorted(possible):
            made = blueprint.alt_response(status, HTTPStatus(status).name)(made)
        made = blueprint.response(answers, schema, example=example)(made)
        made = blueprint.doc(operationId=view.__name__)(made)
        blueprint.add_url_rule(path, view.__name__, made, methods=[method])
        return view

    return decorate


def document_errors(spec: APISpec) -> None:
    """Every refusal, under its status' name: a Problem, as application/problem+json."""
    for status in HTTPStatus:
        if status >= 400:
            response: dict[str, Any] = {
                "description": status.phrase,
                "content": {"application/problem+json": {"schema": Problem}},
            }
            if status in (429, 503):
                response["headers"] = {
                    "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait before trying again"}
                }
            spec.components.response(status.name, response, lazy=True)
