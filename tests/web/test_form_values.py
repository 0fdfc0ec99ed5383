"""Every field of every form of the staff that names a record, sent with one out of reach, as every role.

The fields are found in the source (form_fields.py); what is sent for each, or why it names no record, stands in form_cases.py.
A field that is in neither fails, and so does a row there that no form has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from clinic.domain.people.roles import AT_A_LOCATION
from clinic.store.schedules import site_schedules
from clinic.web import fields as fields_in_web
from clinic.web.account import resuming
from tests.rows import COUNTING, Changes, Rows
from tests.web import planted
from tests.web.form_cases import CASES, REASONS, REFUSED, Case, each, nothing, own, secrets
from tests.web.form_fields import UNKNOWN, Field, fields_of, lines_with_sources, walk
from tests.web.street import Asker, Street, furnish
from tests.web.town import OBJECTS, STAFF_GUARDS, Object, guarded

ROOMS = ("account", "desk", "portal")
NO_DESK = "You are at the front desk of no clinic."
NOTES = frozenset({"audit", "audit_seal", "search_count", "work_list_opened"})
"""What is written of a look: who saw whom, and what was sought."""


def fields(app: Flask) -> dict[str, frozenset[Field]]:
    """Find what every form and page of the staff reads, by endpoint."""
    return {rule.endpoint: fields_of(app.view_functions[rule.endpoint]) for rule, _, _ in guarded(app)}


def unaccounted(found: dict[str, frozenset[Field]]) -> list[str]:
    """List fields that are no case, and that no reason is given for."""
    return sorted(
        f"{endpoint}: {one}" for endpoint, names in found.items() for one in names
        if not any(endpoint in case.endpoints and case.field == str(one) for case in CASES)
        and str(one) not in REASONS and (endpoint, str(one)) not in REASONS
    )  # fmt: skip


def test_every_field_that_a_form_of_the_staff_reads_is_a_case_or_has_a_reason(app: Flask) -> None:
    assert unaccounted(fields(app)) == []


def test_no_case_and_no_reason_is_left_over(app: Flask) -> None:
    found = fields(app)
    pairs = {(endpoint, str(one)) for endpoint, names in found.items() for one in names}
    cases = {(endpoint, case.field) for case in CASES for endpoint in case.endpoints}
    assert cases <= pairs
    assert {key for key in REASONS if isinstance(key, tuple)} <= pairs - cases
    assert {key for key in REASONS if isinstance(key, str)} <= {name for _, name in pairs - cases}


def test_no_line_that_reads_a_form_is_missed(app: Flask) -> None:
    """Whichever view it is of: what nobody walks to, nobody asks about."""
    roots = [view for name, view in app.view_functions.items() if name.startswith(ROOMS)]
    met = {line for view in (*roots, resuming.ask_to_sign_in) for line in walk(view).lines}
    web = Path(fields_in_web.__file__).parent
    files = [web / "fields.py", *(file for room in ROOMS for file in sorted((web / room).rglob("*.py")))]
    there = {(str(file), line) for file in files for line in lines_with_sources(file.read_text())}
    assert len(there) > 80
    assert there - met == set()


@dataclass
class Harness:
    """Sends what the cases say, and keeps what was wrong with the answers."""

    street: Street
    rows: Rows
    guards: dict[str, tuple[str, str]]
    wrong: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    garbled: set[tuple[Case, str]] = field(default_factory=set)

    def try_all(self, cases: Iterable[Case]) -> None:
        """Try every case, for each of its forms, as everybody."""
        for case in cases:
            for endpoint in case.endpoints:
                for asker in self.street.askers:
                    self.try_case(case, endpoint, asker)

    def try_case(self, case: Case, endpoint: str, asker: Asker) -> None:
        method, guard = self.guards[endpoint]
        allowed = None if guard in STAFF_GUARDS else asker.reach(guard.removeprefix("needs:"))
        if allowed is not None and not allowed:
            self.forbidden(case, endpoint, asker, method)
            return
        found, arguments = self.object_of(case, endpoint, asker)
        reached = allowed is None or found is None or allowed.covers(
            location_id=found.location, mine=found.mine, looked_up=found.looked_up
        )  # fmt: skip
        reached = reached and (asker.role in AT_A_LOCATION or not case.at_a_clinic)
        beyond = case.beyond(asker)
        self.counted["reaches everything" if not beyond else "beyond reach" if reached else "address beyond reach"] += 1
        for label, value in {**beyond, **self.nothings(case, endpoint, asker)}.items():
            answer, changes = self.send(case, endpoint, asker, arguments, value)
            if problem := self.problem(case, endpoint, asker, answer, changes):
                self.report(endpoint, case, f"as {asker.name}, {label}: {problem}")
        if reached:
            self.control(case, endpoint, asker, arguments)

    def nothings(self, case: Case, endpoint: str, asker: Asker) -> dict[str, str]:
        """Choose what names nothing: all of it from the first who may send the form, and one of it from everybody else."""
        values = list(case.anyhow(asker).items())
        is_first = (case, endpoint) not in self.garbled
        self.garbled.add((case, endpoint))
        return dict(values if is_first else values[:1])

    def forbidden(self, case: Case, endpoint: str, asker: Asker, method: str) -> None:
        """Try a role that may not call it at all."""
        _, arguments = self.object_of(case, endpoint, asker)
        answer, changes = self.send(case, endpoint, asker, arguments, "1")
        self.counted["forbidden"] += 1
        if answer.status_code != 403 or changes:
            self.report(endpoint, case, f"{method} as {asker.name} who may not: {answer.status_code} {sorted(changes)}")

    def control(self, case: Case, endpoint: str, asker: Asker, arguments: dict[str, object]) -> None:
        """Try a record within reach: the same form does what it is for."""
        if case.control:
            self.counted["without a control, with a reason"] += 1
            return
        answer, changes = self.send(case, endpoint, asker, arguments, case.right(asker))
        acts = self.guards[endpoint][0] == "POST" and answer.status_code == 303
        self.counted["controls"] += 1
        if answer.status_code not in case.succeeds or (acts and not changes.keys() - NOTES):
            self.report(endpoint, case, f"as {asker.name}, within reach: {answer.status_code} {sorted(changes)}")

    def problem(self, case: Case, endpoint: str, asker: Asker, answer: TestResponse, changes: Changes) -> str:
        status = answer.status_code
        if status >= 500:
            return f"{status}"
        said = answer.get_data(as_text=True)
        told = [word for word in secrets(asker, endpoint) if word in said]
        if told:
            return f"{status} tells {told}"
        if case.judged == REFUSED:
            touched = changes.keys() - NOTES - set(case.may_change)
            if touched:
                return f"{status} changes {sorted(touched)}"
            is_refusal = status >= 400 or status == 303 or (case.at_a_clinic and NO_DESK in said)
            return "" if is_refusal else f"{status} is no refusal"
        return f"touches {found}" if (found := self.touched(asker, changes)) else ""

    def touched(self, asker: Asker, changes: Changes) -> list[str]:
        """List tables with changed rows of visits that they do not reach."""
        beyond = {asker.world.visits[whose] for whose in asker.beyond}
        found = []
        for name, (came, went) in changes.items():
            if name in NOTES:
                continue
            columns = self.rows.columns(name)
            number = columns.index("id" if name == "appointment" else "appointment_id") if (
                name == "appointment" or "appointment_id" in columns
            ) else None  # fmt: skip
            if number is not None and any(row[number] in beyond for row in (*came, *went)):
                found.append(name)
        return found

    def send(
        self, case: Case, endpoint: str, asker: Asker, arguments: dict[str, object], value: str
    ) -> tuple[TestResponse, Changes]:  # fmt: skip
        method = self.guards[endpoint][0]
        form = dict(case.form(asker)) | self.named(case, value)
        query = {name[1:]: text for name, text in form.items() if name.startswith("?")}
        data = {name: text for name, text in form.items() if not name.startswith("?")}
        if method == "GET":
            query, data = query | data, {}
        else:
            data |= {"csrf_token": asker.csrf}
        path = self.street.world.app.url_map.bind("localhost").build(endpoint, arguments, method=method)
        cookie = asker.client.get_cookie("staff")
        answer = asker.client.open(path, method=method, query_string=query, data=data or None)
        self.statuses[answer.status_code] += 1
        changes = self.rows.changes()
        if changes:
            self.rows.put_back(changes)
            asker.client.set_cookie("staff", cookie.value if cookie else "")
            if COUNTING in changes:
                site_schedules._SHELVES.clear()  # what is kept of calendars never goes back
        return answer, changes

    def named(self, case: Case, value: str) -> dict[str, str]:
        return {f"{case.field[:-1]}{value}": "task"} if case.field.endswith("*") else {case.field: value}

    def object_of(self, case: Case, endpoint: str, asker: Asker) -> tuple[Object | None, dict[str, object]]:
        """Choose the object of the address, within reach if anything of the kind is."""
        if case.address is not None:
            return None, case.address(asker)
        if endpoint not in OBJECTS:
            return None, {}
        found = OBJECTS[endpoint](asker.world, asker.role, "own")
        return found, found.arguments

    def report(self, endpoint: str, case: Case, what: str) -> None:
        self.wrong.append(f"{endpoint} {case.field} {what}")


@contextmanager
def harness_of(app: Flask, url: str) -> Iterator[Harness]:
    street = furnish(app, url)
    rows = Rows(url)
    try:
        yield Harness(street, rows, {rule.endpoint: (method, guard) for rule, method, guard in guarded(app)})
    finally:
        rows.close()


def test_no_form_of_the_staff_acts_on_a_record_out_of_reach(
    app: Flask, database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with harness_of(app, database) as harness:
        harness.try_all(CASES)
    found = {(endpoint, str(one)) for endpoint, names in fields(app).items() for one in names}
    named = {(endpoint, case.field) for case in CASES for endpoint in case.endpoints}
    with capsys.disabled():
        print(
            f"\n  form values: {len(found)} fields; {len(named)} name a "
            f"record, {len(found - named)} have a reason; {sum(harness.statuses.values())} requests, by status "
            f"{dict(sorted(harness.statuses.items()))}; tried {dict(sorted(harness.counted.items()))}"
        )
    assert harness.wrong == []
    assert harness.counted["beyond reach"] > 100
    assert harness.counted["controls"] > 60


def test_fields_are_found_however_they_are_read() -> None:
    assert {str(one) for one in fields_of(planted.every_way)} == planted.EVERY_WAY


def test_a_read_without_a_name_is_found_as_such() -> None:
    found = fields_of(planted.no_name)
    assert {(one.source, one.name) for one in found} == {("form", UNKNOWN), ("get_json", UNKNOWN)}
    assert unaccounted({"planted.no_name": found})


def test_planted_holes_are_reported(app: Flask, database: str) -> None:
    planted.plant(app)
    assert unaccounted(fields(app)) == ["planted.cancel: visit", "planted.name: ?patient", "planted.tie: specialist"]
    here, visits, patients = (lambda _: "0"), "visits", "patients"
    holes = (
        Case("visit", ["planted.cancel"], nothing, here, lambda a: each(a, visits), control="planted"),
        Case(
            "specialist", ["planted.tie"], nothing, here, lambda a: {"another": own(a, "calendars", "there")}, control="planted"
        ),
        Case("?patient", ["planted.name"], nothing, here, lambda a: each(a, patients), control="planted"),
    )
    with harness_of(app, database) as harness:
        harness.try_all(holes)
    said = " ".join(harness.wrong)
    for what in (
        "planted.cancel visit as manager, there: 303 changes", "planted.tie specialist as manager, another: 303 changes",
        "planted.name ?patient as front_desk, there: 200 tells ['Nightshade']",
    ):  # fmt: skip
        assert what in said
    assert "who may not" not in said
