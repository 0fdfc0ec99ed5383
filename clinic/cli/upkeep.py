"""What keeps an installation in order: keys."""

from __future__ import annotations

import click
from flask import current_app

from clinic.cli.group import clinic


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
    from clinic.usecases.intake import renew_keys

    click.echo(f"{renew_keys(db.session(), current_app.extensions['clinic'].sealer):,} answers sealed with the first key.")
