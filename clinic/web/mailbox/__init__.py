"""What was sent, to be read by visitors of a demo. It opens nowhere else."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from clinic.usecases import messages
from clinic.web.context import parts, session
from clinic.web.guards import public

__all__ = ["blueprint"]

blueprint = Blueprint("mailbox", __name__, url_prefix="/mailbox")


@blueprint.get("/")
@public
def last() -> str:
    return render_template("mailbox/last.html", sent=messages.sent_last(session(), parts().sealer))


@blueprint.get("/<int:number>")
@public
def one(number: int) -> str:
    """One message; of a letter, the sheet to print."""
    found = messages.sent_one(session(), parts().sealer, number)
    if found is None:
        abort(404)
    return render_template("mailbox/one.html", message=found)
