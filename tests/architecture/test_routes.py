"""Every address of the application: guarded, in kebab-case, typed, and safe to GET."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from clinic.factory import create_app
from clinic.web.guards import guard_of
from tests.databases import settings_for

SEGMENT = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
ARGUMENT = re.compile(r"<(?:(?P<converter>[a-z_]+)(?:\([^)]*\))?:)?(?P<name>[a-z_]+)>")


@pytest.fixture
def application(tmp_path: Path) -> Flask:
    return create_app(settings_for(f"sqlite:///{tmp_path}/clinic.sqlite"))


def rules(application: Flask) -> list[Rule]:
    found = list(application.url_map.iter_rules())
    assert len(found) >= 3
    return found


def test_every_route_carries_a_guard(application: Flask) -> None:
    assert [rule.rule for rule in rules(application) if not guard_of(application.view_functions[rule.endpoint])] == []


def test_every_address_is_in_kebab_case(application: Flask) -> None:
    wrong = [
        rule.rule
        for rule in rules(application)
        for segment in ARGUMENT.sub("x", rule.rule).split("/")
        if segment and not SEGMENT.fullmatch(segment)
    ]
    assert wrong == []


def test_every_argument_of_an_address_is_typed(application: Flask) -> None:
    wrong = [
        rule.rule
        for rule in rules(application)
        if rule.endpoint != "static"
        for argument in ARGUMENT.finditer(rule.rule)
        if not argument["converter"]
    ]
    assert wrong == []


def test_a_guard_missing_would_be_seen(application: Flask) -> None:
    application.add_url_rule("/unguarded", "unguarded", lambda: "")
    assert [rule.rule for rule in rules(application) if not guard_of(application.view_functions[rule.endpoint])] == ["/unguarded"]
