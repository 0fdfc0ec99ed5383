"""The staff's sign-ins: the first administrator, and those of a demo."""

from __future__ import annotations

import click
from flask import current_app

from clinic.cli.group import clinic, refusals


@clinic.command("administrator")
@click.argument("email")
@click.option("--name", default="", help="Their full name.")
def administrator(*, email: str, name: str) -> None:
    """Invite an administrator by mail: the first one, or one who cannot sign in any more. They invite the others."""
    from clinic.extensions import db
    from clinic.usecases.accounts import invite_administrator

    with refusals():
        new, told = invite_administrator(db.session(), email, name, now=current_app.extensions["clinic"].clock())
    click.echo(f"{'An invitation' if new else 'A link to choose a new password'} is on its way to {email}, once the worker runs.")
    if told is not None:
        click.echo(
            "There is no other administrator to tell of it. The audit log says so."
            if not told
            else f"Other administrators who are told of it: {told}."
        )


@clinic.command("sign-ins")
def sign_ins() -> None:
    """Print the sign-ins of a demo. Only in demo mode (CLINIC_DEMO=1)."""
    from clinic.demo import staff

    if not current_app.extensions["clinic"].settings.demo:
        raise click.ClickException("This is not a demo: sign-ins are known to their owners alone.")
    click.echo(f"Staff sign-in at {current_app.extensions['clinic'].settings.public_url}/account/sign-in")
    for email, role in staff.addresses():
        click.echo(f"  {email:<24} {role.value.replace('_', ' ')}")
    click.echo(f"Password: {staff.PASSWORD}   Code: {current_app.extensions['clinic.locks'].demo_code}")
