"""What keeps an installation in order: keys, the audit log, forgetting."""

from __future__ import annotations

import click
from flask import current_app

from clinic.cli.group import clinic, refusals

BROKEN = {
    "changed": "Row {id} was changed after it was sealed, or rows before it were removed with their seals.",
    "missing": "Row {id} was removed after it was sealed.",
    "added": "Row {id} was slipped in among sealed rows.",
    "seal changed": "The seal of row {id} was changed; the row itself was not.",
}


@clinic.group("intake-keys")
def intake_keys() -> None:
    """The keys that seal what patients tell a clinic (CLINIC_INTAKE_KEYS)."""


@intake_keys.command("new")
def new_intake_key() -> None:
    """Print a new key. Put it first in CLINIC_INTAKE_KEYS, restart, then renew."""
    from clinic.adapters.sealing import new_key

    click.echo(new_key())


@intake_keys.command("renew")
def renew_intake_keys() -> None:
    """Seal everything anew with the first key, so that the others may be taken out of the list."""
    from clinic.extensions import db
    from clinic.usecases.operations.keys import renew_keys

    click.echo(f"{renew_keys(db.session(), current_app.extensions['clinic'].sealer):,} answers sealed with the first key.")


@clinic.group("audit")
def audit() -> None:
    """The audit log: who did what."""


@audit.command("verify")
@click.option("--head", default="", metavar="HASH", help="A head noted earlier, as in a log kept elsewhere: is it in the chain?")
def verify_audit(*, head: str) -> None:
    """Read every audit row and its seal; fail at the first that was changed, removed or slipped in.

    Whoever can rewrite the whole database can seal it anew. Compare with a head that was noted elsewhere: --head.
    """
    from clinic.extensions import db
    from clinic.usecases.audit.auditing import verify

    found = verify(db.session(), head=head.strip().lower())
    click.echo(f"{found.rows:,} rows, {found.sealed:,} of them sealed. Head: {found.head or 'none'}")
    if found.unsealed_first is not None:
        click.echo(
            f"Not sealed yet: rows {found.unsealed_first} to {found.unsealed_last}. The worker seals them within a minute."
        )
    if found.broken:
        raise click.ClickException(BROKEN[found.broken.why].format(id=found.broken.id))
    if head and found.anchor_id is None:
        raise click.ClickException("That head is not in the chain: the log was sealed anew since, or that part of it was purged.")
    click.echo(f"The chain is whole{f', and row {found.anchor_id} has the head you named' if head else ''}.")


@clinic.command("purge")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
def purge(*, dry_run: bool) -> None:
    """Remove what was kept for long enough (CLINIC_RETENTION). For every night; bookings go on meanwhile.

    Stopped half way it leaves nothing half done: the next run goes on. What is still in use stays.
    """
    from clinic.extensions import db
    from clinic.store.operations.rate_limits import SqlStorage
    from clinic.usecases.operations.retention import purge

    bound = current_app.extensions["clinic"]
    click.echo("Would remove:" if dry_run else "Removed:")
    with refusals():
        for what, count in purge(db.session(), bound.settings.retention, now=bound.clock(), dry_run=dry_run):
            click.echo(f"{count:>9,} {what}")
    if isinstance(counters := bound.limiter.storage, SqlStorage):
        click.echo(f"{counters.forget_expired(dry_run=dry_run):>9,} counters of rate limits")
