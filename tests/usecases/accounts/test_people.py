"""Invited, given roles, closed, reset: by whom it may be done, and who else is told."""

from __future__ import annotations

import pyotp
import pytest
from sqlalchemy import select

from clinic.domain.errors import IllegalMove, InvalidInput, NotFound, UnusableToken
from clinic.domain.people.roles import Grant, Role
from clinic.store.staff.accounts import grants_of
from clinic.store.tables.staff import Account, AccountLink
from clinic.usecases import accounts
from tests import build
from tests.usecases.accounts.conftest import PASSWORD, SECRET, Staff

NEW = "a lamp in the harbor"


def invite(staff: Staff, by: str = "Ada", email: str = "new@example.org", grant: Grant | None = None, **given: int) -> int:
    person = staff.person(staff.sign_in(by))
    asked = grant or Grant(Role.FRONT_DESK, staff.here)
    specialist_id = given.get("specialist_id")
    return accounts.invite(
        staff.session, person, email, "Nadia New", asked, specialist_id=specialist_id, now=staff.clock()
    ).account_id  # fmt: skip


def link_of(staff: Staff, account_id: int) -> str:
    """The newest link, as the mail has it."""
    staff.session.rollback()
    wanted = select(AccountLink).where(AccountLink.account_id == account_id).order_by(AccountLink.id.desc())
    link = staff.session.scalars(wanted).first()
    assert link
    return staff.locks.link_token(link.purpose, link.id)


def choose(staff: Staff, token: str, password: str = NEW) -> str:
    return accounts.choose_password(staff.session, token, password, locks=staff.locks, device="Firefox", now=staff.clock())


def test_6_4_1_from_invitation_to_signed_in(staff: Staff) -> None:
    new = invite(staff)
    assert staff.told() == [(new, "invited")]
    token = link_of(staff, new)
    for _ in range(3):  # a mail scanner opens it as well
        assert accounts.open_link(staff.session, token, locks=staff.locks, now=staff.clock()).email == "new@example.org"
    half = staff.person(choose(staff, token))
    assert half.stage == "factor"
    assert not half.reach("see-visit")
    proposal = accounts.propose_factor(half, locks=staff.locks, now=staff.clock())
    secret = proposal.groups.replace(" ", "")
    code = pyotp.TOTP(secret).at(staff.clock())
    cookie, codes = accounts.set_factor(
        staff.session, half, proposal.sealed, code, password="", locks=staff.locks, device="Firefox", now=staff.clock()
    )
    assert len(codes) == 10
    person = staff.person(cookie)
    assert (person.stage, person.reach("see-visit").locations) == ("in", {staff.here})
    again = accounts.begin_sign_in(
        staff.session, "NEW@example.org ", NEW, locks=staff.locks, device="", now=staff.clock()
    )  # fmt: skip
    with pytest.raises(InvalidInput):  # the code of the set-up is used up
        staff.finish(again, code)


def test_6_4_1_a_link_works_once_and_for_three_days(staff: Staff) -> None:
    token = link_of(staff, invite(staff))
    choose(staff, token)
    with pytest.raises(NotFound, match="used, or is too old"):
        choose(staff, token)
    late = link_of(staff, invite(staff, email="late@example.org"))
    staff.clock.forward(days=3)
    with pytest.raises(NotFound):
        choose(staff, late)


def test_a_password_that_is_not_good_enough_leaves_the_link_good(staff: Staff) -> None:
    token = link_of(staff, invite(staff))
    for weak in ("short", "password1", "nadia-new-2026", "impactmedical"):
        with pytest.raises(InvalidInput):
            choose(staff, token, weak)
    assert staff.is_in(choose(staff, token))


@pytest.mark.parametrize("token", ["", "x", "1-", "1-AAAA", "zz-AAAA", "999999-AAAA"])
def test_a_link_that_is_none(staff: Staff, token: str) -> None:
    invite(staff)
    with pytest.raises((NotFound, UnusableToken)):
        choose(staff, token)


def test_the_link_of_a_reset_does_not_open_an_invitation(staff: Staff) -> None:
    new = invite(staff)
    link = staff.session.scalars(select(AccountLink).where(AccountLink.account_id == new)).one()
    with pytest.raises(NotFound):
        choose(staff, staff.locks.link_token("reset", link.id))


def test_a_newer_invitation_takes_the_place_of_the_older(staff: Staff) -> None:
    new = invite(staff)
    older = link_of(staff, new)
    accounts.send_link_again(staff.session, staff.person(staff.sign_in("Ada")), new, now=staff.clock())
    with pytest.raises(NotFound):
        choose(staff, older)
    assert staff.is_in(choose(staff, link_of(staff, new)))


def test_nobody_has_two_accounts_and_no_calendar_two_owners(staff: Staff) -> None:
    specialist = build.specialist(staff.session, name="Dana Brook").id
    invite(staff, grant=Grant(Role.SPECIALIST), specialist_id=specialist)
    with pytest.raises(InvalidInput, match="already"):
        invite(staff, email="New@Example.org")
    with pytest.raises(InvalidInput, match="without an account"):
        invite(staff, email="other@example.org", grant=Grant(Role.SPECIALIST), specialist_id=specialist)


def test_8_3_1_a_manager_invites_specialists_and_front_desks_of_their_clinic_alone(staff: Staff) -> None:
    assert invite(staff, by="Mina")
    for number, grant in enumerate(
        [Grant(Role.FRONT_DESK, staff.there), Grant(Role.MANAGER, staff.here), Grant(Role.ADMINISTRATOR), Grant(Role.AGENT)]
    ):
        with pytest.raises(InvalidInput, match="cannot give"):
            invite(staff, by="Mina", email=f"number{number}@example.org", grant=grant)


def test_8_2_2_a_manager_sees_and_changes_people_of_their_clinic_alone(staff: Staff) -> None:
    mina = staff.person(staff.sign_in("Mina"))
    assert {one.id for one in accounts.list_people(staff.session, mina, now=staff.clock()).people} == {
        staff.made["Felix"],
        staff.made["Mina"],
    }
    with pytest.raises(NotFound):
        accounts.one_person(staff.session, mina, staff.made["Noor"], now=staff.clock())
    with pytest.raises(NotFound):
        accounts.give_role(
            staff.session, mina, staff.made["Noor"], Grant(Role.FRONT_DESK, staff.here), now=staff.clock()
        )  # fmt: skip


def test_a_manager_reaches_specialists_who_give_visits_at_their_clinic(staff: Staff) -> None:
    place, dana, _ = build.practice(staff.session)
    luis = staff.hire("Luis", Grant(Role.MANAGER, place.id))
    danas = staff.hire("Dana", Grant(Role.SPECIALIST), specialist_id=dana.id)
    people = accounts.list_people(staff.session, staff.person(staff.sign_in("Luis")), now=staff.clock()).people
    assert {one.id for one in people} == {luis, danas}


def test_nobody_changes_their_own_roles_or_sign_in(staff: Staff) -> None:
    ada, now = staff.person(staff.sign_in("Ada")), staff.clock()
    me, session = ada.account_id, staff.session
    grant_id = accounts.one_person(session, ada, me, now=staff.clock()).grants[0][0]
    for deed in (
        lambda: accounts.give_role(session, ada, me, Grant(Role.MANAGER, staff.here), now=now),
        lambda: accounts.take_role(session, ada, me, grant_id, now=now),
        lambda: accounts.close_account(session, ada, me, now=now),
        lambda: accounts.reset_sign_in(session, ada, me, now=now),
    ):
        with pytest.raises(IllegalMove):
            deed()
    assert grants_of(session, me) == (Grant(Role.ADMINISTRATOR),)


def test_8_4_1_a_role_taken_away_is_gone_with_the_next_request(staff: Staff) -> None:
    token = staff.sign_in("Felix")
    assert staff.person(token).reach("see-visit")
    ada = staff.person(staff.sign_in("Ada"))
    grant_id = accounts.one_person(staff.session, ada, staff.made["Felix"], now=staff.clock()).grants[0][0]
    accounts.take_role(staff.session, ada, staff.made["Felix"], grant_id, now=staff.clock())
    assert not staff.person(token).reach("see-visit")
    assert staff.audit()[-1] == (f"account:{ada.account_id}", "grant_taken")


def test_a_role_is_had_once_and_its_extra_right_can_be_changed(staff: Staff) -> None:
    ada, felix = staff.person(staff.sign_in("Ada")), staff.made["Felix"]
    with pytest.raises(InvalidInput, match="already"):
        accounts.give_role(staff.session, ada, felix, Grant(Role.FRONT_DESK, staff.here), now=staff.clock())
    accounts.give_role(staff.session, ada, felix, Grant(Role.MANAGER, staff.here), now=staff.clock())
    accounts.give_role(staff.session, ada, felix, Grant(Role.MANAGER, staff.here, True), now=staff.clock())
    assert grants_of(staff.session, felix) == (Grant(Role.FRONT_DESK, staff.here), Grant(Role.MANAGER, staff.here, True))


def test_7_4_2_a_closed_account_is_signed_out_at_once(staff: Staff) -> None:
    token = staff.sign_in("Felix")
    ada = staff.person(staff.sign_in("Ada"))
    accounts.close_account(staff.session, ada, staff.made["Felix"], now=staff.clock())
    assert not staff.is_in(token)
    with pytest.raises(InvalidInput):
        staff.begin("Felix")
    accounts.reopen_account(staff.session, ada, staff.made["Felix"], now=staff.clock())
    assert staff.is_in(choose(staff, link_of(staff, staff.made["Felix"])))


def test_a_reset_ends_everything_and_a_second_person_is_told(staff: Staff) -> None:
    token = staff.sign_in("Felix")
    ada = staff.person(staff.sign_in("Ada"))
    felix, mina = staff.made["Felix"], staff.made["Mina"]
    assert accounts.reset_sign_in(staff.session, ada, felix, now=staff.clock()) == 1
    assert not staff.is_in(token)
    with pytest.raises(InvalidInput):
        staff.begin("Felix")
    assert staff.told() == [(felix, "reset"), (mina, "reset-seen")]
    assert staff.person(choose(staff, link_of(staff, felix))).stage == "factor"
    account = staff.session.get(Account, felix)
    assert account
    assert account.totp_secret is None


def test_a_reset_link_lasts_a_day(staff: Staff) -> None:
    ada = staff.person(staff.sign_in("Ada"))
    accounts.reset_sign_in(staff.session, ada, staff.made["Felix"], now=staff.clock())
    staff.clock.forward(days=1)
    with pytest.raises(NotFound):
        choose(staff, link_of(staff, staff.made["Felix"]))


def test_6_2_3_a_new_password_needs_the_old_one_and_ends_other_sessions(staff: Staff) -> None:
    elsewhere, here = staff.sign_in("Ada"), staff.sign_in("Ada")
    ada, locks, now = staff.person(here), staff.locks, staff.clock()
    with pytest.raises(InvalidInput) as refusal:
        accounts.change_password(staff.session, ada, "not it at all", NEW, locks=locks, now=now)
    assert list(refusal.value.fields) == ["current"]
    accounts.change_password(staff.session, ada, PASSWORD, NEW, locks=locks, now=now)
    assert (staff.is_in(elsewhere), staff.is_in(here)) == (False, True)
    with pytest.raises(InvalidInput):
        staff.begin("Ada")


def test_7_5_1_a_new_app_needs_the_password(staff: Staff) -> None:
    ada = staff.person(staff.sign_in("Ada"))
    proposal = accounts.propose_factor(ada, locks=staff.locks, now=staff.clock())
    secret = proposal.groups.replace(" ", "")
    assert secret != SECRET

    def give(password: str) -> str:
        return accounts.set_factor(
            staff.session, ada, proposal.sealed, pyotp.TOTP(secret).at(staff.clock()), password=password, locks=staff.locks,
            device="", now=staff.clock(),
        )[0]  # fmt: skip

    with pytest.raises(InvalidInput) as refusal:
        give("not it at all")
    assert list(refusal.value.fields) == ["password"]
    assert staff.is_in(give(PASSWORD))


def test_an_app_is_not_changed_by_whoever_knows_the_password_alone(staff: Staff) -> None:
    half = staff.person(staff.begin("Ada"))
    proposal = accounts.propose_factor(half, locks=staff.locks, now=staff.clock())
    code = pyotp.TOTP(proposal.groups.replace(" ", "")).at(staff.clock())
    with pytest.raises(InvalidInput):
        accounts.set_factor(
            staff.session, half, proposal.sealed, code, password=PASSWORD, locks=staff.locks, device="", now=staff.clock()
        )


def test_a_proposal_is_good_for_whoever_it_was_made(staff: Staff) -> None:
    ada, felix = staff.person(staff.sign_in("Ada")), staff.person(staff.sign_in("Felix"))
    proposal = accounts.propose_factor(ada, locks=staff.locks, now=staff.clock())
    again = accounts.propose_factor(felix, locks=staff.locks, now=staff.clock(), sealed=proposal.sealed)
    assert again.groups != proposal.groups
    assert accounts.propose_factor(ada, locks=staff.locks, now=staff.clock(), sealed=proposal.sealed).groups == proposal.groups


def test_breaking_the_glass_lasts_an_hour_in_this_session_and_others_are_told(staff: Staff) -> None:
    token, elsewhere = staff.sign_in("Ada"), staff.sign_in("Ada")
    staff.hire("Bea", Grant(Role.ADMINISTRATOR))
    assert staff.person(token).reach("see-visit").needs_glass
    with pytest.raises(InvalidInput):
        accounts.break_glass(staff.session, staff.person(token), "because", now=staff.clock())
    assert accounts.break_glass(staff.session, staff.person(token), "emergency", now=staff.clock()) == 1
    assert staff.told() == [(staff.made["Bea"], "glass")]
    assert staff.audit()[-1] == (f"account:{staff.made['Ada']}", "glass_broken")
    assert staff.person(token).reach("see-visit").everywhere
    assert not staff.person(elsewhere).reach("see-visit")
    for _ in range(6):
        assert staff.person(token).broke_glass
        staff.clock.forward(minutes=10)
    assert not staff.person(token).reach("see-visit")


def test_the_first_administrator_comes_from_the_command_line(staff: Staff) -> None:
    assert accounts.invite_administrator(staff.session, "First@Example.org", "Flora First", now=staff.clock()) == (True, 1)
    assert staff.told()[0] == (staff.made["Ada"], "role-given")
    account_id = staff.told()[-1][0]
    assert account_id
    assert grants_of(staff.session, account_id) == (Grant(Role.ADMINISTRATOR),)
    choose(staff, link_of(staff, account_id))
    assert accounts.invite_administrator(staff.session, "first@example.org", "", now=staff.clock()) == (False, None)
    assert [event for _, event in staff.told()] == ["role-given", "invited", "reset"]
    assert staff.is_in(choose(staff, link_of(staff, account_id)))
