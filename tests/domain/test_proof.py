"""What of a record proves anything: visits that somebody stood behind, and no other, however they refer to each other."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.people.proof import ATTENDED, BY_STAFF, VisitOnRecord, contacts_of, proven
from clinic.domain.scheduling.appointment import State

PHONE = "+14075550123"
WHEN = datetime(2026, 11, 16, 14, 0, tzinfo=UTC)


def visit(number: int, **said: object) -> VisitOnRecord:
    values: dict[str, object] = {
        "reference": f"R{number}", "state": State.BOOKED, "channel": "web", "start": WHEN, "time_zone": "America/New_York",
        "specialist": "Ada", "contacts": frozenset({"maria@example.org"}),
    }  # fmt: skip
    return VisitOnRecord(id=number, **{**values, **said})  # type: ignore[arg-type]


def test_attended_made_by_staff_or_confirmed_from_the_contact_on_file() -> None:
    seen = visit(1, state=State.FULFILLED)
    confirmed = visit(2, confirmed=True)
    unconfirmed, elsewhere = visit(3), visit(4, contacts=frozenset({"other@example.org"}), confirmed=True)
    both = visit(5, contacts=frozenset({"maria@example.org", "+18135550100"}), confirmed=True)
    assert proven([seen, confirmed, unconfirmed, elsewhere, both], PHONE) == {1, 2}
    assert proven([confirmed, elsewhere, both], PHONE) == frozenset(), "nothing begins with a stranger's own link"
    assert proven([visit(6, channel="phone"), visit(7, contacts=frozenset({PHONE}), confirmed=True)], PHONE) == {6, 7}


def test_a_contact_of_a_confirmed_visit_carries_on() -> None:
    """Seen with an address; confirmed by it, and by the number on file; then by the number alone."""
    first = visit(1, state=State.ARRIVED)
    second = visit(2, contacts=frozenset({"maria@example.org", PHONE}), confirmed=True)
    third = visit(3, contacts=frozenset({PHONE}), confirmed=True)
    assert proven([third, second, first], PHONE) == {1, 2, 3}
    assert contacts_of([first], PHONE) == {"maria@example.org", PHONE}
    assert contacts_of([], PHONE) == frozenset()


CONTACTS = st.frozensets(st.sampled_from(["a@example.org", "b@example.org", PHONE, "+18135550100"]), max_size=3)
VISITS = st.lists(
    st.builds(
        lambda state, channel, contacts, confirmed: (state, channel, contacts, confirmed),
        st.sampled_from(list(State)), st.sampled_from(["web", "api", "waitlist", "phone", "portal", "desk"]), CONTACTS,
        st.booleans(),
    ),
    max_size=7,
)  # fmt: skip


@given(VISITS)
def test_only_what_was_stood_behind_and_whatever_it_vouches_for(said: list[tuple[State, str, frozenset[str], bool]]) -> None:
    visits = [
        visit(n, state=state, channel=channel, contacts=contacts, confirmed=confirmed)
        for n, (state, channel, contacts, confirmed) in enumerate(said)
    ]
    found = proven(visits, PHONE)
    roots = {one.id for one in visits if one.state in ATTENDED or one.channel in BY_STAFF}
    assert roots <= found
    assert not found or roots, "without a root there is nothing"
    on_file = contacts_of((one for one in visits if one.id in found), PHONE)
    for one in visits:
        follows = one.confirmed and bool(one.contacts) and one.contacts <= on_file
        assert (one.id in found) == (one.id in roots or (follows and bool(roots)))
