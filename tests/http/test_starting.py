"""A process that must not start: it says why, ends with a failure, and touches nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer, new_key
from clinic.config import CONTENT, ROOT
from clinic.usecases.records import intake
from tests import build
from tests.browser.ports import free_port
from tests.databases import Databases
from tests.http.server import SECRET, call, gunicorn
from tests.usecases.test_intake import CANARY, GIVEN, NOW, NURSE, Visit, tell

WAYS = {"gunicorn": ["gunicorn"], "flask": ["flask", "clinic", "intake-keys", "renew"]}
PATIENCE_SECONDS = 30
KEY = new_key()


def start(url: str, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start it as an administrator would, on the database at `url`, and wait until it ends."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CLINIC_")}
    settings = {
        "CLINIC_DATABASE_URL": url,
        "CLINIC_SECRET_KEY": SECRET,
        "CLINIC_PUBLIC_URL": "http://127.0.0.1",
        "CLINIC_BRAND": "Impact Medical",
        "CLINIC_PHONE": "(407) 555-0100",
        "CLINIC_INTAKE_KEYS": KEY,
        "CLINIC_SMTP_URL": "smtp://localhost:9",
        "CLINIC_MAIL_FROM": "visits@example.org",
        "PORT": str(free_port()),
        "WEB_CONCURRENCY": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", *command],
        env=own | settings | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def sentence(ended: subprocess.CompletedProcess[str]) -> str:
    """What it said of itself as it ended, on one line, without a traceback."""
    assert ended.returncode not in (0, None), ended.stderr
    assert "Traceback" not in ended.stderr, ended.stderr
    [said] = [line for line in ended.stderr.splitlines() if line.startswith("clinic: ")]
    return said


@pytest.mark.parametrize("way", WAYS)
def test_with_a_wrong_key_nothing_starts_and_nothing_is_lost(session: Session, database: str, way: str) -> None:
    right, wrong = new_key(), new_key()
    visit = Visit(session)
    tell(session, visit, Sealer([right]))
    before = session.execute(text("select sealed from sealed_answers")).all()
    session.commit()
    said = sentence(start(database, *WAYS[way], CLINIC_INTAKE_KEYS=wrong))
    assert said == (
        "clinic: CLINIC_INTAKE_KEYS does not open the answers in this database. Put the key they were sealed with back into the"
        " list; nothing is lost."
    )
    assert CANARY not in said
    assert wrong not in said
    assert session.execute(text("select sealed from sealed_answers")).all() == before
    session.commit()
    if way == "gunicorn":
        with gunicorn(database, workers=1, CLINIC_INTAKE_KEYS=right) as port:
            assert call(port, "GET", "/readyz")[0] == 200
    else:
        restored = start(database, *WAYS[way], CLINIC_INTAKE_KEYS=f"{right},{wrong}")
        assert (restored.returncode, restored.stdout) == (0, "1 answers sealed with the first key.\n"), restored.stderr
    reader = build.reader(visit.specialist.id)
    told = intake.read(session, reader, visit.id, sealer=Sealer([right]), who=NURSE, now=NOW)
    assert told == {"questions": (3, GIVEN)}


@pytest.mark.parametrize("way", WAYS)
def test_with_broken_content_nothing_starts_and_the_line_is_named(
    all_databases: dict[str, Databases], tmp_path: Path, way: str
) -> None:
    folder = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    file = folder / "care" / "lifestyle.md"
    lines = file.read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, 1) if line.startswith("next_review:"))
    lines[number - 1] = "next_review: soon"
    file.write_text("\n".join(lines), encoding="utf-8")
    with all_databases["sqlite"].migrated() as url:
        said = sentence(start(url, *WAYS[way], CLINIC_CONTENT=str(folder)))
    assert f"{file}:{number}: next_review is missing: write a date" in said
