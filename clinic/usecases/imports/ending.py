"""How an import ends: all of it in one commit, with a row in the audit log; nothing on a dry run."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.adapters.csv_files import CsvFile
from clinic.domain.audit import Action
from clinic.store.audit import audit
from clinic.usecases.imports.outcome import ImportOutcome

ACTOR = "command-line"


def end_import(session: Session, what: str, file: CsvFile, outcome: ImportOutcome, *, dry_run: bool, now: datetime) -> None:
    """Commit the import of a file of `what`, noted in the audit log if it wrote anything; undo it on a dry run.

    The log keeps the hash of the file, by which it is known again, and not its name, which may say whose it is.
    """
    if dry_run:
        session.rollback()
        return
    if outcome.new or outcome.changed:
        detail = f"{what}: {outcome.new:,} new, {outcome.changed:,} changed; sha256 {file.sha256}"
        audit.note(session, None, actor=ACTOR, action=Action.IMPORT, detail=detail, now=now)
    session.commit()
