"""Who did what, as the log stores it, read in one place."""

from __future__ import annotations

import pytest

from clinic.domain.audit import Actor, read_actor, read_details


@pytest.mark.parametrize(
    ("stored", "actor", "account"),
    [
        ("account:7", Actor("account", 7), 7), ("patient", Actor("patient"), None), ("command-line", Actor("command-line"), None),
        ("account:", Actor("account"), None), ("account:٧", Actor("account"), None), ("", Actor(""), None),
        ("link:3", Actor("link", 3), None),
    ],
)  # fmt: skip
def test_an_actor_is_read_as_it_was_written(stored: str, actor: Actor, account: int | None) -> None:
    found = read_actor(stored)
    assert (found, found.account_id) == (actor, account)


def test_what_is_written_is_read_again() -> None:
    for actor in (Actor("account", 7), Actor("patient"), Actor("command-line")):
        assert read_actor(str(actor)) == actor


@pytest.mark.parametrize(
    ("stored", "details"),
    [
        ("merge=3 other=4", {"merge": "3", "other": "4"}), ("account=5 role=manager location=- flag=0",
         {"account": "5", "role": "manager", "location": "-", "flag": "0"}),
        ("rows up to 12", {}), ("", {}), ("entry 5", {}), ("a=b=c", {"a": "b=c"}),
    ],
)  # fmt: skip
def test_details_are_read_by_name(stored: str, details: dict[str, str]) -> None:
    assert read_details(stored) == details
