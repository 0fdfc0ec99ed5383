"""`flask clinic …`: as thin as a room of the web. Each command imports what it needs when it runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import AppGroup

from clinic.domain.errors import DomainError

if TYPE_CHECKING:
    from clinic.adapters.csv_files import Line
    from clinic.usecases.imports import Outcome

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


@clinic.command("pathway")
@click.option("--check", is_flag=True, help="Walk every path; fail when one does not end, or leads to a service nobody offers.")
@click.option(
    "--svg", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Draw it into this file; - for the screen."
)
def pathway(*, check: bool, svg: Path | None) -> None:
    """The care pathway: check it, draw it."""
    from clinic.domain.pathway import faults, walk
    from clinic.domain.pathway_picture import draw
    from clinic.extensions import db
    from clinic.usecases import directory

    library = current_app.extensions["clinic"].library
    journey = library.pathway
    if not journey.questions:
        raise click.ClickException("There is no pathway.yaml in the content folder.")
    if svg is not None:
        with click.open_file(str(svg), "w", encoding="utf-8") as file:
            file.write(draw(journey))
    if check:
        offered = [card.slug for card in directory.services(db.session())]
        wrong = faults(journey, services=offered, pages=[*library.services, *library.care])
        for sentence in wrong:
            click.echo(sentence, err=True)
        if wrong:
            raise click.ClickException(f"The pathway is not sound: {len(wrong)} faults.")
        paths = sum(1 for _ in walk(journey))
        click.echo(f"{paths:,} paths through {len(journey.questions)} questions to {len(journey.outcomes)} outcomes, all sound.")


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


@clinic.command("import")
@click.argument("what", type=click.Choice(["locations", "specialists", "shifts"]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "mapping", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field; may be repeated.")
@click.option("--encoding", help="The file's encoding, when it is guessed wrong: utf-8, cp1252, utf-16 …")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
def import_file(what: str, file: Path, *, mapping: tuple[str, ...], encoding: str | None, dry_run: bool) -> None:
    """Add or update locations, specialists or shifts from a CSV file.

    Lines that cannot be right are listed with their number and the reason; the others are imported. A file that cannot
    be read as a whole changes nothing. Importing the same file twice changes nothing the second time.
    """
    from clinic.extensions import db
    from clinic.usecases import imports
    from clinic.usecases.gazetteer import gazetteer_is_empty, load_gazetteer

    verbs = {"locations": imports.import_locations, "specialists": imports.import_specialists, "shifts": imports.import_shifts}
    session = db.session()
    with _refusals():
        table = imports.read_csv(file, encoding=encoding)
        if table.guessed:
            _say(f"Read as {table.encoding}. If names look wrong, say which encoding it is: --encoding …")
        if what == "locations" and gazetteer_is_empty(session):
            _say("ZIP codes and city names …")
            load_gazetteer(session)
        outcome = verbs[what](session, table, _pairs(mapping), dry_run=dry_run, watch=_progress)
    _tell(outcome, dry_run=dry_run)


def _pairs(mapping: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in mapping]
    if wrong := [name for name, equals, column in pairs if not (name and equals and column)]:
        raise click.BadParameter(f"write FIELD=COLUMN, not {wrong[0]!r}", param_hint="--map")
    return {name.strip(): column.strip() for name, _, column in pairs}


def _progress(lines: Iterable[Line]) -> Iterator[Line]:
    """A bar on standard error, where somebody is watching."""
    with click.progressbar(lines, file=sys.stderr, hidden=not sys.stderr.isatty(), update_min_steps=200) as bar:
        yield from bar


def _tell(outcome: Outcome, *, dry_run: bool) -> None:
    if dry_run:
        for shown in outcome.first:
            click.echo(f"  {_printable(shown)}")
    for remark in outcome.remarks:
        click.echo(f"line {remark.line}: {_printable(remark.said)}")
    for remark in outcome.rejected:
        click.echo(f"line {remark.line} rejected: {_printable(remark.said)}")
    done = "Would import" if dry_run else "Imported"
    kept = f"{outcome.new:,} new, {outcome.changed:,} changed, {outcome.same:,} the same"
    click.echo(f"{done}: {kept}, {len(outcome.rejected):,} rejected.")


def _printable(text: str) -> str:
    """Without what a terminal would obey: the sentences quote a stranger's file."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _say(what: str) -> None:
    click.echo(what, err=True)


@contextmanager
def _refusals() -> Iterator[None]:
    """A refusal ends the command with its sentence, never with a traceback."""
    try:
        yield
    except DomainError as refused:
        raise click.ClickException(refused.message) from None
