"""Every setting of the product: read once, checked at once, then frozen.

Settings come from environment variables named CLINIC_*. Nothing starts on a half configuration, and no secret has a
default: only demo mode fills gaps, and demo mode has to be asked for.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from limits import parse_many
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from clinic.domain.retention import Retention
from clinic.store.connect import normalise_url

ROOT = Path(__file__).resolve().parent.parent
DEMO_ENV = ROOT / "instance" / "demo.env"
CONTENT = ROOT / "clinic" / "content"

# What each CLINIC_ variable is for. `flask clinic settings` prints this table.
VARIABLES = {
    "CLINIC_DATABASE_URL": "postgresql://user@host/name, or sqlite:///path (from the checkout, or //absolute)",
    "CLINIC_SECRET_KEY": "signs sessions and tokens; 32 random characters or more, the same for every worker",
    "CLINIC_PUBLIC_URL": "the address patients type; https turns on Secure cookies and HSTS",
    "CLINIC_BRAND": "the name on every page and message",
    "CLINIC_PHONE": "the number that every page offers to people who would rather call",
    "CLINIC_INTAKE_KEYS": "seals what patients tell a clinic: 32 random bytes in URL-safe base 64; of several, the newest first",
    "CLINIC_CONTENT": "the folder of care pages, pathway and preparation (default clinic/content)",
    "CLINIC_SMTP_URL": "the server that sends mail: smtp://user:password@host:port, or smtps:// for TLS from the first byte",
    "CLINIC_SMTP_TLS": "starttls (default): encrypted or not at all; off: in clear, for a server on this machine",
    "CLINIC_MAIL_FROM": "the address that mail comes from",
    "CLINIC_MAIL_TIMEOUT": "seconds that the mail server may be silent (default 10)",
    "CLINIC_SMS_URL": "twilio://ACCOUNT:TOKEN@api.twilio.com?from=+14075550100 (or ?service=MG…); empty: no text messages",
    "CLINIC_DEMO": "1 for invented data, a banner on every page and generous limits",
    "CLINIC_LOG_LEVEL": "DEBUG, INFO, WARNING or ERROR (default INFO)",
    "CLINIC_GEOCODER": "a geopy service (nominatim, photon, google …) or uscensus; empty: the embedded gazetteer alone",
    "CLINIC_GEOCODER_OPTIONS": 'keywords for that geocoder as JSON, such as {"api_key": "…"}',
    "CLINIC_GEOCODER_TIMEOUT": "seconds to wait for it (default 2.0)",
    "CLINIC_LIMIT_HOLDS": "times held from one address (default 20 per 10 minutes)",
    "CLINIC_LIMIT_BOOKINGS": "visits booked from one address (default 10 per hour)",
    "CLINIC_LIMIT_GEOCODING": "street addresses looked up from one address (default 60 per hour)",
    "CLINIC_LIMIT_LOOKUPS": "searches for a booking from one address (default 5 per hour)",
    "CLINIC_LIMIT_SIGN_INS": "wrong sign-ins from one address, and all sign-ins to one account (default 10 per 15 minutes)",
    "CLINIC_METRICS_TOKEN": "32 characters or more that open /metrics (as a Bearer token); empty: nobody, in a demo anybody",
    "CLINIC_RETENTION": 'days to keep what is over, as JSON, such as {"visits_days": 3650}; the README has the defaults',
    "CLINIC_TRUSTED_PROXIES": "how many reverse proxies stand in front and set X-Forwarded-* (default 0)",
    "CLINIC_ALLOWED_HOSTS": "further host names to answer to, separated by commas",
}
MAKE_KEY = 'python3 -c "import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())"'
# Read by the test run, not by the product.
NOT_SETTINGS = frozenset({"CLINIC_PROVE"})

T = TypeVar("T")

DEMO_LIMIT = "100000 per minute"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """A setting is missing or cannot be right. The message names the variable and says what to do."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How often one address may do what costs us. Searches are not limited. In the notation of the limits library."""

    holds: str = "20 per 10 minutes"
    bookings: str = "10 per hour"
    geocoding: str = "60 per hour"
    lookups: str = "5 per hour"
    sign_ins: str = "10 per 15 minutes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, valid. Made by `from_env`; tests may make one directly."""

    database_url: str
    secret_key: str = field(repr=False)
    public_url: str
    brand: str
    phone: str
    intake_keys: tuple[str, ...] = field(repr=False)
    content: Path = CONTENT
    smtp_url: str = field(default="", repr=False)
    smtp_tls: Literal["starttls", "off"] = "starttls"
    mail_from: str = ""
    mail_timeout: float = 10.0
    sms_url: str = field(default="", repr=False)
    demo: bool = False
    log_level: str = "INFO"
    geocoder: str = ""
    geocoder_options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    geocoder_timeout: float = 2.0
    limits: RateLimits = RateLimits()
    metrics_token: str = field(default="", repr=False)
    retention: Retention = field(default_factory=Retention)
    trusted_proxies: int = 0
    allowed_hosts: tuple[str, ...] = ()
    weak_hashes: bool = False
    """Passwords hashed in no time: for tests, and set by no variable."""

    @property
    def https(self) -> bool:
        """Whether patients reach us over https: decides Secure cookies, the `__Host-` prefix and HSTS."""
        return self.public_url.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        """The host names we answer to; any other is refused, so that no link we send can name it."""
        local = ["localhost", "127.0.0.1", "[::1]"] if self.demo else []
        return list(dict.fromkeys([urlsplit(self.public_url).hostname or "", *self.allowed_hosts, *local]))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check every CLINIC_ variable in `environ`. Raises SettingsError on the first that is missing or wrong."""
        _refuse_unknown(environ)
        demo = _flag(environ, "CLINIC_DEMO")
        usual = asdict(RateLimits())
        limits = {
            name: _checked(environ, f"CLINIC_LIMIT_{name.upper()}", DEMO_LIMIT if demo else usual[name], _limit) for name in usual
        }
        database_url = _checked(environ, "CLINIC_DATABASE_URL", None, _database_url)
        secret_key = _checked(environ, "CLINIC_SECRET_KEY", None, _secret)
        smtp_url = _checked(environ, "CLINIC_SMTP_URL", "" if demo else None, _smtp_url)
        settings = cls(
            demo=demo,
            database_url=database_url,
            secret_key=secret_key,
            intake_keys=_checked(environ, "CLINIC_INTAKE_KEYS", _demo_key(secret_key) if demo else None, _keys),
            content=_checked(environ, "CLINIC_CONTENT", str(CONTENT), lambda folder: ROOT / folder),
            smtp_url=smtp_url,
            smtp_tls=_checked(environ, "CLINIC_SMTP_TLS", "starttls", _smtp_tls),
            mail_from=_checked(environ, "CLINIC_MAIL_FROM", None if smtp_url else "visits@example.org", _mail_from),
            mail_timeout=_checked(environ, "CLINIC_MAIL_TIMEOUT", "10", _seconds),
            sms_url=_checked(environ, "CLINIC_SMS_URL", "", _sms_url),
            public_url=_checked(environ, "CLINIC_PUBLIC_URL", "http://127.0.0.1:8000" if demo else None, _public_url),
            brand=_checked(environ, "CLINIC_BRAND", "Impact Medical" if demo else None, str),
            phone=_checked(environ, "CLINIC_PHONE", "(407) 555-0100" if demo else None, _phone),
            log_level=_checked(environ, "CLINIC_LOG_LEVEL", "INFO", _log_level),
            geocoder=_checked(environ, "CLINIC_GEOCODER", "", str.lower),
            geocoder_options=_checked(environ, "CLINIC_GEOCODER_OPTIONS", "{}", _json_object),
            geocoder_timeout=_checked(environ, "CLINIC_GEOCODER_TIMEOUT", "2.0", _seconds),
            limits=RateLimits(**limits),
            metrics_token=_checked(environ, "CLINIC_METRICS_TOKEN", "", lambda token: _secret(token) if token else ""),
            retention=_checked(environ, "CLINIC_RETENTION", "{}", _retention),
            trusted_proxies=_checked(environ, "CLINIC_TRUSTED_PROXIES", "0", _hops),
            allowed_hosts=_checked(environ, "CLINIC_ALLOWED_HOSTS", "", _hosts),
        )
        if settings.geocoder_options and not settings.geocoder:
            raise SettingsError(
                "CLINIC_GEOCODER_OPTIONS is set but CLINIC_GEOCODER is not: name the geocoder, or remove the options."
            )
        if settings.geocoder:
            _try_geocoder(settings)
        return settings


def environment(environ: Mapping[str, str], demo_env: Path = DEMO_ENV) -> Mapping[str, str]:
    """`environ`, or the demo's own file where it exists and `environ` holds no setting at all.

    A single CLINIC_ variable is enough to leave the file unread, so a demo can never fill the gaps of a real installation.
    """
    if any(name.startswith("CLINIC_") and name not in NOT_SETTINGS for name in environ) or not demo_env.is_file():
        return environ
    lines = (line.strip() for line in demo_env.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {**environ, **{name.strip(): value.strip() for name, _, value in pairs}}


def load() -> Settings:
    """The settings of this process, or an exit that says which one is wrong."""
    try:
        return Settings.from_env(environment(os.environ))
    except SettingsError as error:
        raise SystemExit(f"clinic: {error}") from None


def _checked(environ: Mapping[str, str], name: str, default: str | None, check: Callable[[str], T]) -> T:
    """The value of `name`, else `default`, through `check`. An empty variable counts as not set."""
    value = environ.get(name, "").strip() or default
    if value is None:
        raise SettingsError(f"{name} is not set: {VARIABLES[name]}. For a demo on this machine, run: make run")
    try:
        return check(value)
    except ValueError as error:
        raise SettingsError(f"{name} {error}.") from None


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    for name in sorted(environ):
        if name.startswith("CLINIC_") and name not in VARIABLES and name not in NOT_SETTINGS:
            near = difflib.get_close_matches(name, VARIABLES, n=1)
            raise SettingsError(f"{name} is not a setting." + (f" Did you mean {near[0]}?" if near else ""))


def _flag(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "").strip().lower()
    if value not in {"", "0", "1", "true", "false", "yes", "no"}:
        raise SettingsError(f"{name} must be 1 or 0.")
    return value in {"1", "true", "yes"}


def _database_url(value: str) -> str:
    try:
        url = make_url(normalise_url(value))
    except ArgumentError:
        raise ValueError("is not a database address; write postgresql://user@host/name or sqlite:///path") from None
    if url.drivername == "postgresql+psycopg" and url.database:
        return url.render_as_string(hide_password=False)
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url.set(database=str(ROOT / url.database)).render_as_string(hide_password=False)
    raise ValueError("must be postgresql://user@host/name or sqlite:///path; other databases, and SQLite in memory, cannot serve")


def _secret(value: str) -> str:
    if len(value) < 32 or len(set(value)) < 8:
        raise ValueError('is too easy to guess; use the output of: python3 -c "import secrets; print(secrets.token_urlsafe(48))"')
    return value


def _demo_key(secret: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(f"intake {secret}".encode()).digest()).decode()


def _keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    for key in keys:
        try:
            right = len(base64.urlsafe_b64decode(key)) == 32
        except ValueError:
            right = False
        if not right:
            raise ValueError(f"holds a key that is none; make one with: {MAKE_KEY}")
    return keys


def _public_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("must be a scheme and a host, such as https://book.example.org")
    return value.rstrip("/")


def _phone(value: str) -> str:
    if not 7 <= sum(character.isdigit() for character in value) <= 15:
        raise ValueError("must be a telephone number, such as (407) 555-0100")
    return value


def _log_level(value: str) -> str:
    if value.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return value.upper()


def _json_object(value: str, such_as: str = '{"api_key": "…"}') -> dict[str, Any]:
    try:
        options = json.loads(value)
    except ValueError:
        raise ValueError(f"is not JSON; write an object such as {such_as}") from None
    if not isinstance(options, dict):
        raise ValueError(f"must be a JSON object such as {such_as}")
    return options


def _retention(value: str) -> Retention:
    overrides = _json_object(value, such_as='{"visits_days": 3650}')
    known = [kept.name for kept in fields(Retention)]
    if unknown := [name for name in overrides if name not in known]:
        raise ValueError(f'names "{unknown[0]}"; it may name {", ".join(known)}')
    try:
        return Retention(**overrides)
    except ValueError as wrong:
        raise ValueError(f"cannot be: {wrong}") from None


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        raise ValueError("must be a number of seconds, such as 2.0") from None
    if not 0.1 <= seconds <= 30:
        raise ValueError("must be between 0.1 and 30 seconds")
    return seconds


def _smtp_url(value: str) -> str:
    from clinic.adapters.mail import read_url

    if value:
        read_url(value)
    return value


def _smtp_tls(value: str) -> Literal["starttls", "off"]:
    if value == "off":
        return "off"
    if value == "starttls":
        return "starttls"
    raise ValueError("must be starttls or off")


def _mail_from(value: str) -> str:
    from clinic.adapters.mail import sender_line

    try:
        sender_line("", value)
    except ValueError:
        value = ""
    if not value or not value.isascii():
        raise ValueError("must be one address, such as visits@example.org, without a name")
    return value


def _sms_url(value: str) -> str:
    from clinic.adapters.sms import read_url

    if value:
        read_url(value)
    return value


def _hops(value: str) -> int:
    if not re.fullmatch(r"[0-9]", value):
        raise ValueError("must be a number from 0 to 9")
    return int(value)


def _hosts(value: str) -> tuple[str, ...]:
    hosts = tuple(host.strip().lower() for host in value.split(",") if host.strip())
    for host in hosts:
        if "/" in host or " " in host:
            raise ValueError(f'holds "{host}", which is not a host name; write names separated by commas, without http://')
    return hosts


def _try_geocoder(settings: Settings) -> None:
    """Make the geocoder once, so that a wrong name or wrong options stop the start and not a patient's search."""
    from geopy.exc import GeopyError

    from clinic.adapters import geocoding

    try:
        geocoding.build(settings.geocoder, settings.geocoder_options, timeout=settings.geocoder_timeout)
    except (GeopyError, TypeError, ValueError) as error:
        raise SettingsError(f"CLINIC_GEOCODER with CLINIC_GEOCODER_OPTIONS does not make a geocoder: {error}") from None


def _limit(value: str) -> str:
    try:
        parse_many(value)
    except ValueError:
        raise ValueError("must read like: 20 per 10 minutes") from None
    return value
