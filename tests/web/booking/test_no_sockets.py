"""Whoever books, moves or cancels waits for no mail server and no provider of texts: not a name is looked up."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any, NoReturn

import pytest
from flask import Flask
from sqlalchemy import select

from clinic.store.tables.messages import Delivery, OutboxMessage
from clinic.usecases.messages import Rest, deliver, plan
from tests.conftest import FakeClock
from tests.web.booking.test_move import book_at
from tests.web.visiting import count_visits, hidden, opened, opening_at

NOWHERE = "10.255.255.1"
WAYS_OUT = ("connect", "connect_ex", "sendto", "create_connection", "getaddrinfo", "gethostbyname")


@pytest.fixture
def other_settings() -> dict[str, Any]:
    """A mail server and a provider of texts that nobody would ever hear from."""
    return {
        "smtp_url": f"smtp://clinic:secret@{NOWHERE}:587",
        "sms_url": f"twilio://AC1:secret@{NOWHERE}?from=+14075550100",
    }


@pytest.fixture
def opened_ways(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of each way out of the house that was tried; PostgreSQL's own library goes none of them."""
    tried: list[str] = []
    for name in WAYS_OUT:
        for where in (socket, socket.socket):
            if hasattr(where, name):
                monkeypatch.setattr(where, name, _trap(name, tried))
    return tried


def _trap(name: str, tried: list[str]) -> Any:
    def trap(*_where: object, **_how: object) -> NoReturn:
        tried.append(name)
        raise ConnectionRefusedError(f"{name} was called")

    return trap


def test_to_book_move_and_cancel_opens_no_socket(app: Flask, database: str, clock: FakeClock, opened_ways: list[str]) -> None:
    client, friday = app.test_client(), clock() + timedelta(days=4, hours=1)
    book_at(client, opening_at(app, database, friday))  # hold, details, check, confirm, manage
    asked = client.get("/visit/move", query_string={"opening": opening_at(app, database, friday + timedelta(hours=2))})
    assert client.post("/visit/move", data=hidden(asked)).status_code == 303
    assert client.post("/visit/cancel", data=hidden(client.get("/visit"))).status_code == 303
    assert count_visits(database, "cancelled") == 1
    with opened(database) as session:
        events = list(session.scalars(select(OutboxMessage.event).order_by(OutboxMessage.id)))
    assert events == ["booked", "moved", "cancelled"]
    assert opened_ways == []
    the_worker_does(app, clock)
    assert opened_ways == ["getaddrinfo"], "the trap is closed"


def the_worker_does(app: Flask, clock: FakeClock) -> None:
    with app.app_context():
        session, post = app.extensions["sqlalchemy"].session(), app.extensions["clinic.post"]
        plan(session, post, now=clock())
        deliver(session, post, Rest({}), clock=clock)
        assert session.scalars(select(Delivery.detail).where(Delivery.detail != "")).all() == ["refused"]
        session.close()
