"""schemathesis: whatever is sent, the API answers as its description says, and never with a failure of its own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest
import schemathesis
from flask import Flask, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.web.api.conftest import booking, once

# The domain refuses, with 422, much that has the right shape: a ZIP code that is not one, a birth date to come.
NOT_ASKED = [positive_data_acceptance]
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


class Traveller:
    """Puts what exists into a case, so that some of what is sent is nearly right: places, openings, holds."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()
        self.numbers = count(1)
        self.chance = random.Random(7)
        self.taken: list[str] = []
        self.held: list[str] = []

    def improve(self, case: Case) -> None:
        path = case.operation.path
        if path.endswith("/openings"):
            case.query = {**(case.query or {}), "near": "32801", "service": "physical-therapy"}
        elif path.endswith("/holds"):
            self._with_key(case)
            if isinstance(case.body, dict):
                case.body["opening"] = self._opening()
        elif "/holds/" in path:
            case.path_parameters = {"hold": self._hold()}
        elif path.endswith("/appointments"):
            self._with_key(case)
            if isinstance(case.body, dict):
                case.body |= {"hold": self._hold()}
                if self.chance.random() < 0.3:
                    case.body |= {"patient": booking("")["patient"], "guardian": None}
        elif case.path_parameters:
            known = {"location": "orlando-downtown", "specialist": "maya-ferreira"}
            case.path_parameters = {name: known[name] for name in case.path_parameters}

    def _with_key(self, case: Case) -> None:
        case.headers.update(once(f"schemathesis-{next(self.numbers):08}"))

    def _opening(self) -> str:
        """One that can be had or, now and then, one that was taken before."""
        if self.taken and self.chance.random() < 0.3:
            return self.chance.choice(self.taken)
        found = self.client.get("/api/v1/openings?near=32801&service=physical-therapy&limit=100").get_json()["openings"]
        self.taken.append(self.chance.choice(found)["opening"])
        return self.taken[-1]

    def _hold(self) -> str:
        """One that stands or, now and then, one that was made before and may be booked or given back."""
        if self.held and self.chance.random() < 0.3:
            return self.chance.choice(self.held)
        key = once(f"schemathesis-{next(self.numbers):08}")
        held = self.client.post("/api/v1/holds", json={"opening": self._opening()}, headers=key)
        self.held.append(held.get_json(force=True).get("hold", "1-none"))
        return self.held[-1]


@contextmanager
def counted(app: Flask) -> Iterator[Counter[int]]:
    statuses: Counter[int] = Counter()

    @app.after_request
    def note(response: Response) -> Response:
        statuses[response.status_code] += 1
        return response

    yield statuses


def exercise(app: Flask, examples: int) -> Counter[int]:
    """Send `examples` requests of each kind to each operation; raise on the first answer that breaks the description."""
    app.test_client_class = None
    with counted(app) as statuses:
        schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
        traveller = Traveller(app)
        for found in schema.get_all_operations():
            operation = found.ok()
            for mode in MODES:
                if mode is GenerationMode.NEGATIVE and not _can_be_wrong(operation):
                    continue
                _send(operation.as_strategy(generation_mode=mode), traveller, mode, examples)
    return statuses


def _can_be_wrong(operation: Any) -> bool:
    return bool(operation.body or operation.query or operation.headers or operation.path_parameters)


def _send(cases: Any, traveller: Traveller, mode: GenerationMode, examples: int) -> None:
    @settings(max_examples=examples, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases, real=st.booleans())
    def send(case: Case, real: bool) -> None:
        if real and mode is GenerationMode.POSITIVE:
            traveller.improve(case)
        case.call_and_validate(excluded_checks=NOT_ASKED)

    send()


def test_answers_are_as_described(app: Flask) -> None:
    statuses = exercise(app, 12)
    assert {200, 201, 204, 404, 409, 422} <= set(statuses), statuses
    assert not [status for status in statuses if status >= 500], statuses


@pytest.mark.prove
def test_five_thousand_answers_are_as_described(app: Flask, database: str) -> None:
    statuses = exercise(app, 300)
    total = sum(statuses.values())
    print(f"\nschemathesis on {database.partition(':')[0]}: {total} requests, by status {dict(sorted(statuses.items()))}")
    assert total >= 5000
    assert not [status for status in statuses if status >= 500], statuses
