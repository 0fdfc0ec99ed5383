"""The API's description: openapi.json for programs, and the same as a page for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

from clinic.web.guards import public

ABOUT = (
    "Find a visit near a place, hold it, book it. Times are ISO 8601 with the clinic's offset. Tokens are opaque. "
    "Refusals are application/problem+json: `detail` is a sentence for a person, `errors` names the fields. "
    "No sign-in, no cookies; holds, bookings and address look-ups are limited by network."
)

ORDER = ("openings", "holds", "appointments", "locations", "services", "specialists")

blueprint = Blueprint("api_document", __name__, url_prefix="/api/v1")


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A parameter or a member of a body, as the page shows it."""

    name: str
    place: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An operation, as the page shows it. Examples are JSON text, empty for none."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    rows: list[DocumentRow]
    body_example: str
    answers: list[tuple[str, str]]
    example: str


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """The description in OpenAPI 3.1."""
    return jsonify(_description())


@blueprint.get("/")
@public
def page() -> str:
    """The description for people."""
    described = _description()
    operations = [
        _shown(described, path, method, operation)
        for path, methods in sorted(described["paths"].items(), key=lambda item: ORDER.index(item[0].split("/")[3]))
        for method, operation in methods.items()
        if method != "parameters"
    ]
    return render_template("api/index.html", heading=described["info"]["title"], about=ABOUT, operations=operations)


def _description() -> dict[str, Any]:
    described: dict[str, Any] = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    return described


def _shown(described: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Shown:
    parameters = [*described["paths"][path].get("parameters", []), *operation.get("parameters", [])]
    rows = [_row(described, p["name"], p["in"], p["schema"], p) for p in parameters]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if body:
        rows += _members(described, body["schema"], "body")
    answers = [(status, _resolved(described, answer)["description"]) for status, answer in operation["responses"].items()]
    success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    example = success.get("content", {}).get("application/json", {}).get("example")
    return Shown(
        id=operation["operationId"].replace("_", "-"),
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        rows=rows,
        body_example=_json(body.get("example")),
        answers=sorted(answers),
        example=_json(example),
    )


def _members(described: dict[str, Any], schema: dict[str, Any], place: str, prefix: str = "") -> list[DocumentRow]:
    """The members of an object and of the objects in it, named with dots."""
    schema = _resolved(described, schema)
    found: list[DocumentRow] = []
    for name, member in schema.get("properties", {}).items():
        about = {"required": name in schema.get("required", ()), "description": member.get("description", "")}
        inner = _object_in(described, member)
        found.append(_row(described, prefix + name, place, inner or member, about))
        if inner:
            found += _members(described, inner, place, f"{prefix}{name}.")
    return found


def _object_in(described: dict[str, Any], member: dict[str, Any]) -> dict[str, Any] | None:
    """The object that a member is, or may be; None for anything else."""
    for option in (member, *member.get("anyOf", ()), *member.get("allOf", ())):
        resolved = _resolved(described, option)
        if "properties" in resolved:
            return resolved
    return None


def _row(described: dict[str, Any], name: str, place: str, schema: dict[str, Any], about: dict[str, Any]) -> DocumentRow:
    kind = _resolved(described, schema).get("type", "object")
    text = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if options := schema.get("enum"):
        text = " | ".join(str(option) for option in options if option is not None)
    description = about.get("description", "") or schema.get("description", "")
    return DocumentRow(name, place, text, bool(about.get("required")), description)


def _resolved(described: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What a $ref stands for, or the node itself."""
    if "$ref" not in node:
        return node
    found: Any = described
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: dict[str, Any] = found
    return resolved


def _json(example: Any) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False) if example else ""
