"""Makes the files beside it: a small chain lived in for a day, written down with every key and name that others hold.

It was run once, `python -m tests.pinned.make`, by the code of 29 November 2026, and is kept to show what is in the files. They
are not made again: what is in them is what people have in their mailboxes, and operators on their screens.
"""

from __future__ import annotations

import base64
import json
import re
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from clinic.adapters.passwords import Passwords
from clinic.domain.audit import Action
from clinic.domain.people.roles import Grant, Role
from clinic.domain.text.messages import Event
from clinic.domain.tokens import SlotRef, write_key, write_opening
from clinic.engine.placing.resolve import answer_purpose
from clinic.factory import create_app
from clinic.store.audit import audit
from clinic.store.base import Base
from clinic.store.connect import begin_write, engine_options
from clinic.store.staff import accounts
from clinic.store.staff.accounts import add_grant
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.audit import Audit
from clinic.store.tables.staff import Account
from clinic.store.tables.waitlist import TimeOffer, WaitlistEntry
from clinic.store.work import call_backs, calls, tasks
from clinic.usecases import booking, feed, messages, waitlist
from clinic.usecases.audit import auditing
from clinic.usecases.messages import Rest
from clinic.web.guards import guard_of
from tests import build
from tests.build import PATIENT
from tests.conftest import FakeClock
from tests.databases import Databases, scratch, settings_for
from tests.web.visiting import ANSWERS, check_answers, fill, hidden, opening_at, search

HOME = Path(__file__).parent
REVISION = "0015"
ROWS = 1000
TOKEN = "a token of the tests, long enough to be one"


def main() -> None:
    clock = FakeClock()
    with ExitStack() as stack:
        databases = Databases("sqlite", stack.enter_context(scratch()), stack)
        url = stack.enter_context(databases.like("pages", fill))
        app = create_app(settings_for(url, metrics_token=TOKEN), clock=clock)
        visits = come(app, url, clock)
        with app.app_context():
            words = live(app, visits, clock)
            engine = create_engine(url, **engine_options(url))
            with Session(engine) as session:
                write("rows.json", list(rows_of(session).items()))
            write("tokens.json", words)
        write("names.json", names(app))
        with app.app_context():
            engine.dispose()
            app.extensions["sqlalchemy"].engine.dispose()
        app.extensions["clinic"].limiter.storage.dispose()


def write(name: str, value: Any) -> None:
    (HOME / name).write_text(json.dumps(value, indent=0, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def come(app: Flask, url: str, clock: FakeClock) -> list[str]:
    """What patients do: two visits, of which the references are returned, a time held with answers, and a wait for one."""
    visits = []
    for days in (9, 16):
        client = app.test_client()
        opening = opening_at(app, url, clock() + timedelta(days=days, hours=1))
        details = client.post("/book/hold", data=hidden(search(client)) | {"opening": opening}).location
        page = check_answers(client, details, family_name="O’Quince", given_name=f"Zoë{'-Ann' * (days == 9)}")
        visits.append(client.post(details.replace("/details", "/confirm"), data=hidden(page)).location[-11:])
    holder = app.test_client()
    opening = opening_at(app, url, clock() + timedelta(days=2, hours=1))
    held = holder.post("/book/hold", data=hidden(search(holder)) | {"opening": opening}).location
    check_answers(holder, held, given_name="Draft", family_name="Waits")
    waiter = app.test_client()
    wait = waiter.get("/waitlist?service=physical-therapy&near=32801")
    times = {"near": "32801", "miles": "25", "notice": "24", "days": ["Mon", "Wed"], "parts": ["morning", "noon", "afternoon"]}
    waiter.post("/waitlist", data=hidden(wait) | ANSWERS | times | {"given_name": "Wanda", "email": "wanda@example.org"})
    return visits


def live(app: Flask, visits: list[str], clock: FakeClock) -> dict[str, Any]:
    """What comes of it: messages, a time that is offered, two colleagues, a call, a log of a thousand rows that is sealed."""
    key: bytes = app.extensions["clinic"].settings.secret_key.encode()
    session: Session = app.extensions["sqlalchemy"].session()
    by_reference = {row.reference: row for row in session.scalars(select(Appointment))}
    first, second = (by_reference[reference] for reference in visits)
    hold = next(row for row in by_reference.values() if row.state == "held")
    opening_id = SlotRef(first.visit_type_id, first.location_id, first.specialist_id, 6_000_000)
    session.rollback()
    work(app, session, clock)
    second_key = write_key(key, "manage", second.id, second.generation)
    booking.cancel(session, second_key, None, key=key, who=PATIENT, now=clock())
    waitlist.offer_times(session, now=clock())
    entry, offer = session.scalars(select(WaitlistEntry)).one(), session.scalars(select(TimeOffer)).one()
    session.rollback()
    work(app, session, clock)
    hired, links = staff(app, session, opening_id.specialist_id, clock())
    feed_token = feed.renew_feed(session, opening_id.specialist_id, key=key, who=build.STAFF, now=clock()).token
    begin_write(session)
    call = calls.begin(session, hired, now=clock())
    for number in range(ROWS):
        at = clock() + timedelta(seconds=number)
        audit.note(session, None, actor=f"account:{hired}", action=Action.SIGN_IN, now=at, detail=f"n={number}")
    session.commit()
    clock.forward(minutes=20)
    sealed = auditing.seal(session, now=clock())
    sequence = first.sequence
    tokens = (
        {
            "opening": write_opening(key, opening_id),
            "hold": write_key(key, "hold", hold.id, hold.generation),
            "manage": write_key(key, "manage", first.id, first.generation),
            "stop": write_key(key, "stop", first.id, first.generation),
            "offer": write_key(key, "offer", offer.id, entry.generation),
            "waiting": write_key(key, "waiting", entry.id, entry.generation),
            "feed": feed_token,
            "invite": write_key(key, "invite", links["invite"], 0),
            "reset": write_key(key, "reset", links["reset"], 0),
        }
        | {
            f"{answer}.{sequence}": write_key(key, answer_purpose(answer, sequence), first.id, first.generation)
            for answer in ("confirm", "change", "cancel")
        }
        | {
            f"caller.{call}.{known}": write_key(key, f"caller.{call}.{known}", first.patient_id or 0, 0)
            for known in ("phone", "reference", "phonereference", "dialled")
        }
        | {f"caller.{call}.visit": write_key(key, f"caller.{call}.visit", first.id, 0)}
    )
    return {
        "revision": REVISION,
        "at": clock().isoformat(),
        "tokens": tokens,
        "head": sealed.head,
        "sealed": sealed.count,
        "visit": {"id": first.id, "patient": first.patient_id, "reference": first.reference, "generation": first.generation},
        "cancelled": second.reference,
        "hold": {"id": hold.id, "generation": hold.generation, "given_name": "Draft"},
        "entry": {"id": entry.id, "generation": entry.generation},
        "offer": offer.id,
        "call": call,
        "links": links,
        "opening": [opening_id.visit_type_id, opening_id.location_id, opening_id.specialist_id, opening_id.start_cell],
        "mailed": mailed(app, session),
    }


def work(app: Flask, session: Session, clock: FakeClock) -> None:
    post = replace(app.extensions["clinic.post"], mailer=None)
    while messages.plan(session, post, now=clock()) + messages.deliver(session, post, Rest({}), clock=clock):
        pass


def mailed(app: Flask, session: Session) -> list[str]:
    """Every address in what was mailed."""
    sent = messages.sent_last(session, app.extensions["clinic"].sealer)
    session.rollback()
    return sorted({path for one in sent for path in re.findall(r"http://localhost(/[^\s\"<>]+)", one.body)})


def staff(app: Flask, session: Session, specialist_id: int, now: datetime) -> tuple[int, dict[str, int]]:
    """Somebody with the calendar, who is sent a link to choose anew, and somebody who is invited."""
    begin_write(session)
    links, hired, password = {}, 0, Passwords(weak=True).hash("okapi-vest-lamp")
    for name, purpose, calendar in (("dana", "reset", specialist_id), ("nadia", "invite", None)):
        account = Account(
            email=f"{name}@example.org", name=f"{name.capitalize()} Ashgrover", specialist_id=calendar, created_at=now,
            state="active" if calendar else "invited", password_hash=password if calendar else None,
        )  # fmt: skip
        session.add(account)
        session.flush()
        add_grant(session, account.id, Grant(Role.SPECIALIST if calendar else Role.ADMINISTRATOR))
        links[purpose] = accounts.add_link(session, account.id, purpose, now=now, expires_at=now + timedelta(days=3650))
        hired = hired or account.id
    session.commit()
    return hired, links


def rows_of(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table but the gazetteer's, in an order in which they can be written; instants as {"at": …}."""
    return {
        table.name: [dict(zip(row._fields, map(_plain, row), strict=True)) for row in session.execute(select(table))]
        for table in Base.metadata.sorted_tables
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    return value.isoformat() if hasattr(value, "isoformat") else value


def names(app: Flask) -> dict[str, list[str]]:
    """Everything that is called by its name from outside, or stored: a later version knows them all, and may know more."""
    client = app.test_client()
    schemas = client.get("/api/v1/openapi.json").json
    assert schemas
    fields = sorted(
        f"{name}.{part}" for name, schema in schemas["components"]["schemas"].items() for part in schema.get("properties", ())
    )
    operations = sorted(f"{verb.upper()} {path}" for path, verbs in schemas["paths"].items() for verb in verbs)
    page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    metrics = {sample.name for family in text_string_to_metric_families(page) for sample in family.samples}
    stored = [value for name, value in vars(tasks).items() if name.isupper() and isinstance(value, str)]
    return {
        "pages": sorted(rule.rule for rule in app.url_map.iter_rules() if _is_public(app, rule)),
        "API operations": operations, "API fields": fields, "metrics": sorted(metrics), "commands": commands(app),
        "variables": variables(), "actions": sorted(Action),
        "task kinds": sorted({*stored, call_backs.CALL_BACK}), "events": sorted(Event), "roles": sorted(Role),
        "tables": sorted(Base.metadata.tables), "columns of the log": sorted(column.name for column in Audit.__table__.columns),
    }  # fmt: skip


def _is_public(app: Flask, rule: Rule) -> bool:
    """A page that patients have bookmarked, or hold the address of in a message."""
    return "GET" in (rule.methods or ()) and guard_of(app.view_functions[rule.endpoint]) == "public"


def commands(app: Flask) -> list[str]:
    """Every command and its options, as typed."""
    from clinic.cli.group import clinic

    return sorted(
        [f"flask clinic {name}" for name in clinic.commands]
        + [
            f"flask clinic {name} {option}"
            for name, command in clinic.commands.items() for parameter in command.params for option in parameter.opts
            if option.startswith("--")
        ]
    )  # fmt: skip


def variables() -> list[str]:
    """Every variable that the settings read."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (HOME.parents[1] / "clinic").rglob("*.py"))
    return sorted(set(re.findall(r"\bCLINIC_[A-Z_]+\b", source)))


if __name__ == "__main__":
    main()
