"""What the staff are told by a real mail server: links that work and die in time, plain words, nothing about patients."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from clinic.domain.people.roles import Grant, Role
from clinic.store.staff.accounts import add_grant
from clinic.store.tables.staff import Account, AccountLink
from clinic.usecases import accounts
from clinic.usecases.accounts import Person
from tests import build
from tests.usecases.messages.conftest import SITE, House
from tests.web.care.test_reading import LIMIT, grade, sentences


def hire(house: House, name: str, *grants: Grant) -> int:
    made = Account(email=f"{name.lower()}@example.org", name=f"{name} Ashgrover", state="active", created_at=house.clock())
    id_ = build.save(house.session, made).id
    for grant in grants:
        add_grant(house.session, id_, grant)
    house.session.commit()
    return id_


def person(house: House, id_: int, *grants: Grant) -> Person:
    return Person(
        account_id=id_, name="Ada Ashgrover", email="ada@example.org", specialist_id=None, grants=grants, session_id=0,
        stage="in", until=house.clock(),
    )  # fmt: skip


@pytest.fixture
def ada(house: House) -> Person:
    return person(house, hire(house, "Ada", Grant(Role.ADMINISTRATOR)), Grant(Role.ADMINISTRATOR))


def told(house: House) -> dict[str, str]:
    """By address and subject: the text of each mail."""
    house.work()
    return {
        f"{one.message['To']}: {one.message['Subject']}": one.message.get_body(("plain",)).get_content().replace("\r\n", "\n")  # type: ignore[union-attr]
        for one in house.box.received
    }


def test_an_invitation_brings_a_link_that_opens(house: House, ada: Person) -> None:
    now = house.clock()
    accounts.invite(
        house.session, ada, "new@example.org", "Nadia New", Grant(Role.AGENT), specialist_id=None, now=now
    )  # fmt: skip
    (words,) = told(house).values()
    found = re.search(rf"{re.escape(SITE)}(/account/set-up/[A-Za-z0-9_-]+)", words)
    assert found
    page = house.app.test_client().get(found[1], base_url=SITE)
    assert page.status_code == 200
    assert "new@example.org" in page.text
    kept = house.session.execute(text("select * from account_link")).all()
    assert found[1].rpartition("-")[2] not in str(kept), "what opens it is nowhere in the database"


def test_a_reset_is_told_to_its_owner_and_to_a_second_person(house: House, ada: Person) -> None:
    felix = hire(house, "Felix", Grant(Role.FRONT_DESK, house.place.id))
    hire(house, "Mina", Grant(Role.MANAGER, house.place.id))
    accounts.reset_sign_in(house.session, ada, felix, now=house.clock())
    found = told(house)
    assert set(found) == {
        "felix@example.org: Choose a new password", "mina@example.org: A colleague’s sign-in was reset",
    }  # fmt: skip
    assert "Felix Ashgrover" in found["mina@example.org: A colleague’s sign-in was reset"]
    assert "/set-up/" not in found["mina@example.org: A colleague’s sign-in was reset"]


def test_a_link_that_was_replaced_or_is_over_is_not_sent(house: House, ada: Person) -> None:
    session, now = house.session, house.clock()
    new = accounts.invite(session, ada, "new@example.org", "Nadia New", Grant(Role.AGENT), specialist_id=None, now=now).account_id
    accounts.send_link_again(session, ada, new, now=now)
    assert len(told(house)) == 1
    assert len(house.box.received) == 1, "only the newer"
    accounts.send_link_again(session, ada, new, now=now)
    accounts.close_account(session, ada, new, now=now)
    told(house)
    assert len(house.box.received) == 1
    assert session.query(AccountLink).count() == 3


def test_the_words_are_plain(house: House, ada: Person) -> None:
    hire(house, "Bea", Grant(Role.ADMINISTRATOR))
    felix = hire(house, "Felix", Grant(Role.FRONT_DESK, house.place.id))
    accounts.invite(
        house.session, ada, "new@example.org", "Nadia New", Grant(Role.AGENT), specialist_id=None, now=house.clock()
    )  # fmt: skip
    accounts.reset_sign_in(house.session, ada, felix, now=house.clock())
    accounts.break_glass(house.session, ada, "emergency", now=house.clock())
    found = told(house)
    assert len(found) == 4
    for name, words in found.items():
        read = [sentence for block in re.sub(r"https?://\S+", "", words).split("\n\n")[1:-1] for sentence in sentences(block)]
        assert grade(read) <= LIMIT, (name, grade(read))
