"""No settings, no start; and each refusal names the variable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clinic.config import ROOT, VARIABLES, Settings, SettingsError, environment

WHOLE = {
    "CLINIC_DATABASE_URL": "postgres://clinic:pass%40word@db.example/clinic",
    "CLINIC_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "CLINIC_PUBLIC_URL": "https://book.example.org/",
    "CLINIC_BRAND": "Impact Medical",
    "CLINIC_PHONE": "(407) 555-0100",
    "CLINIC_INTAKE_KEYS": "dGhlIGtleSBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzLi4=",
    "CLINIC_SMTP_URL": "smtp://clinic:pass%40word@mail.example",
    "CLINIC_MAIL_FROM": "visits@example.org",
}
DEMO = {
    "CLINIC_DEMO": "1",
    "CLINIC_DATABASE_URL": "sqlite:///instance/demo.sqlite",
    "CLINIC_SECRET_KEY": WHOLE["CLINIC_SECRET_KEY"],
}


def test_a_whole_configuration() -> None:
    settings = Settings.from_env(WHOLE)
    assert settings.database_url == "postgresql+psycopg://clinic:pass%40word@db.example/clinic"
    assert (settings.public_url, settings.https, settings.hosts) == ("https://book.example.org", True, ["book.example.org"])
    assert not settings.demo
    assert settings.geocoder_timeout == 2.0
    assert settings.smtp_url == WHOLE["CLINIC_SMTP_URL"]
    assert (settings.smtp_tls, settings.mail_from, settings.mail_timeout) == ("starttls", "visits@example.org", 10.0)
    assert settings.sms_url == ""
    assert WHOLE["CLINIC_SECRET_KEY"] not in repr(settings)


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_needed_has_a_default(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set"):
        Settings.from_env({**WHOLE, name: " "})


def test_demo_mode_fills_gaps_but_never_the_secret() -> None:
    settings = Settings.from_env(DEMO)
    assert (settings.brand, settings.https) == ("Impact Medical", False)
    assert settings.database_url == f"sqlite:///{ROOT}/instance/demo.sqlite"
    assert "127.0.0.1" in settings.hosts
    assert settings.limits.holds != Settings.from_env(WHOLE).limits.holds
    with pytest.raises(SettingsError, match="CLINIC_SECRET_KEY"):
        Settings.from_env({**DEMO, "CLINIC_SECRET_KEY": ""})


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("CLINIC_DATABASE_URL", "mysql://clinic@db/clinic", "postgresql://"),
        ("CLINIC_DATABASE_URL", "sqlite://", "in memory"),
        ("CLINIC_DATABASE_URL", "clinic", "not a database address"),
        ("CLINIC_SECRET_KEY", "secret", "easy to guess"),
        ("CLINIC_SECRET_KEY", "a" * 40, "easy to guess"),
        ("CLINIC_PUBLIC_URL", "book.example.org", "https://"),
        ("CLINIC_PUBLIC_URL", "https://book.example.org/clinic", "a scheme and a host"),
        ("CLINIC_PHONE", "call us", "telephone"),
        ("CLINIC_SMTP_URL", "mail.example.org", "smtp://user:password@host:port"),
        ("CLINIC_SMTP_URL", "http://mail.example.org", "smtp://user:password@host:port"),
        ("CLINIC_SMTP_URL", "smtp://clinic:hush/hush@mail.example", "%2F"),
        ("CLINIC_SMTP_URL", "smtp://clinic:hush@mail.example:port", "smtp://user:password@host:port"),
        ("CLINIC_SMTP_URL", "smtp://clinic@mail.example", "both a user and a password"),
        ("CLINIC_SMTP_URL", "smtp://clinic:h%C3%BCsh@mail.example", "ASCII"),
        ("CLINIC_SMTP_TLS", "yes", "starttls or off"),
        ("CLINIC_MAIL_FROM", "visits", "one address"),
        ("CLINIC_MAIL_FROM", "Clinic <visits@example.org>", "without a name"),
        ("CLINIC_MAIL_FROM", "a@example.org, b@example.org", "one address"),
        ("CLINIC_MAIL_FROM", "vísits@example.org", "one address"),
        ("CLINIC_MAIL_TIMEOUT", "soon", "number of seconds"),
        ("CLINIC_MAIL_TIMEOUT", "60", "between"),
        ("CLINIC_SMS_URL", "https://api.twilio.com", "twilio://ACCOUNT:TOKEN@"),
        ("CLINIC_SMS_URL", "twilio://AC1:hush@api.twilio.com", "?from="),
        ("CLINIC_SMS_URL", "twilio://AC1:hush@api.twilio.com?from=MG0123456789abcdef0123456789abcdef", "service"),
        ("CLINIC_SMS_URL", "twilio://AC1@api.twilio.com?from=+14075550100", "ACCOUNT:TOKEN"),
        ("CLINIC_DEMO", "maybe", "1 or 0"),
        ("CLINIC_LOG_LEVEL", "LOUD", "DEBUG"),
        ("CLINIC_GEOCODER_OPTIONS", "{", "JSON"),
        ("CLINIC_GEOCODER_OPTIONS", "[1]", "JSON object"),
        ("CLINIC_GEOCODER_OPTIONS", '{"api_key": "x"}', "CLINIC_GEOCODER is not"),
        ("CLINIC_GEOCODER", "no-such-service", "CLINIC_GEOCODER_OPTIONS"),
        ("CLINIC_GEOCODER", "google", "CLINIC_GEOCODER_OPTIONS"),
        ("CLINIC_GEOCODER_TIMEOUT", "soon", "number of seconds"),
        ("CLINIC_GEOCODER_TIMEOUT", "0", "between"),
        ("CLINIC_LIMIT_HOLDS", "lots", "20 per 10 minutes"),
        ("CLINIC_METRICS_TOKEN", "metrics", "easy to guess"),
        ("CLINIC_RETENTION", "[]", '{"visits_days": 3650}'),
        ("CLINIC_RETENTION", '{"visit_days": 1}', "it may name holds_days"),
        ("CLINIC_RETENTION", '{"visits_days": 0}', "visits_days must be a whole number of days"),
        ("CLINIC_TRUSTED_PROXIES", "-1", "from 0 to 9"),
        ("CLINIC_ALLOWED_HOSTS", "https://book.example.org", "without http"),
    ],
)
def test_each_wrong_value_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        Settings.from_env({**WHOLE, name: value})
    assert says in str(refused.value)
    assert "hush" not in str(refused.value)


def test_what_signs_in_elsewhere_is_never_shown() -> None:
    sms = {"CLINIC_SMS_URL": "twilio://AC0hush:hush-token@api.twilio.com?from=+14075550100"}
    settings = Settings.from_env({**WHOLE, **sms, "CLINIC_SMTP_URL": "smtps://clinic:hush@mail.example"})
    assert "hush" not in repr(settings)
    assert settings.sms_url == sms["CLINIC_SMS_URL"]


def test_a_demo_needs_no_mail_server_and_one_that_has_it_needs_a_sender() -> None:
    assert (Settings.from_env(DEMO).smtp_url, Settings.from_env(DEMO).sms_url) == ("", "")
    assert "@" in Settings.from_env(DEMO).mail_from
    with pytest.raises(SettingsError, match=r"^CLINIC_MAIL_FROM is not set"):
        Settings.from_env({**DEMO, "CLINIC_SMTP_URL": "smtp://localhost:2525"})


def test_a_geocoder_by_name_and_options() -> None:
    chosen = {"CLINIC_GEOCODER": "Nominatim", "CLINIC_GEOCODER_OPTIONS": '{"domain": "geo.example.org", "scheme": "http"}'}
    settings = Settings.from_env({**WHOLE, **chosen})
    assert (settings.geocoder, settings.geocoder_options["domain"]) == ("nominatim", "geo.example.org")
    assert Settings.from_env({**WHOLE, "CLINIC_GEOCODER": "uscensus"}).geocoder == "uscensus"


def test_days_to_keep_are_set_one_by_one() -> None:
    kept = Settings.from_env({**WHOLE, "CLINIC_RETENTION": '{"visits_days": 3650, "holds_days": 1}'}).retention
    assert (kept.visits_days, kept.holds_days, kept.audit_days) == (3650, 1, Settings.from_env(WHOLE).retention.audit_days)


def test_a_misspelled_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="Did you mean CLINIC_GEOCODER"):
        Settings.from_env({**WHOLE, "CLINIC_GEOCODR": "photon"})


def test_the_demo_file_never_fills_the_gaps_of_a_real_installation(tmp_path: Path) -> None:
    file = tmp_path / "demo.env"
    assert environment({"HOME": "/"}, file) == {"HOME": "/"}
    file.write_text("# written by make run\nCLINIC_DEMO=1\n\nCLINIC_SECRET_KEY=a=b\n")
    assert environment({"HOME": "/"}, file) == {"HOME": "/", "CLINIC_DEMO": "1", "CLINIC_SECRET_KEY": "a=b"}
    assert environment({"CLINIC_BRAND": "Real"}, file) == {"CLINIC_BRAND": "Real"}
    assert "CLINIC_DEMO" in environment({"CLINIC_PROVE": "1"}, file)


@pytest.mark.parametrize("command", [["-m", "gunicorn", "-b", "127.0.0.1:0"], ["-m", "flask", "clinic", "settings"]])
def test_a_half_configuration_stops_the_start_with_one_sentence(command: list[str]) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CLINIC_")}
    ended = subprocess.run(
        [sys.executable, *command], env={**environ, "CLINIC_BRAND": "Half"}, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode != 0
    assert "clinic: CLINIC_DATABASE_URL is not set" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_readme_lists_every_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in VARIABLES if name not in readme] == []
