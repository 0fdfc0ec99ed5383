"""`flask clinic …`: as thin as a room of the web. Each command imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app
from flask.cli import AppGroup

from clinic.domain.errors import DomainError

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


@clinic.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing if there are clinics already.")
@click.option("--on-locations", is_flag=True, help="Staff the locations that were imported, instead of inventing clinics.")
@click.option(
    "--busy", type=click.IntRange(min=0), default=200, show_default=True, help="With --on-locations: how many get full calendars."
)
@click.option("--near", default="32801", show_default=True, help="With --on-locations: those nearest to this ZIP code.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed and day give the same demo.")
def demo(*, if_empty: bool, on_locations: bool, busy: int, near: str, seed: int) -> None:
    """Invent a chain of clinics with people, rosters and six weeks of appointments. Only in demo mode (CLINIC_DEMO=1)."""
    from clinic.extensions import db
    from clinic.usecases import demonstration
    from clinic.usecases.gazetteer import gazetteer_is_empty, load_gazetteer

    bound = current_app.extensions["clinic"]
    if not bound.settings.demo:
        raise click.ClickException("This is not a demo. Invented clinics and patients belong only where CLINIC_DEMO=1 is set.")
    session = db.session()
    empty = demonstration.is_empty(session)
    if gazetteer_is_empty(session):
        _say("ZIP codes and city names …")
        load_gazetteer(session)
    if if_empty and not on_locations and not empty:
        _say("There are clinics already; nothing to do.")
        return
    with _refusals():
        if on_locations:
            made = demonstration.staff_locations(session, near=near, busy=busy, now=bound.clock(), seed=seed, report=_say)
        else:
            made = demonstration.open_chain(session, brand=bound.settings.brand, now=bound.clock(), seed=seed, report=_say)
    click.echo(
        f"{made.locations:,} clinics, {made.specialists:,} specialists, {made.patients:,} patients and "
        f"{made.appointments:,} appointments; {made.fullness:.0%} of the coming six weeks is booked."
    )


def _say(what: str) -> None:
    click.echo(what, err=True)


@contextmanager
def _refusals() -> Iterator[None]:
    """A refusal ends the command with its sentence, never with a traceback."""
    try:
        yield
    except DomainError as refused:
        raise click.ClickException(refused.message) from None
