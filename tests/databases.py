"""Fresh, migrated databases of both kinds, made by copying one that the migrations built."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from flask_migrate import upgrade
from sqlalchemy import make_url

from clinic.config import RateLimits, Settings
from clinic.factory import create_app
from tests import postgres

KINDS = ("sqlite", "postgresql")
MEMORY = Path("/dev/shm")
ROOM = 2**30
OLD_SECONDS = 86400
NO_LIMIT = "100000 per minute"


def settings_for(url: str, **changes: object) -> Settings:
    """Settings of a test application over the database at `url`."""
    chosen: dict[str, object] = {
        "database_url": url,
        "secret_key": "a secret of the tests, long enough to be one",
        "public_url": "http://localhost",
        "brand": "Impact Medical",
        "phone": "(407) 555-0100",
        "intake_keys": ("dGhlIGtleSBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzLi4=",),
        "smtp_url": "smtp://localhost:9",  # nobody is there
        "mail_from": "visits@example.org",
        "log_level": "WARNING",
        "limits": RateLimits(NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT),
        "weak_hashes": True,
    }
    return Settings(**{**chosen, **changes})  # type: ignore[arg-type]


def migrate(url: str) -> None:
    """Build the schema at `url` from the migrations."""
    app = create_app(settings_for(url))
    with app.app_context():
        upgrade()
        app.extensions["sqlalchemy"].engine.dispose()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for databases until the block ends: in memory where there is a gigabyte, as no test outlives the power."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    folder = MEMORY if roomy else Path("/tmp")
    for old in folder.glob("clinic-test-*"):  # of a run that was killed
        with suppress(FileNotFoundError):
            if time.time() - old.stat().st_mtime > OLD_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
    with TemporaryDirectory(prefix="clinic-test-", dir=folder, ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)  # PostgreSQL may run as somebody else
        yield Path(home)


class Databases:
    """Makes databases of one kind: `empty()` has no tables, `migrated()` has them all, `like(name, fill)` has data as well.

    A template is built once a session; a copy costs a few milliseconds.
    """

    def __init__(self, kind: str, home: Path, stack: ExitStack) -> None:
        self.kind = kind
        self._home = home
        self._stack = stack
        self._numbers = count(1)
        self._templates: dict[str, str] = {}
        self._server = ""

    @contextmanager
    def empty(self) -> Iterator[str]:
        """The URL of a database without tables, dropped when the block ends."""
        with self._copy(None) as url:
            yield url

    @contextmanager
    def migrated(self) -> Iterator[str]:
        """The URL of a database with all tables and no rows, dropped when the block ends."""
        with self._copy(self._template("migrated", migrate)) as url:
            yield url

    @contextmanager
    def like(self, name: str, fill: Callable[[str], None]) -> Iterator[str]:
        """The URL of a copy of the migrated database that `fill(url)` filled once, under this name, in this session."""

        def build(url: str) -> None:
            migrate(url)
            fill(url)

        with self._copy(self._template(name, build)) as url:
            yield url

    @contextmanager
    def made(self, name: str, build: Callable[[str], None]) -> Iterator[str]:
        """The URL of a copy of a database without tables that `build(url)` made something of once, in this session."""
        with self._copy(self._template(name, build)) as url:
            yield url

    def forget(self, name: str) -> None:
        """The data of that name is needed no more."""
        if url := self._templates.pop(name, ""):
            self._drop(url)

    def _template(self, name: str, build: Callable[[str], None]) -> str:
        if name not in self._templates:
            url = self._create(f"template_{name}", None)
            build(url)
            self._templates[name] = url
        return self._templates[name]

    @contextmanager
    def _copy(self, template: str | None) -> Iterator[str]:
        url = self._create(f"test_{next(self._numbers)}", template)
        try:
            yield url
        finally:
            self._drop(url)

    def _create(self, name: str, template: str | None) -> str:
        if self.kind == "sqlite":
            file = self._home / f"{name}.sqlite"
            if template:
                shutil.copyfile(str(make_url(template).database), file)
            return f"sqlite:///{file}"
        if not self._server:
            self._server = self._stack.enter_context(postgres.server(folder=self._home))
        source = make_url(template).database if template else "template0"
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)

    def _drop(self, url: str) -> None:
        name = str(make_url(url).database)
        if self.kind == "sqlite":
            for file in Path(name).parent.glob(Path(name).stem + "[.-]*"):
                file.unlink()
        else:
            self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _administer(self, statement: str) -> None:
        host = make_url(self._server).query["host"]
        with closing(psycopg.connect(host=str(host), user="postgres", dbname="postgres", autocommit=True)) as connection:
            connection.execute(statement.encode())
