"""What the staff's forms send: by field the records that it may name, within reach and beyond; or why it names none."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pyotp import TOTP, random_base32

from clinic.domain.people.roles import Role
from clinic.domain.scheduling.roster_edits import AddHours, SetDay, SetWeek, write_edits
from clinic.domain.tokens import write_key, write_reference
from clinic.usecases import roster
from tests.web.staff import PASSWORD
from tests.web.street import COLLEAGUE, WORDS, Asker
from tests.web.visiting import opened

Values = Mapping[str, str]
REFUSED, TOLD = "refused", "told"
"""How it is judged: the form does nothing; or, of a field beside what the form does, nothing beyond reach is told or touched."""

NUMBERS: Values = {"nonexistent": "99999999", "huge": "9" * 40, "no number": "1 or 1=1", "negative": "-1", "null": "\0"}
WORDS_OF_NOTHING: Values = {"nonexistent": "no-such-thing", "huge": "x" * 3000, "no word": "'\0<"}


@dataclass(frozen=True, eq=False)
class Case:
    """A field of some forms. `form` are the others, valid; `right` a value within reach, and `beyond` those out of it.

    `anyhow` are values that name nothing, for anybody. `control` says why nothing is sent that would succeed. `address`:
    arguments of the address, where not those of OBJECTS. `at_a_clinic`: only for whoever has a role at a clinic; others reach
    nothing there.
    """

    field: str
    endpoints: Collection[str]
    form: Callable[[Asker], Values]
    right: Callable[[Asker], str]
    beyond: Callable[[Asker], Values]
    anyhow: Callable[[Asker], Values] = lambda _asker: NUMBERS
    judged: str = REFUSED
    control: str = ""
    succeeds: Collection[int] = (303,)
    address: Callable[[Asker], dict[str, object]] | None = None
    may_change: Collection[str] = ()
    at_a_clinic: bool = False


def nothing(_asker: Asker) -> Values:
    return {}


def fixed(**values: str) -> Callable[[Asker], Values]:
    return lambda _asker: values


def secrets(asker: Asker, endpoint: str) -> list[str]:
    """List words that no answer to them may have: of patients, and of colleagues, whom they do not reach there."""
    everywhere = asker.name == "supervisor" and not endpoint.startswith("desk.")
    words = [] if everywhere else [WORDS[whose] for whose in asker.beyond]
    if asker.role is Role.ADMINISTRATOR:  # they keep the staff and reach no patient
        return list(WORDS.values())
    return [*words, COLLEAGUE] if endpoint not in BY_NAME else words


BY_NAME = {"desk.take_call_back", "portal.take_task"}
"""Where whoever was faster is named, at any clinic."""


# Numbers


def own(asker: Asker, of: str, whose: str) -> str:
    found: Mapping[str, Any] = getattr(asker.world, of)
    return str(found[whose])


def each(asker: Asker, of: str) -> Values:
    return {whose: own(asker, of, whose) for whose in asker.beyond}


def clinic(asker: Asker) -> str:
    return str(asker.world.here)


def clinic_beyond(asker: Asker) -> Values:
    return {} if asker.role is Role.ADMINISTRATOR else {"the other clinic": str(asker.world.there)}


def calendars_beyond(asker: Asker) -> Values:
    """List calendars that they may tie to nobody."""
    elsewhere = {} if asker.role is Role.ADMINISTRATOR else {"of the other clinic": str(asker.world.calendars["there"])}
    return elsewhere | {"with an account": str(asker.world.calendars["own"])}


def colleague(asker: Asker) -> dict[str, object]:
    return {"number": asker.world.people["here"]}


# Tokens


def tokens(purpose: str, number: Callable[[Asker], int]) -> Callable[[Asker], Values]:
    """Make keys that open nothing: nobody's, of another key, for another purpose, cut short."""

    def made(asker: Asker) -> Values:
        key, id_ = asker.street.key, number(asker)
        good = write_key(key, purpose, id_, 0)
        return {
            "nobody's": write_key(key, purpose, 99999999, 0), "of another key": write_key(b"another key", purpose, id_, 0),
            "for another purpose": write_key(key, "manage", id_, 0), "of another generation": write_key(key, purpose, id_, 7),
            "cut short": good[:-3], "huge": "f" * 5000, "no token": "☃\0",
        }  # fmt: skip

    return made


def hold_in_call(asker: Asker) -> str:
    return asker.street.hold(asker.name if asker.role is Role.AGENT else "another call")


def other_holds(asker: Asker) -> Values:
    names = {*asker.street.holds} - {asker.name}
    return {f"held {name}": asker.street.hold(name) for name in sorted(names)}


def openings(asker: Asker) -> Values:
    street = asker.street
    return {
        "of another key": street.opening(asker.whose, key=b"another key"), "cut short": street.opening(asker.whose)[:-4],
        "of no kind": street.opening(asker.whose, kind=99999999), "huge": "A" * 5000, "no token": "☃\0",
        "not given there": street.opening("there", at="here") if asker.role is Role.AGENT else street.opening("own", at="there"),
    }  # fmt: skip


def openings_beyond(asker: Asker) -> Values:
    return {} if asker.role is Role.AGENT else {"at the other clinic": asker.street.opening("there")}


def follow_ups_beyond(asker: Asker) -> Values:
    other = "here" if asker.whose == "own" else "own"
    return openings_beyond(asker) | {"with a colleague": asker.street.opening(other)}


def row(asker: Asker, whose: str, *, number: int | None = None, key: bytes = b"") -> str:
    call = asker.world.calls["own"] if number is None else number
    return write_key(key or asker.street.key, f"caller.{call}.phone", asker.world.patients[whose], 0)


def rows_beyond(asker: Asker) -> Values:
    """List rows that were shown in another call."""
    return {f"{whose}, in another call": row(asker, whose, number=asker.world.calls["other"]) for whose in WORDS}


def row_tokens(asker: Asker) -> Values:
    purpose = f"caller.{asker.world.calls['own']}.phone"
    return tokens(purpose, lambda one: one.world.patients["own"])(asker)


NEW = {
    "given_name": "Ana", "family_name": "Neil", "birth_date": "12/31/1980", "phone": "407 555 0166", "postal_code": "32801",
    "contact": "text", "relation": "self", "report": "y", "sure": "y", "initial": "N",
}  # fmt: skip


# Hours


def hours_of(asker: Asker) -> date:
    """Choose a Saturday on which nothing is."""
    now = asker.world.app.extensions["clinic"].clock()
    return (now + timedelta(days=19)).date()


def tomorrow(asker: Asker) -> str:
    return (asker.world.app.extensions["clinic"].clock() + timedelta(days=1)).date().isoformat()


def added(asker: Asker, location: int) -> str:
    return write_edits((AddHours(location, hours_of(asker), "10:00-12:00"),))


def changes_beyond(asker: Asker) -> Values:
    """Write changes of hours at the other clinic."""
    there, day = asker.world.there, hours_of(asker)
    return {
        "hours added there": added(asker, there),
        "a day there": write_edits((SetDay(there, day, "10:00-12:00"),)),
        "a week there": write_edits((SetWeek(there, "Mon 09:00-12:00", day, day + timedelta(days=7)),)),
        "one of two there": json.dumps([*json.loads(added(asker, asker.world.here)), *json.loads(added(asker, there))]),
    }


def changes_of_nothing(asker: Asker) -> Values:
    return {
        "nonexistent": added(asker, 99999999), "huge": added(asker, 10**30), "no change": "[[\"Sweep\"]]", "no JSON": "{\0",
        "negative": added(asker, -1),
    }  # fmt: skip


def weekly_typed(location: int) -> str:
    return json.dumps([["clinic", str(location)], ["first_day", "12/07/2026"], ["mon", "9-12"]])


def deciding(asker: Asker) -> Values:
    """Fill in that tomorrow is closed, on which the specialist has a visit: it goes onto the work list."""
    edits = (SetDay(asker.world.here, date.fromisoformat(tomorrow(asker)), ""),)
    now = asker.world.app.extensions["clinic"].clock()
    with opened(asker.world.url) as session:
        version = roster.preview(session, asker.specialist, edits, now=now).version
    whose = "own" if asker.role is Role.SPECIALIST else "here"
    visit = f"{asker.world.visits[whose]}.0"
    return {"change": write_edits(edits), "version": version, "held": "keep", "all": "task", f"visit-{visit}": "task"}


def version(asker: Asker) -> str:
    return asker.street.versions["own" if asker.role is Role.SPECIALIST else "here"]


def saving(asker: Asker) -> Values:
    return {"change": added(asker, asker.world.here), "version": version(asker)}


CALLS = [
    f"desk.{name}"
    for name in (
        "call", "say_who", "note", "end", "look_up", "verify", "new_caller", "hold", "keep", "release", "book", "move", "cancel",
        "typed", "wait", "call_back", "next_person", "take_as_new", "call_back_on_file",
    )
]  # fmt: skip
NEW_SECRET = random_base32()
INVITED = {"name": "New Colleague", "email": "new.colleague@example.org"}
WALKING_IN = {
    "given_name": "Wanda", "family_name": "Walker", "birth_date_month": "4", "birth_date_day": "23", "birth_date_year": "1971",
    "phone": "407 555 0199",
}  # fmt: skip
FALLS_BACK = "what is not theirs is left out: the page is of their own clinic, the same as without the field"
SHOWN_AGAIN = "a form that was typed is shown again after a refusal, and never acted on"


def roles_beyond(asker: Asker) -> Values:
    return {} if asker.role is Role.ADMINISTRATOR else {role: role for role in ("manager", "administrator", "agent")}


CASES: tuple[Case, ...] = (
    # Accounts
    Case(
        "number",
        ["account.end_sessions"],
        nothing,
        lambda a: str(a.street.sessions[a.name]),
        lambda a: {name: str(id_) for name, id_ in a.street.sessions.items() if name != a.name},
        anyhow=fixed(nonexistent="99999999"),
    ),
    Case(
        "proposed",
        ["account.send_factor"],
        lambda a: {"password": PASSWORD, "code": TOTP(NEW_SECRET).at(a.world.app.extensions["clinic"].clock())},
        lambda a: proposal(a, a.account),
        lambda a: {"to a colleague": proposal(a, a.world.people["here"])},
        fixed(forged="forged", sealed_nothing="", huge="x" * 5000),
        succeeds=(200,),
    ),
    Case(
        "location",
        ["account.give_role"],
        fixed(role="front_desk"),
        clinic,
        clinic_beyond,
        address=lambda a: {"number": a.world.people[Role.FRONT_DESK if a.role is Role.MANAGER else "there"]},
        control="they have it already",
    ),
    Case(
        "role",
        ["account.give_role"],
        lambda a: {"location": clinic(a)},
        lambda _: "specialist",
        roles_beyond,
        fixed(nonexistent="king", garbage="\0"),
        address=colleague,
    ),
    Case(
        "grant",
        ["account.take_role"],
        nothing,
        lambda a: str(a.street.grants["here"]),
        lambda a: (
            {"of somebody else": str(a.street.grants["there"])}
            | ({} if a.role is Role.ADMINISTRATOR else {"at the other clinic": str(a.street.grants["here, there"])})
        ),
        address=colleague,
    ),
    Case("location", ["account.send_invite"], fixed(**INVITED, role="front_desk"), clinic, clinic_beyond),
    Case(
        "role",
        ["account.send_invite"],
        lambda a: INVITED | {"location": clinic(a)},
        lambda _: "specialist",
        roles_beyond,
        fixed(nonexistent="king", garbage="\0"),
    ),
    Case(
        "specialist",
        ["account.send_invite"],
        lambda a: INVITED | {"role": "specialist", "location": clinic(a)},
        lambda a: str(a.world.calendars["here"]),
        calendars_beyond,
    ),
    Case(
        "specialist",
        ["account.tie_calendar"],
        nothing,
        lambda a: str(a.world.calendars["here"]),
        calendars_beyond,
        address=lambda a: {"number": a.street.untied},
    ),
    # Calls
    Case(
        "hold",
        ["desk.book"],
        fixed(contact="none"),
        hold_in_call,
        other_holds,
        tokens("hold", lambda a: a.street.holds.get(a.name, 1)),
    ),
    Case(
        "hold",
        ["desk.keep", "desk.release"],
        nothing,
        hold_in_call,
        other_holds,
        tokens("hold", lambda a: a.street.holds.get(a.name, 1)),
    ),
    Case(
        "hold",
        ["desk.move"],
        lambda a: {"visit": own(a, "visits", a.whose)},
        hold_in_call,
        other_holds,
        tokens("hold", lambda a: a.street.holds.get(a.name, 1)),
    ),
    Case(
        "visit",
        ["desk.move"],
        lambda a: {"hold": hold_in_call(a)},
        lambda a: own(a, "visits", a.whose),
        lambda a: each(a, "visits"),
    ),
    Case("visit", ["desk.cancel"], fixed(reason="asked"), lambda a: own(a, "visits", a.whose), lambda a: each(a, "visits")),
    Case("opening", ["desk.hold"], nothing, lambda a: a.street.opening("there"), openings_beyond, openings),
    Case(
        "location",
        ["desk.typed"],
        lambda a: typed_time(a) | {"specialist": a.street.slugs["there"]},
        lambda a: a.street.slugs["clinic there"],
        lambda a: {"not given there": a.street.slugs["clinic here"]},
        lambda _: WORDS_OF_NOTHING,
    ),
    Case(
        "specialist",
        ["desk.typed"],
        lambda a: typed_time(a) | {"location": a.street.slugs["clinic there"]},
        lambda a: a.street.slugs["there"],
        lambda a: {"not given there": a.street.slugs["own"]},
        lambda _: WORDS_OF_NOTHING,
    ),
    Case(
        "row",
        ["desk.verify"],
        fixed(given_name="Larkspur", fact="month", answer="10/2026 Larkwood"),
        lambda a: row(a, a.whose),
        rows_beyond,
        row_tokens,
        control="a match needs a visit that was attended: tests/web/desk/test_call.py",
    ),
    Case(
        "shown",
        ["desk.verify"],
        fixed(given_name="Larkspur", fact="month", answer="10/2026 Larkwood", initial="L"),
        lambda a: row(a, a.whose),
        rows_beyond,
        row_tokens,
        control="as for row, which it stands in for",
    ),
    Case(
        "shown",
        ["desk.new_caller"],
        fixed(**NEW),
        lambda a: row(a, "there"),
        rows_beyond,
        row_tokens,
        may_change=("patient", "resource", "call"),
    ),
    Case("row", ["desk.call_back_on_file"], nothing, lambda a: row(a, a.whose), rows_beyond, row_tokens),
    Case(
        "holder",
        ["desk.take_call_back"],
        nothing,
        lambda _: "",
        lambda a: {"another agent": str(a.world.people["other agent"]), "oneself": str(a.account)},
        fixed(nonexistent="99999999"),
        address=lambda a: {"number": a.street.free_call_back},
    ),
    Case(
        "?move",
        CALLS[:1],
        lambda a: {f"?{name}": text for name, text in a.street.sought.items()},
        lambda a: own(a, "visits", a.whose),
        lambda a: each(a, "visits"),
        fixed(nonexistent="99999999"),
        judged=TOLD,
        succeeds=(200,),
    ),
    Case(
        "?move",
        CALLS[1:],
        nothing,
        lambda a: own(a, "visits", a.whose),
        lambda a: each(a, "visits"),
        fixed(nonexistent="99999999"),
        judged=TOLD,
        succeeds=(200,),
        control="beside a form that is not filled in: only the screen tells of it",
    ),
    Case(
        "?whose",
        ["desk.call_backs"],
        nothing,
        lambda _: "",
        lambda a: {"everybody's": "all"} if a.name == "agent" else {},
        fixed(garbage="\0"),
        judged=TOLD,
        succeeds=(200,),
    ),
    # Visits
    Case("opening", ["portal.move"], fixed(reason="asked"), lambda a: a.street.opening(a.whose), openings_beyond, openings),
    Case(
        "?opening",
        ["portal.move_times"],
        nothing,
        lambda a: a.street.opening(a.whose),
        openings_beyond,
        openings,
        succeeds=(200,),
    ),
    Case(
        "?with",
        ["portal.move_times"],
        nothing,
        lambda a: str(a.world.calendars[a.whose]),
        lambda a: {} if a.role is Role.AGENT else {"of the other clinic": str(a.world.calendars["there"])},
        fixed(nonexistent="99999999"),
        succeeds=(200,),
    ),
    Case(
        "?with",
        ["portal.move"],
        fixed(reason="asked", opening="no token"),
        lambda a: str(a.world.calendars[a.whose]),
        lambda a: {} if a.role is Role.AGENT else {"of the other clinic": str(a.world.calendars["there"])},
        fixed(nonexistent="99999999"),
        control="times are shown once more after a refusal: portal.move_times asks the same",
    ),
    Case("opening", ["portal.hold_follow_up"], nothing, lambda a: a.street.opening(a.whose), follow_ups_beyond, openings),
    # The front desk
    Case(
        "clinic",
        ["portal.desk"],
        lambda a: {"day": tomorrow(a)},
        clinic,
        clinic_beyond,
        judged=TOLD,
        succeeds=(200,),
        at_a_clinic=True,
    ),
    Case(
        "clinic",
        ["portal.find_on_desk"],
        lambda a: {"day": tomorrow(a), "name": "n"},
        clinic,
        clinic_beyond,
        judged=TOLD,
        succeeds=(200,),
        at_a_clinic=True,
    ),
    Case(
        "clinic",
        ["portal.mark_on_desk"],
        lambda a: {"day": tomorrow(a), "mark": "nonsense"},
        clinic,
        clinic_beyond,
        control=FALLS_BACK,
        at_a_clinic=True,
    ),
    Case(
        "clinic",
        ["portal.walk_in"],
        lambda a: {"visit": str(a.street.kind_elsewhere)},
        clinic,
        clinic_beyond,
        judged=TOLD,
        succeeds=(200,),
        at_a_clinic=True,
    ),
    Case(
        "visit",
        ["portal.walk_in"],
        lambda a: {"clinic": clinic(a)},
        lambda a: str(a.street.kind),
        lambda a: {"given elsewhere": str(a.street.kind_elsewhere)},
        judged=TOLD,
        succeeds=(200,),
        at_a_clinic=True,
    ),
    Case(
        "clinic",
        ["portal.hold_walk_in", "portal.book_walk_in"],
        fixed(opening="no token", hold="no token"),
        clinic,
        clinic_beyond,
        control=FALLS_BACK,
        at_a_clinic=True,
    ),
    Case(
        "visit",
        ["portal.hold_walk_in", "portal.book_walk_in"],
        fixed(opening="no token", hold="no token"),
        lambda a: str(a.street.kind),
        lambda a: {"given elsewhere": str(a.street.kind_elsewhere)},
        control=FALLS_BACK,
        at_a_clinic=True,
    ),
    Case(
        "opening",
        ["portal.hold_walk_in"],
        nothing,
        lambda a: a.street.opening(a.whose),
        openings_beyond,
        openings,
        succeeds=(200,),
        at_a_clinic=True,
    ),
    Case(
        "hold",
        ["portal.book_walk_in"],
        fixed(**WALKING_IN),
        lambda a: a.street.hold("here"),
        lambda a: {f"held {name}": a.street.hold(name) for name in ("there", "another call")},
        tokens("hold", lambda a: a.street.holds["here"]),
        at_a_clinic=True,
    ),
    Case(
        "hold",
        ["portal.release_walk_in"],
        nothing,
        lambda a: a.street.hold("here"),
        lambda a: {f"held {name}": a.street.hold(name) for name in ("there", "another call")},
        tokens("hold", lambda a: a.street.holds["here"]),
        at_a_clinic=True,
    ),
    # The work list, and records that are there twice
    Case(
        "holder",
        ["portal.take_task"],
        nothing,
        lambda _: "",
        lambda a: {
            "a colleague": str(a.world.people["here"]),
            "of the other clinic": str(a.world.people["there"]),
            "oneself": str(a.account),
        },
        fixed(nonexistent="99999999"),
    ),
    Case(
        "keep",
        ["portal.merge"],
        nothing,
        lambda a: own(a, "patients", "here"),
        lambda a: {whose: own(a, "patients", whose) for whose in ("own", "there")},
    ),
    Case(
        "one",
        ["portal.send_report"],
        lambda a: {"other": a.street.references["own"]},
        lambda a: a.street.references["here"],
        lambda a: {"of the other clinic": a.street.references["there"]},
        lambda _: {"nonexistent": write_reference(7), "huge": "7" * 3000, "garbage": "☃\0"},
        at_a_clinic=True,
    ),
    Case(
        "other",
        ["portal.send_report"],
        lambda a: {"one": a.street.references["own"]},
        lambda a: a.street.references["here"],
        lambda a: {"of the other clinic": a.street.references["there"]},
        lambda _: {"nonexistent": write_reference(7), "huge": "7" * 3000, "garbage": "☃\0"},
        at_a_clinic=True,
    ),
    Case(
        "?person",
        ["portal.audit"],
        nothing,
        lambda a: str(a.account),
        lambda a: (
            {}
            if a.role is Role.ADMINISTRATOR
            else {"of the other clinic": str(a.world.people["there"]), "an agent": str(a.world.people["other agent"])}
        ),
        judged=TOLD,
        succeeds=(200,),
    ),
    Case(
        "?whose",
        ["portal.audit"],
        nothing,
        lambda _: "mine",
        lambda a: {"everybody's": "all"} if a.role not in (Role.ADMINISTRATOR, Role.MANAGER) else {},
        fixed(garbage="\0"),
        judged=TOLD,
        succeeds=(200,),
    ),
    # Working hours
    Case("?clinic", ["portal.weekly"], nothing, clinic, clinic_beyond, succeeds=(200,)),
    Case("?clinic", ["portal.one_day"], nothing, clinic, clinic_beyond, judged=TOLD, succeeds=(200,)),
    Case(
        "clinic",
        ["portal.send_weekly"],
        fixed(first_day="12/07/2026", mon="9-5", tue="9-5", wed="9-5", thu="9-5", fri="9-5"),
        clinic,
        clinic_beyond,
        succeeds=(200,),
    ),
    Case(
        "clinic",
        ["portal.send_one_day"],
        lambda a: {"day": hours_of(a).isoformat(), "what": "add", "hours": "10-12"},
        clinic,
        clinic_beyond,
        succeeds=(200,),
    ),
    Case(
        "change",
        ["portal.save"],
        lambda a: {"version": version(a)},
        lambda a: added(a, a.world.here),
        changes_beyond,
        changes_of_nothing,
    ),
    Case(
        "version",
        ["portal.save"],
        lambda a: {"change": added(a, a.world.here)},
        version,
        lambda a: {"of a colleague": a.street.versions["there"]},
        lambda _: WORDS_OF_NOTHING,
    ),
    Case(
        "typed",
        ["portal.save"],
        fixed(form="weekly", change="no JSON"),
        lambda a: weekly_typed(a.world.here),
        lambda a: {"at the other clinic": weekly_typed(a.world.there)},
        lambda _: {"nonexistent": weekly_typed(99999999), "huge": weekly_typed(10**30), "no JSON": "{\0", "deep": "[" * 5000},
        control=SHOWN_AGAIN,
    ),
    Case(
        "visit-*",
        ["portal.save"],
        deciding,
        lambda _: "task",
        lambda a: {f"of {whose}": f"{a.world.visits[whose]}.0" for whose in a.beyond},
        fixed(nonexistent="99999999.0", garbage="\0"),
        judged=TOLD,
        control="the decision that is right goes with each, and is carried out",
    ),
    Case(
        "listed",
        ["portal.save"],
        deciding,
        lambda _: "task",
        lambda a: {f"of {whose}": f"{a.world.visits[whose]}.0" for whose in a.beyond},
        fixed(nonexistent="99999999.0", garbage="\0"),
        judged=TOLD,
        control="the decision that is right goes with each, and is carried out",
    ),
    Case(
        "change",
        ["portal.take_back"],
        nothing,
        lambda a: str(a.street.changes["own" if a.role is Role.SPECIALIST else "here"]),
        lambda a: {
            whose: str(a.street.changes[whose]) for whose in WORDS if whose != ("own" if a.role is Role.SPECIALIST else "here")
        },
    ),
    Case(
        "?saved",
        ["portal.one_week", "portal.save", "portal.take_back", "portal.come_back"],
        nothing,
        lambda a: str(a.street.changes["own" if a.role is Role.SPECIALIST else "here"]),
        lambda a: {"there": str(a.street.changes["there"])},
        judged=TOLD,
        succeeds=(200,),
        control="the page is the same, with a line more",
    ),
)


def proposal(asker: Asker, account: int) -> str:
    """Seal a secret for an app, as it was proposed to that account."""
    app = asker.world.app
    until = int((app.extensions["clinic"].clock() + timedelta(minutes=20)).timestamp())
    told = {"account": account, "secret": NEW_SECRET, "until": until}
    return str(app.extensions["clinic.locks"].sealer.seal(json.dumps(told)))


def typed_time(asker: Asker) -> dict[str, str]:
    now = asker.world.app.extensions["clinic"].clock()
    day = (now + timedelta(days=2)).date()
    return {f"?{name}": text for name, text in asker.street.sought.items()} | {"day": f"{day:%m/%d/%Y}", "time": "4 pm"}


A_WORD = "words, kept or looked at as words"
A_CHOICE = "a choice of a closed list"
A_DAY = "a day or a time of day"
A_MARK = "whether something is so"
A_PASSWORD = "what only the person knows"
A_PAGE = "how far down a list that is within reach"
WHERE_NEXT = "where to go on afterwards: that page asks for itself"
LOOKED_FOR = "a place or wishes that are looked for, as on the public pages"
WHOLE = "is shown again as it was typed: no template looks anything up"

REASONS: Mapping[str | tuple[str, str], str] = {
    # In all forms
    **dict.fromkeys(("name", "note", "reason", "given_name", "family_name", "email", "phone", "postal_code", "hours"), A_WORD),
    **dict.fromkeys(("guardian_name", "guardian_phone", "answer", "birth_date", "before", "?name", "known"), A_WORD),
    **dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun", "end", "start"), A_DAY),
    **dict.fromkeys(("day", "first_day", "last_day", "days", "to", "time", "?day", "?week"), A_DAY),
    **dict.fromkeys(("birth_date_day", "birth_date_month", "birth_date_year"), A_DAY),
    **dict.fromkeys(("contact", "guardian_relation", "relation", "language", "outcome", "why", "fact", "found_by"), A_CHOICE),
    **dict.fromkeys(("in", "state", "mark", "all", "held", "form", "what", "weeks", "override_reason"), A_CHOICE),
    **dict.fromkeys(("?what", "?weeks"), A_CHOICE),
    **dict.fromkeys(("flag", "speaks_for", "interpreter", "guardian_consent", "here", "back", "again", "sure", "report"), A_MARK),
    **dict.fromkeys(("password", "current", "code"), A_PASSWORD),
    **dict.fromkeys(("?near", "?said", "?by", "?more", "?at"), LOOKED_FOR),
    "?before": A_PAGE, "?page": A_PAGE, "next": WHERE_NEXT, "?next": WHERE_NEXT, "whose": WHERE_NEXT,
    "initial": "one letter of a name, shown again",
    "key": "a long random word of the page: it finds again only the same deed, of the same form with the same body",
    "?busy": "a specialist by the name in public addresses: agents see of each when they are free",
    "carried": "a form of an ended session, sealed for one account: tests/web/account/test_sign_in.py",
    # Of one
    **{("desk." + name.removeprefix("desk."), "?kind"): LOOKED_FOR for name in CALLS},
    **dict.fromkeys(
        [("portal.follow_up", "?kind"), ("portal.hold_follow_up", "?kind"), ("portal.book_follow_up", "?kind")],
        "a kind of visit, of those that the visit's specialist gives: anything else is the likeliest",
    ),
    ("portal.list_work", "?kind"): A_CHOICE, ("portal.list_work", "?mine"): A_MARK,
    ("portal.send_time_off", "clinic"): "on whose clock the hours are: of those known, or the usual one",
    ("portal.compare", "keep"): "which of the two is chosen already, when the page comes again",
    ("portal.report", "?visit"): "the reference that stands in the field at first: nothing is looked up",
    # What is read as a whole
    "? in web.desk.screen.show": WHOLE, "? in web.desk.call_backs._show": WHOLE, "? in web.portal.day.visit._show_move": WHOLE,
    "? in web.portal.hours.form_views._send": "is carried along as `typed`, which is a case",
    **{
        f"…{name}": "of a form that is carried in `typed`, which is a case"
        for name in (
            "clinic", "day", "days", "first_day", "fri", "hours", "last_day", "mon", "reason", "sat", "sun", "thu", "to", "tue",
            "wed", "weeks", "what",
        )
    },
}  # fmt: skip
"""Why a field names no record: by its name, in all forms where it is no case; or of one form, by endpoint and name."""
