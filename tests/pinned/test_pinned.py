"""What outlives code: keys in mailboxes, names that others use, a database that was lived in. All of it must open for ever.

The files beside this one were made once (see make.py). A name that is missing here has changed under somebody's hands: keep the
old one beside the new. A key that opens nothing is a patient at a closed door.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import Date, MetaData, create_engine, text
from sqlalchemy.orm import Session

from clinic.domain.tokens import SlotRef, opens, read_opening
from clinic.factory import create_app
from clinic.store.connect import engine_options
from clinic.usecases import booking
from clinic.usecases.audit import auditing
from tests.conftest import FakeClock
from tests.databases import Databases, settings_for
from tests.invariants import broken
from tests.pinned import make
from tests.web.visiting import check_answers, count_visits, hidden, text_of

HOME = Path(__file__).parent
PINNED: dict[str, Any] = json.loads((HOME / "tokens.json").read_text(encoding="utf-8"))
TOKENS: dict[str, str] = PINNED["tokens"]
NAMES: dict[str, list[str]] = json.loads((HOME / "names.json").read_text(encoding="utf-8"))
ROWS: list[tuple[str, list[dict[str, Any]]]] = json.loads((HOME / "rows.json").read_text(encoding="utf-8"))
KEY = settings_for("").secret_key.encode()
AT = datetime.fromisoformat(PINNED["at"])


def pour(url: str) -> None:
    """The database as it was, brought up to date: the tables of then, its rows, and whatever migrations came since."""
    app = create_app(settings_for(url))
    with app.app_context():
        upgrade(revision=PINNED["revision"])
        engine = create_engine(url, **engine_options(url))
        tables = MetaData()
        tables.reflect(engine)
        with engine.begin() as connection:
            for name, rows in ROWS:
                if not rows:
                    continue
                table = tables.tables[name]
                dialect = engine.dialect.name
                dates = {column.name for column in table.columns if isinstance(column.type, Date)}
                columns = ", ".join(f'"{column}"' for column in rows[0])
                values = ", ".join(f":{column}" for column in rows[0])
                connection.execute(
                    text(f'insert into "{name}" ({columns}) values ({values})'),
                    [
                        {column: _stored(value, column in dates, engine.dialect.name) for column, value in row.items()}
                        for row in rows
                    ],
                )
                if dialect == "postgresql" and "id" in rows[0]:
                    connection.execute(
                        text(f"""
                        select setval(pg_get_serial_sequence('"{name}"', 'id'), (select max(id) from "{name}"))
                        where pg_get_serial_sequence('"{name}"', 'id') is not null
                    """)
                    )
        engine.dispose()
        upgrade()
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()


def _stored(value: Any, is_date: bool, dialect: str) -> Any:
    if isinstance(value, dict) and "at" in value:
        instant = datetime.fromisoformat(value["at"])
        return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect == "sqlite" else instant
    if isinstance(value, dict) and "bytes" in value:
        return base64.b64decode(value["bytes"])
    if is_date and value is not None:
        return value if dialect == "sqlite" else date.fromisoformat(value)
    return value


@pytest.fixture
def database(databases: Databases) -> Iterator[str]:
    with databases.made("pinned", pour) as url:
        yield url


@pytest.fixture
def clock() -> FakeClock:
    made = FakeClock()
    made.now = AT - timedelta(minutes=12)  # while the time that was held is held
    return made


def test_every_purpose_opens_what_it_opened_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    visit, hold, entry = PINNED["visit"], PINNED["hold"], PINNED["entry"]
    ids: dict[str, tuple[int, int]] = {
        "hold": (hold["id"], hold["generation"]), "waiting": (entry["id"], entry["generation"]),
        "offer": (PINNED["offer"], entry["generation"]), "feed": (PINNED["opening"][2], 0),
        "invite": (PINNED["links"]["invite"], 0), "reset": (PINNED["links"]["reset"], 0),
    }  # fmt: skip
    opened = 0
    for purpose, token in TOKENS.items():
        if purpose == "opening":
            assert read_opening(KEY, token) == SlotRef(*PINNED["opening"])
            continue
        of_caller = purpose.startswith("caller.") and not purpose.endswith(".visit")
        number, generation = ids.get(purpose, (visit["patient"] if of_caller else visit["id"], visit["generation"]))
        generation = 0 if purpose.startswith("caller.") else generation
        assert opens(KEY, purpose, token, number, generation), purpose
        assert not any(opens(KEY, other, token, number, generation) for other in TOKENS if other not in (purpose, "opening"))
        opened += 1
    with capsys.disabled():
        print(f"\n  pinned: keys of {opened + 1} purposes, all open")
    assert opened + 1 == len(TOKENS) == 17


def test_every_key_opens_its_page(client: FlaskClient, app: Flask) -> None:
    """By the address that stands in mails, calendars and browsers."""
    reference = PINNED["visit"]["reference"]
    for path, says in {
        "/manage/{manage}": "Show my visit", "/confirm/{confirm.0}": "", "/change/{change.0}": "", "/cancel/{cancel.0}": "",
        "/stop/{stop}": "", "/waiting/{waiting}": "", "/offer/{offer}": "", "/account/set-up/{invite}": "Choose your password",
        "/account/set-up/{reset}": "", "/book/{hold}/details": "",
    }.items():  # fmt: skip
        address = path
        for purpose, token in TOKENS.items():
            address = address.replace(f"{{{purpose}}}", token)
        page = client.get(address)
        assert page.status_code == 200, address
        assert says in page.text, address
    calendar = client.get(f"/calendar/{TOKENS['feed']}.ics")
    assert (calendar.status_code, calendar.text.count("BEGIN:VEVENT")) == (200, 2)  # one of them cancelled
    page = client.get(f"/manage/{TOKENS['manage']}")
    shown = client.post(f"/manage/{TOKENS['manage']}", data=hidden(page), follow_redirects=True)
    assert reference in text_of(shown).replace(" ", "").replace("-", "")
    hold = client.get(f"/api/v1/holds/{TOKENS['hold']}")
    assert hold.status_code == 200
    for address in PINNED["mailed"]:
        assert client.get(address).status_code in (200, 404 if "/2-" in address else 200), address


def test_a_time_that_was_held_with_answers_is_booked(client: FlaskClient, database: str) -> None:
    engine = create_engine(database, **engine_options(database))
    with Session(engine) as session:
        kept = dict(booking.answers_kept(session, TOKENS["hold"], key=KEY))
        assert kept["given_name"] == PINNED["hold"]["given_name"]
    engine.dispose()
    details = f"/book/{TOKENS['hold']}/details"
    page = check_answers(client, details)
    booked = client.post(details.replace("/details", "/confirm"), data=hidden(page))
    assert booked.status_code == 303, text_of(booked)
    assert count_visits(database, "booked") == 2


def test_a_visit_of_then_is_cancelled_by_its_link(client: FlaskClient, database: str) -> None:
    address = f"/cancel/{TOKENS['cancel.0']}"
    done = client.post(address, data=hidden(client.get(address)), follow_redirects=True)
    assert done.status_code == 200
    assert count_visits(database, "booked") == 0


def test_the_log_of_then_still_verifies(database: str) -> None:
    engine = create_engine(database, **engine_options(database))
    with Session(engine) as session:
        found = auditing.verify(session, head=PINNED["head"])
        assert (found.broken, found.sealed, found.head) == (None, PINNED["sealed"], PINNED["head"])
        assert found.anchor_id is not None, "the head that was logged then is in the chain"
        assert found.rows >= make.ROWS
        session.rollback()
        assert [why for why in broken(session, now=AT) if not why.startswith("I5")] == []  # I5 knows no reminders
    with engine.begin() as connection:
        connection.execute(text("update audit set detail = 'n=501' where detail = 'n=500'"))
    with Session(engine) as session:
        assert auditing.verify(session).broken is not None
    engine.dispose()


@pytest.mark.parametrize("kind", NAMES)
def test_every_name_that_others_hold_is_there(app: Flask, kind: str) -> None:
    bound = app.extensions["clinic"]
    app.extensions["clinic"] = replace(bound, settings=replace(bound.settings, metrics_token=make.TOKEN))
    gone = set(NAMES[kind]) - set(make.names(app)[kind])
    assert gone == set(), f"{kind}: whoever uses these finds them no more; keep them beside what came in their place"
