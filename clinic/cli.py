"""`flask clinic …`: as thin as a room of the web. Each command imports what it needs when it runs."""

from __future__ import annotations

import click
from flask.cli import AppGroup

clinic = AppGroup("clinic", help="Everything about the clinics: data, checks, upkeep.")


@clinic.command("settings")
def show_settings() -> None:
    """Every setting, and what it is for."""
    from clinic.config import VARIABLES

    for name, purpose in VARIABLES.items():
        click.echo(f"{name:26} {purpose}")
