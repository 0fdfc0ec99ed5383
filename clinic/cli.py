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


@clinic.group("gazetteer")
def gazetteer() -> None:
    """ZIP codes and city names."""


@gazetteer.command("load")
def load_gazetteer() -> None:
    """Load or reload every US ZIP code and city name. Takes a few seconds; searches need it."""
    from clinic.extensions import db
    from clinic.usecases.gazetteer import load_gazetteer

    loaded = load_gazetteer(db.session())
    click.echo(f"{loaded.zip_codes:,} ZIP codes, {loaded.unplaced:,} of them without a point, and {loaded.cities:,} city names.")
