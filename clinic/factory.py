"""One Flask application, bound from its parts. The one module that may import everything."""

from __future__ import annotations

from datetime import timedelta
from logging.config import dictConfig
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.middleware.proxy_fix import ProxyFix

from clinic.adapters.content import ContentError, Library, read_library
from clinic.adapters.mail import Mailer, sender_line
from clinic.adapters.passwords import Passwords
from clinic.adapters.sealing import Sealer
from clinic.adapters.sms import texter
from clinic.cli import clinic as commands
from clinic.clock import Clock, now
from clinic.config import ROOT, Settings, SettingsError, load
from clinic.extensions import csrf, db, login, migrate
from clinic.store.connect import engine_options, prepare
from clinic.store.operations.rate_limits import SqlStorage, limits_engine
from clinic.usecases.accounts import Locks
from clinic.usecases.messages import MessageContext
from clinic.usecases.operations import keys
from clinic.web import (
    account,
    api,
    booking,
    care,
    context,
    converters,
    desk,
    errors,
    fields,
    filters,
    headers,
    health,
    letters,
    locator,
    logs,
    metrics,
    portal,
    signed_in,
    visitor,
)
from clinic.web.context import Geocode, Parts
from clinic.web.guards import public

MAX_BODY_BYTES = 256 * 1024
IDLE_PATIENT = timedelta(minutes=30)


class Application(Flask):
    """Flask, except that its log of a failure does not quote the address, which may hold a token."""

    def log_exception(self, exc_info: Any) -> None:
        self.logger.error("unhandled exception", exc_info=exc_info)


def create_app(settings: Settings, *, clock: Clock = now, geocode: Geocode | None = None) -> Flask:
    """An application that serves `settings`. `clock` and `geocode` stand in for the clock and the geocoder of the settings."""
    dictConfig(logs.configuration(settings.log_level))
    app = Application(
        "clinic",
        root_path=str(ROOT / "clinic"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(ROOT / "instance"),
    )
    _configure(app, settings)
    _bind_database(app)
    limiter = FixedWindowRateLimiter(SqlStorage(limits_engine(settings.database_url), clock))
    app.extensions["clinic"] = Parts(
        settings, clock, geocode or _geocoder(settings), limiter, _library(settings), Sealer(settings.intake_keys)
    )
    csrf.init_app(app)
    login.init_app(app, add_context_processor=False)

    logs.install(app)
    headers.install(app, https=settings.https)
    for part in (context, converters, fields, filters, visitor, signed_in):
        part.install(app)
    errors.install(app, unavailable=(OperationalError, InterfaceError, PoolTimeout))
    _open_rooms(app)
    app.extensions["clinic.post"] = _post(app, settings)
    app.extensions["clinic.locks"] = _locks(app, settings)
    app.cli.add_command(commands)
    _check_keys(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def application() -> Flask:
    """The application of this process's settings, or an exit that says what is wrong."""
    try:
        return create_app(load())
    except SettingsError as error:
        raise SystemExit(f"clinic: {error}") from None


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        TRUSTED_HOSTS=settings.hosts,
        PREFERRED_URL_SCHEME="https" if settings.https else "http",
        SESSION_COOKIE_NAME="__Host-session" if settings.https else "session",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=IDLE_PATIENT,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session, so that a slow reader's form still works
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # Values belong in no log, and a database's message would quote them.
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings.database_url) | {"hide_parameters": True},
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def _bind_database(app: Flask) -> None:
    (ROOT / "instance").mkdir(exist_ok=True)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    with app.app_context():
        prepare(db.engine)


def _check_keys(app: Flask) -> None:
    """Refuse to start with keys that do not open what the database holds."""
    with app.app_context():
        session = db.session()
        right = keys.check_key(session, app.extensions["clinic"].sealer)
        db.session.remove()
        db.engine.dispose()  # workers may be forked from here
    if not right:
        raise SettingsError(
            "CLINIC_INTAKE_KEYS does not open the answers in this database. Put the key they were sealed with back into the"
            " list; nothing is lost."
        )


def _library(settings: Settings) -> Library:
    """The content folder, checked. Raises SettingsError with the file and the line of what is wrong."""
    try:
        return read_library(settings.content)
    except ContentError as error:
        raise SettingsError(f"the content cannot be served. {error}") from None


def _geocoder(settings: Settings) -> Geocode | None:
    if not settings.geocoder:
        return None
    from clinic.adapters import geocoding  # geopy takes a while to import

    return geocoding.build(settings.geocoder, settings.geocoder_options, timeout=settings.geocoder_timeout)


def _post(app: Flask, settings: Settings) -> MessageContext:
    """How messages are written and sent. Nothing is connected to before there is something to send."""
    sender = sender_line(settings.brand, settings.mail_from)
    tls, timeout = settings.smtp_tls, settings.mail_timeout
    return MessageContext(
        write=letters.writer(app),
        link=letters.linker(app),
        mailer=Mailer(settings.smtp_url, tls=tls, sender=sender, timeout=timeout) if settings.smtp_url else None,
        texter=texter(settings.sms_url) if settings.sms_url else None,
        texts=bool(settings.sms_url or settings.demo),
        sender=sender,
        host=settings.hosts[0],
        sealer=app.extensions["clinic"].sealer,
        key=settings.secret_key.encode(),
    )


def _locks(app: Flask, settings: Settings) -> Locks:
    """How the staff show who they are."""
    return Locks(
        hashing=Passwords(weak=settings.weak_hashes), sealer=app.extensions["clinic"].sealer, key=settings.secret_key.encode(),
        brand=settings.brand, demo_code=signed_in.DEMO_CODE if settings.demo else None,
    )  # fmt: skip


def _open_rooms(app: Flask) -> None:
    """Every room of the web. A room is a package that exposes `blueprint`; the API registers itself."""
    for room in (health, metrics, locator, care, booking, account, portal, desk):
        app.register_blueprint(room.blueprint)
    if app.extensions["clinic"].settings.demo:
        from clinic.web import mailbox, styleguide

        app.register_blueprint(mailbox.blueprint)
        app.register_blueprint(styleguide.blueprint)
    api.register(app)
    public(app.view_functions["static"])
