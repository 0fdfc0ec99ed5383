"""What each setting may be. A check gives the value as we use it; its ValueError says, after the variable's name, what to do."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import fields
from typing import Any, Literal
from urllib.parse import urlsplit

from limits import parse_many
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from clinic.config.variables import MAKE_KEY, ROOT
from clinic.domain.retention import Retention
from clinic.store.connect import normalise_url

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def database_url(value: str) -> str:
    try:
        url = make_url(normalise_url(value))
    except ArgumentError:
        raise ValueError("is not a database address; write postgresql://user@host/name or sqlite:///path") from None
    if url.drivername == "postgresql+psycopg" and url.database:
        return url.render_as_string(hide_password=False)
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url.set(database=str(ROOT / url.database)).render_as_string(hide_password=False)
    raise ValueError("must be postgresql://user@host/name or sqlite:///path; other databases, and SQLite in memory, cannot serve")


def secret(value: str) -> str:
    if len(value) < 32 or len(set(value)) < 8:
        raise ValueError('is too easy to guess; use the output of: python3 -c "import secrets; print(secrets.token_urlsafe(48))"')
    return value


def demo_key(secret: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(f"intake {secret}".encode()).digest()).decode()


def keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    for key in keys:
        try:
            right = len(base64.urlsafe_b64decode(key)) == 32
        except ValueError:
            right = False
        if not right:
            raise ValueError(f"holds a key that is none; make one with: {MAKE_KEY}")
    return keys


def public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("must be a scheme and a host, such as https://book.example.org")
    return value.rstrip("/")


def phone(value: str) -> str:
    if not 7 <= sum(character.isdigit() for character in value) <= 15:
        raise ValueError("must be a telephone number, such as (407) 555-0100")
    return value


def log_level(value: str) -> str:
    if value.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return value.upper()


def json_object(value: str, such_as: str = '{"api_key": "…"}') -> dict[str, Any]:
    try:
        options = json.loads(value)
    except ValueError:
        raise ValueError(f"is not JSON; write an object such as {such_as}") from None
    if not isinstance(options, dict):
        raise ValueError(f"must be a JSON object such as {such_as}")
    return options


def retention(value: str) -> Retention:
    overrides = json_object(value, such_as='{"visits_days": 3650}')
    known = [kept.name for kept in fields(Retention)]
    if unknown := [name for name in overrides if name not in known]:
        raise ValueError(f'names "{unknown[0]}"; it may name {", ".join(known)}')
    try:
        return Retention(**overrides)
    except ValueError as wrong:
        raise ValueError(f"cannot be: {wrong}") from None


def seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        raise ValueError("must be a number of seconds, such as 2.0") from None
    if not 0.1 <= seconds <= 30:
        raise ValueError("must be between 0.1 and 30 seconds")
    return seconds


def smtp_url(value: str) -> str:
    from clinic.adapters.mail import read_url

    if value:
        read_url(value)
    return value


def smtp_tls(value: str) -> Literal["starttls", "off"]:
    if value == "off":
        return "off"
    if value == "starttls":
        return "starttls"
    raise ValueError("must be starttls or off")


def mail_from(value: str) -> str:
    from clinic.adapters.mail import sender_line

    try:
        sender_line("", value)
    except ValueError:
        value = ""
    if not value or not value.isascii():
        raise ValueError("must be one address, such as visits@example.org, without a name")
    return value


def sms_url(value: str) -> str:
    from clinic.adapters.sms import read_url

    if value:
        read_url(value)
    return value


def hops(value: str) -> int:
    if not re.fullmatch(r"[0-9]", value):
        raise ValueError("must be a number from 0 to 9")
    return int(value)


def hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(host.strip().lower() for host in value.split(",") if host.strip())
    for host in hosts:
        if "/" in host or " " in host:
            raise ValueError(f'holds "{host}", which is not a host name; write names separated by commas, without http://')
    return hosts


def limit(value: str) -> str:
    try:
        parse_many(value)
    except ValueError:
        raise ValueError("must read like: 20 per 10 minutes") from None
    return value
