"""All settings, read from the environment and checked."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

from clinic.config import values
from clinic.config.variables import CONTENT, DEMO_ENV, NOT_SETTINGS, ROOT, VARIABLES
from clinic.domain.retention import Retention

T = TypeVar("T")

DEMO_LIMIT = "100000 per minute"


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
        limits = {
            name: _checked(environ, f"CLINIC_LIMIT_{name.upper()}", DEMO_LIMIT if demo else often, values.limit)
            for name, often in asdict(RateLimits()).items()
        }
        database_url = _checked(environ, "CLINIC_DATABASE_URL", None, values.database_url)
        secret_key = _checked(environ, "CLINIC_SECRET_KEY", None, values.secret)
        smtp_url = _checked(environ, "CLINIC_SMTP_URL", "" if demo else None, values.smtp_url)
        settings = cls(
            demo=demo,
            database_url=database_url,
            secret_key=secret_key,
            intake_keys=_checked(environ, "CLINIC_INTAKE_KEYS", values.demo_key(secret_key) if demo else None, values.keys),
            content=_checked(environ, "CLINIC_CONTENT", str(CONTENT), lambda folder: ROOT / folder),
            smtp_url=smtp_url,
            smtp_tls=_checked(environ, "CLINIC_SMTP_TLS", "starttls", values.smtp_tls),
            mail_from=_checked(environ, "CLINIC_MAIL_FROM", None if smtp_url else "visits@example.org", values.mail_from),
            mail_timeout=_checked(environ, "CLINIC_MAIL_TIMEOUT", "10", values.seconds),
            sms_url=_checked(environ, "CLINIC_SMS_URL", "", values.sms_url),
            public_url=_checked(environ, "CLINIC_PUBLIC_URL", "http://127.0.0.1:8000" if demo else None, values.public_url),
            brand=_checked(environ, "CLINIC_BRAND", "Impact Medical" if demo else None, str),
            phone=_checked(environ, "CLINIC_PHONE", "(407) 555-0100" if demo else None, values.phone),
            log_level=_checked(environ, "CLINIC_LOG_LEVEL", "INFO", values.log_level),
            geocoder=_checked(environ, "CLINIC_GEOCODER", "", str.lower),
            geocoder_options=_checked(environ, "CLINIC_GEOCODER_OPTIONS", "{}", values.json_object),
            geocoder_timeout=_checked(environ, "CLINIC_GEOCODER_TIMEOUT", "2.0", values.seconds),
            limits=RateLimits(**limits),
            metrics_token=_checked(environ, "CLINIC_METRICS_TOKEN", "", lambda token: values.secret(token) if token else ""),
            retention=_checked(environ, "CLINIC_RETENTION", "{}", values.retention),
            trusted_proxies=_checked(environ, "CLINIC_TRUSTED_PROXIES", "0", values.hops),
            allowed_hosts=_checked(environ, "CLINIC_ALLOWED_HOSTS", "", values.hosts),
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


def _try_geocoder(settings: Settings) -> None:
    """Make the geocoder once, so that a wrong name or wrong options stop the start and not a patient's search."""
    from geopy.exc import GeopyError

    from clinic.adapters import geocoding

    try:
        geocoding.build(settings.geocoder, settings.geocoder_options, timeout=settings.geocoder_timeout)
    except (GeopyError, TypeError, ValueError) as error:
        raise SettingsError(f"CLINIC_GEOCODER with CLINIC_GEOCODER_OPTIONS does not make a geocoder: {error}") from None
