"""What is set, and whether what clinicians wrote is sound."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app

from clinic.cli.group import clinic


@clinic.command("settings")
def show_settings() -> None:
    """Every setting, and what it is for."""
    from clinic.config import VARIABLES

    for name, purpose in VARIABLES.items():
        click.echo(f"{name:26} {purpose}")


@clinic.command("pathway")
@click.option("--check", is_flag=True, help="Walk every path; fail when one does not end, or leads to a service nobody offers.")
@click.option(
    "--svg", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="Draw it into this file; - for the screen."
)
def pathway(*, check: bool, svg: Path | None) -> None:
    """The care pathway: check it, draw it."""
    from clinic.cartography.pathway_picture import draw
    from clinic.domain.care.pathway import faults, walk
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
