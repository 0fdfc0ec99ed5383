"""The staff of a demo: one of each role, whose second step is a code that only a demo takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.adapters.passwords import Passwords
from clinic.adapters.sealing import Sealer
from clinic.demo.chores import fill_work
from clinic.demo.staff import PASSWORD, addresses, open_accounts
from clinic.domain.errors import InvalidInput
from clinic.domain.people.roles import Role
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef
from clinic.engine.placing.place import Details, book
from clinic.store.staff.accounts import grants_of
from clinic.store.tables.staff import Account
from clinic.usecases import accounts
from clinic.usecases.accounts import Locks
from clinic.web.signed_in import DEMO_CODE
from tests import build
from tests.conftest import FakeClock

SEALER = Sealer(["dGhlIGtleSBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzLi4="])
HASHING = Passwords(weak=True)


def sign_in(session: Session, email: str, clock: FakeClock, demo_code: str | None) -> accounts.Person | None:
    locks = Locks(hashing=HASHING, sealer=SEALER, key=build.KEY, brand="Impact Medical", demo_code=demo_code)
    half = accounts.begin_sign_in(session, email, PASSWORD, locks=locks, device="", now=clock())
    person = accounts.look(session, half, now=clock()).person
    assert person
    token = accounts.finish_sign_in(session, person, DEMO_CODE, locks=locks, device="", now=clock())
    return accounts.look(session, token, now=clock()).person


def test_one_of_each_role_signs_in_and_only_in_a_demo(session: Session, clock: FakeClock) -> None:
    place, specialist, _ = build.practice(session)
    assert open_accounts(session, hashing=HASHING, sealer=SEALER, now=clock())
    assert not open_accounts(session, hashing=HASHING, sealer=SEALER, now=clock())
    assert {role for _, role in addresses()} == set(Role)
    for email, role in addresses():
        person = sign_in(session, email, clock, DEMO_CODE)
        assert person
        assert [grant.role for grant in person.grants] == [role]
        if role is Role.SPECIALIST:
            assert (person.specialist_id, person.name) == (specialist.id, specialist.name)
        if role in (Role.MANAGER, Role.FRONT_DESK):
            assert person.reach("see-visit").locations == {place.id}
        with pytest.raises(InvalidInput):
            sign_in(session, email, clock, None)


def test_there_is_something_to_do_and_only_once(session: Session, clock: FakeClock) -> None:
    place, specialist, kind = build.practice(session)
    open_accounts(session, hashing=HASHING, sealer=SEALER, now=clock())
    assert fill_work(session, now=clock()) == 0
    for hour in (6, 7):
        wish = SlotRef(kind.id, place.id, specialist.id, cell_at(clock() + timedelta(hours=hour)))
        book(session, wish, Details(build.patient(session, now=clock()).id), who=build.STAFF, now=clock())
    session.commit()
    assert fill_work(session, now=clock()) == 2
    assert fill_work(session, now=clock()) == 0


def test_without_a_clinic_there_is_no_staff(session: Session, clock: FakeClock) -> None:
    assert not open_accounts(session, hashing=HASHING, sealer=SEALER, now=clock())


def test_the_first_administrator_by_the_command_line(app: Flask) -> None:
    runner = app.test_cli_runner()
    ended = runner.invoke(args=["clinic", "administrator", "First@Example.org", "--name", "Flora First"])
    assert (ended.exit_code, "An invitation is on its way" in ended.output) == (0, True)
    ended = runner.invoke(args=["clinic", "administrator", "not an address"])
    assert (ended.exit_code, "whole email address" in ended.output) == (1, True)
    ended = runner.invoke(args=["clinic", "sign-ins"])
    assert ended.exit_code == 1, "not outside a demo"
    with app.app_context():
        session = app.extensions["sqlalchemy"].session()
        account = session.scalars(select(Account)).one()
        assert [grant.role for grant in grants_of(session, account.id)] == [Role.ADMINISTRATOR]
        session.close()
