"""What goes into a database: the gazetteer, a demo, files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import current_app

from clinic.cli.group import clinic, refusals, say
from clinic.domain.scheduling.affected import Cause
from clinic.domain.time.hours import zone

if TYPE_CHECKING:
    from clinic.adapters.csv_files import CsvLine
    from clinic.extensions import Session
    from clinic.usecases.imports import ImportOutcome


@clinic.group("gazetteer")
def gazetteer() -> None:
    """ZIP codes and city names."""


@gazetteer.command("load")
def load_gazetteer() -> None:
    """Load or reload every US ZIP code and city name. Takes a few seconds; searches need it."""
    from clinic.extensions import db
    from clinic.usecases.operations.gazetteer import load_gazetteer

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
    from clinic import demo as demonstration
    from clinic.extensions import db
    from clinic.usecases.operations.gazetteer import gazetteer_is_empty, load_gazetteer

    bound = current_app.extensions["clinic"]
    if not bound.settings.demo:
        raise click.ClickException("This is not a demo. Invented clinics and patients belong only where CLINIC_DEMO=1 is set.")
    session = db.session()
    empty = demonstration.is_empty(session)
    if gazetteer_is_empty(session):
        say("ZIP codes and city names …")
        load_gazetteer(session)
    if if_empty and not on_locations and not empty:
        if not _staffed(session, bound):
            say("There are clinics already; nothing to do.")
        return
    with refusals():
        if on_locations:
            made = demonstration.staff_locations(session, near=near, busy=busy, now=bound.clock(), seed=seed, report=say)
        else:
            made = demonstration.open_chain(session, brand=bound.settings.brand, now=bound.clock(), seed=seed, report=say)
    click.echo(
        f"{made.locations:,} clinics, {made.specialists:,} specialists, {made.patients:,} patients and "
        f"{made.appointments:,} appointments; {made.fullness:.0%} of the coming six weeks is booked."
    )
    _staffed(session, bound)


def _staffed(session: Session, bound: Any) -> bool:
    """Accounts for looking around, unless there are any, visits for today and tasks. Returns whether the accounts were made."""
    from clinic.demo.chores import fill_work
    from clinic.demo.staff import open_accounts
    from clinic.demo.today import fill_today

    hashing = current_app.extensions["clinic.locks"].hashing
    made = open_accounts(session, hashing=hashing, sealer=bound.sealer, now=bound.clock())
    if made:
        say("One account of each role on the staff: flask clinic sign-ins prints them.")
    fill_today(session, now=bound.clock())
    fill_work(session, now=bound.clock())
    return made


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

    A column that the file does not have leaves what is stored as it is. So does an optional cell that cannot be read: a
    remark names the line and the column, and says what stays. An empty cell erases what is stored.

    The exit status is 1 when nothing could be imported: the file cannot be read, or every line was rejected.
    """
    from clinic.extensions import db
    from clinic.usecases import imports
    from clinic.usecases.operations.gazetteer import gazetteer_is_empty, load_gazetteer

    verbs: dict[str, Callable[..., ImportOutcome]] = {
        "locations": imports.import_locations,
        "specialists": imports.import_specialists,
        "shifts": imports.import_shifts,
    }
    session, now = db.session(), current_app.extensions["clinic"].clock()
    with refusals():
        table = imports.read_csv(file, encoding=encoding)
        if table.guessed:
            say(f"Read as {table.encoding}. If names look wrong, say which encoding it is: --encoding …")
        if what == "locations" and gazetteer_is_empty(session):
            say("ZIP codes and city names …")
            load_gazetteer(session)
        outcome = verbs[what](session, table, _pairs(mapping), now=now, dry_run=dry_run, watch=_progress)
    _tell(outcome, dry_run=dry_run)
    if outcome.rejected and not outcome.taken:
        sys.exit(1)


def _pairs(mapping: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in mapping]
    if wrong := [name for name, equals, column in pairs if not (name and equals and column)]:
        raise click.BadParameter(f"write FIELD=COLUMN, not {wrong[0]!r}", param_hint="--map")
    return {name.strip(): column.strip() for name, _, column in pairs}


def _progress(lines: Iterable[CsvLine]) -> Iterator[CsvLine]:
    """A bar on standard error, where somebody is watching."""
    with click.progressbar(lines, file=sys.stderr, hidden=not sys.stderr.isatty(), update_min_steps=200) as bar:
        yield from bar


def _tell(outcome: ImportOutcome, *, dry_run: bool) -> None:
    if dry_run:
        for shown in outcome.first:
            click.echo(f"  {_printable(shown)}")
    for remark in outcome.remarks:
        click.echo(f"line {remark.line}: {_printable(remark.said)}")
    for remark in outcome.rejected:
        click.echo(f"line {remark.line} rejected: {_printable(remark.said)}")
    _tell_touched(outcome, dry_run=dry_run)
    done = "Would import" if dry_run else "Imported"
    kept = f"{outcome.new:,} new, {outcome.changed:,} changed, {outcome.same:,} the same"
    click.echo(f"{done}: {kept}, {len(outcome.rejected):,} rejected.")


WHY = {
    Cause.AWAY: "the specialist is away", Cause.CLOSED: "the specialist does not work there that day",
    Cause.HOURS: "outside the new hours",
}  # fmt: skip
MOST_TOUCHED = 200


def _tell_touched(outcome: ImportOutcome, *, dry_run: bool) -> None:
    """Booked visits that lose their time, without anybody's name; and how many have it again."""
    if outcome.freed:
        can = "could be given again, and would leave" if dry_run else "can be given again, and left"
        click.echo(f"{outcome.freed:,} booked visit{'' if outcome.freed == 1 else 's'} {can} the work list.")
    if not outcome.touched:
        return
    count = len(outcome.touched)
    goes = "would go" if dry_run else "went" if count == 1 else "have gone"
    click.echo(f"{count:,} booked visit{'' if count == 1 else 's'} {goes} onto the work list, to be moved or kept:")
    for visit in outcome.touched[:MOST_TOUCHED]:
        at = visit.start.astimezone(zone(visit.time_zone))
        when = f"{at:%a, %b} {at.day}, {at.year}, {at:%I:%M %p %Z}"
        click.echo(
            f"  {when}, {_printable(visit.clinic)}, {_printable(visit.specialist)}: {visit.reference} ({WHY[visit.cause]})"
        )
    if count > MOST_TOUCHED:
        click.echo(f"  and {count - MOST_TOUCHED:,} more.")


def _printable(text: str) -> str:
    """Without what a terminal would obey: the sentences quote a stranger's file."""
    return "".join(character if character.isprintable() else "?" for character in text)
