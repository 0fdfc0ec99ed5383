"""Two steps, one answer to whatever is wrong, sessions that end. Numbers are those of OWASP ASVS 5.0."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import update

from clinic.adapters.passwords import Passwords
from clinic.domain.errors import InvalidInput, NotFound
from clinic.store.tables.staff import Account
from clinic.usecases import accounts
from clinic.usecases.accounts import LOCKED_AT
from tests.usecases.accounts.conftest import PASSWORD, Staff


def refused(staff: Staff, name: str, password: str = PASSWORD) -> str:
    with pytest.raises(InvalidInput) as refusal:
        staff.begin(name, password)
    return refusal.value.fields["password"]


def test_6_3_3_a_password_alone_reaches_nothing(staff: Staff) -> None:
    half = staff.person(staff.begin("Ada"))
    assert half.stage == "code"
    assert not half.reach("keep-people")
    whole = staff.person(staff.finish(staff.begin("Ada"), staff.code()))
    assert whole.stage == "in"
    assert whole.reach("keep-people")
    assert staff.audit()[-1] == (f"account:{staff.made['Ada']}", "sign_in")


def test_7_2_4_the_session_of_the_first_step_ends_with_the_second(staff: Staff) -> None:
    first = staff.begin("Ada")
    second = staff.finish(first, staff.code())
    assert first != second
    assert (staff.is_in(first), staff.is_in(second)) == (False, True)


def test_6_3_8_unknown_wrong_and_closed_read_the_same(staff: Staff) -> None:
    staff.hire("Gideon", state="disabled")
    said = {refused(staff, "Nobody"), refused(staff, "Ada", "not it at all"), refused(staff, "Gideon")}
    staff.hire("Invited", state="invited", password_hash=None)
    said.add(refused(staff, "Invited", ""))
    assert len(said) == 1
    assert [action for _, action in staff.audit()] == ["sign_in_failed"] * 4


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each argon2 verification, whatever comes of it."""
    counted: list[str] = []
    real = PasswordHasher.verify

    def verify(self: PasswordHasher, kept: str, password: str) -> bool:
        counted.append(kept)
        return real(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    return counted


@pytest.mark.parametrize(("name", "password"), [("Nobody", PASSWORD), ("Ada", "wrong one, sorry"), ("Gideon", PASSWORD)])
def test_6_3_8_one_verification_whoever_it_is(staff: Staff, verified: list[str], name: str, password: str) -> None:
    staff.hire("Gideon", state="disabled")
    refused(staff, name, password)
    assert len(verified) == 1


def test_one_verification_of_who_is_right_too(staff: Staff, verified: list[str]) -> None:
    staff.begin("Ada")
    assert len(verified) == 1


@pytest.mark.prove
def test_nobody_can_tell_by_the_clock_whether_an_account_exists(staff: Staff, capsys: pytest.CaptureFixture[str]) -> None:
    object.__setattr__(staff.locks, "hashing", Passwords())
    staff.hire("Yara")
    spent: dict[str, list[float]] = {"Yara": [], "Nobody": []}
    for turn in range(500):
        for name in ("Yara", "Nobody") if turn % 2 else ("Nobody", "Yara"):
            began = time.perf_counter()
            refused(staff, name, "not it at all")
            spent[name].append(time.perf_counter() - began)
        if turn % 20 == 0:
            staff.session.execute(update(Account).values(failures_in_row=0))
            staff.session.commit()
    known, unknown = (statistics.median(times) for times in spent.values())
    with capsys.disabled():
        kind = staff.session.get_bind().dialect.name
        print(f"\n  {kind}: known {known * 1000:.2f} ms, unknown {unknown * 1000:.2f} ms, ratio {known / unknown:.3f} over 500")
    assert 0.95 <= known / unknown <= 1.05


def test_6_5_1_a_code_counts_once(staff: Staff) -> None:
    code = staff.code()
    staff.finish(staff.begin("Ada"), code)
    with pytest.raises(InvalidInput):
        staff.finish(staff.begin("Ada"), code)
    assert staff.is_in(staff.sign_in("Ada"))


def test_6_5_1_an_older_code_does_not_count_after_a_newer_one(staff: Staff) -> None:
    older = staff.code()
    staff.finish(staff.begin("Ada"), staff.code())
    with pytest.raises(InvalidInput):
        staff.finish(staff.begin("Ada"), older)


def test_6_5_5_a_code_of_two_minutes_ago_is_too_old(staff: Staff) -> None:
    code = staff.code()
    staff.clock.forward(minutes=2)
    with pytest.raises(InvalidInput):
        staff.finish(staff.begin("Ada"), code)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "००००००", "0" * 4000])
def test_a_code_that_is_none(staff: Staff, typed: str) -> None:
    with pytest.raises(InvalidInput):
        staff.finish(staff.begin("Ada"), typed)


def test_recovery_codes_work_once_each_and_however_they_are_typed(staff: Staff) -> None:
    person = staff.person(staff.sign_in("Ada"))
    codes = accounts.change_codes(staff.session, person, PASSWORD, locks=staff.locks, now=staff.clock())
    assert len(set(codes)) == 10
    typed = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert staff.is_in(staff.finish(staff.begin("Ada"), typed))
    with pytest.raises(InvalidInput):
        staff.finish(staff.begin("Ada"), codes[0])
    with pytest.raises(InvalidInput):
        staff.finish(staff.begin("Felix"), codes[1])
    assert staff.is_in(staff.finish(staff.begin("Ada"), codes[1]))


def test_after_many_wrong_in_a_row_only_a_reset_helps(staff: Staff) -> None:
    staff.hire("Late", failures_in_row=LOCKED_AT - 1)
    refused(staff, "Late", "not it at all")
    assert refused(staff, "Late") == refused(staff, "Nobody")


def test_wrong_codes_count_too_and_a_sign_in_forgets_them(staff: Staff) -> None:
    for _ in range(2):
        with pytest.raises(InvalidInput):
            staff.finish(staff.begin("Ada"), "000000")
    refused(staff, "Ada", "not it at all")
    assert failures(staff, "Ada") == 3
    staff.sign_in("Ada")
    assert failures(staff, "Ada") == 0


def failures(staff: Staff, name: str) -> int:
    account = staff.session.get(Account, staff.made[name], populate_existing=True)
    assert account
    return account.failures_in_row


def test_7_3_1_a_session_ends_after_a_quarter_of_an_hour_without_a_request(staff: Staff) -> None:
    token = staff.sign_in("Ada")
    for _ in range(3):
        staff.clock.forward(minutes=14)
        assert staff.is_in(token)
    staff.clock.forward(minutes=15)
    assert not staff.is_in(token)
    assert accounts.look(staff.session, token, now=staff.clock()).account_id == staff.made["Ada"]


def test_7_3_2_a_session_ends_after_twelve_hours_whatever_happens(staff: Staff) -> None:
    token = staff.sign_in("Ada")
    for _ in range(12 * 6 - 1):
        staff.clock.forward(minutes=10)
        assert staff.is_in(token)
    staff.clock.forward(minutes=10)
    assert not staff.is_in(token)


def test_the_second_step_is_open_for_ten_minutes(staff: Staff) -> None:
    token = staff.begin("Ada")
    staff.clock.forward(minutes=10)
    assert not staff.is_in(token)


def test_7_4_1_signed_out_is_signed_out(staff: Staff) -> None:
    token = staff.sign_in("Ada")
    accounts.sign_out(staff.session, staff.person(token), now=staff.clock())
    assert not staff.is_in(token)
    assert staff.audit()[-1][1] == "sign_out"


def test_7_5_2_where_am_i_signed_in_and_end_the_others(staff: Staff) -> None:
    tokens = [staff.sign_in("Ada") for _ in range(3)]
    stranger = staff.sign_in("Felix")
    person = staff.person(tokens[0])
    places = accounts.places(staff.session, person, now=staff.clock())
    assert [place.here for place in places] == [True, False, False]
    accounts.end_place(staff.session, person, places[1].id, now=staff.clock())
    assert sum(map(staff.is_in, tokens)) == 2
    assert accounts.end_others(staff.session, person, now=staff.clock()) == 1
    assert [staff.is_in(token) for token in tokens] == [True, False, False]
    assert staff.is_in(stranger)


def test_nobody_ends_the_session_of_somebody_else(staff: Staff) -> None:
    theirs = staff.person(staff.sign_in("Felix"))
    mine = staff.person(staff.sign_in("Ada"))
    with pytest.raises(NotFound):
        accounts.end_place(staff.session, mine, theirs.session_id, now=staff.clock())


def test_a_cookie_that_is_none(staff: Staff) -> None:
    for token in ("", "x", "\ud800", "a" * 9000):
        assert accounts.look(staff.session, token, now=staff.clock()).person is None


def test_the_database_holds_neither_cookie_nor_code_nor_secret(staff: Staff) -> None:
    token = staff.sign_in("Ada")
    codes = accounts.change_codes(staff.session, staff.person(token), PASSWORD, locks=staff.locks, now=staff.clock())
    kept = " ".join(
        str(row) for table in ("staff_session", "account", "recovery_code")
        for row in staff.session.connection().exec_driver_sql(f"select * from {table}")
    )  # fmt: skip
    for secret in (token, PASSWORD, *codes, *(code.replace("-", "") for code in codes)):
        assert secret not in kept


def test_old_sessions_are_forgotten(staff: Staff) -> None:
    staff.sign_in("Ada")
    staff.clock.now += timedelta(days=31)
    staff.sign_in("Ada")
    rows = staff.session.connection().exec_driver_sql("select count(*) from staff_session").scalar_one()
    assert rows == 2  # both steps of today
