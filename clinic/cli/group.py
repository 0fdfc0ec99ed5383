"""The group that every command of ours belongs to, and how commands speak."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup

from clinic.domain.errors import DomainError

clinic = AppGroup("clinic", help="Everything about the clinics: data, checks, upkeep.")


def say(what: str) -> None:
    """To whoever watches: on standard error, where it is in nobody's pipe."""
    click.echo(what, err=True)


@contextmanager
def refusals() -> Iterator[None]:
    """A refusal ends the command with its sentence, never with a traceback."""
    try:
        yield
    except DomainError as refused:
        raise click.ClickException(refused.message) from None
