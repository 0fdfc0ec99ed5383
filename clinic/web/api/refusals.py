"""Refusals that carry more than a sentence: times to take instead, places to choose from."""

from __future__ import annotations

from typing import Any

from flask import Response

from clinic.domain.errors import PlaceAmbiguous, PlaceUnknown, TimeRefused, TimeTaken, UnusableToken
from clinic.web.api import answers
from clinic.web.api.operation import blueprint
from clinic.web.problems import problem


@blueprint.errorhandler(TimeRefused)  # type: ignore[untyped-decorator]
def time_refused(error: TimeRefused) -> Response:
    """Taken is a conflict, 409; what was never on offer is a wrong request, 422."""
    taken = isinstance(error, TimeTaken)
    instead = answers.openings(error.alternatives)
    kind = "time-taken" if taken else "not-offered"
    return problem(409 if taken else 422, error.message, kind=kind, alternatives=instead)


@blueprint.errorhandler(UnusableToken)  # type: ignore[untyped-decorator]
def token_unusable(error: UnusableToken) -> Response:
    instead: dict[str, Any] = {"alternatives": answers.openings(error.alternatives)} if error.alternatives else {}
    return problem(422, error.message, kind="unusable-token", errors=error.fields, **instead)


@blueprint.errorhandler(PlaceUnknown)  # type: ignore[untyped-decorator]
def place_unknown(error: PlaceUnknown) -> Response:
    found: dict[str, Any] = {"suggestions": list(error.suggestions)}
    if isinstance(error, PlaceAmbiguous):
        found["choices"] = list(error.choices)
    kind = "place-ambiguous" if isinstance(error, PlaceAmbiguous) else "place-unknown"
    return problem(422, error.message, kind=kind, errors={"near": error.message}, **found)
