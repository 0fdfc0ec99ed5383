"""What a view reaches for: the parts that the factory bound to this application, and the request's own session."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, has_request_context, request, url_for
from limits.strategies import RateLimiter

from clinic.adapters.content import Library
from clinic.adapters.sealing import Sealer
from clinic.clock import Clock
from clinic.config import Settings
from clinic.domain.care.preparation import Shown
from clinic.domain.geography.places import Point
from clinic.extensions import Session, db
from clinic.usecases.booking import VisitSummary
from clinic.web.headers import FOR_SEARCH_ENGINES

Geocode = Callable[[str], Point | None]


@dataclass(frozen=True, slots=True)
class Parts:
    """The seams of one application."""

    settings: Settings
    clock: Clock
    geocode: Geocode | None
    limiter: RateLimiter
    library: Library
    sealer: Sealer


def parts() -> Parts:
    """The parts of the application that is answering."""
    bound: Parts = current_app.extensions["clinic"]
    return bound


def settings() -> Settings:
    return parts().settings


def now() -> datetime:
    """The time to hand to a use case: aware, UTC. Read it once in a view."""
    return parts().clock()


def session() -> Session:
    """The session to hand to a use case; closed when the request ends."""
    return db.session()


def signing_key() -> bytes:
    """The key that use cases sign and read tokens with."""
    return settings().secret_key.encode()


def library() -> Library:
    """What clinicians wrote."""
    return parts().library


def static_url(name: str) -> str:
    """The address of static/`name`, with a hash of its content, so that browsers may keep it for good."""
    known: dict[str, str] = g.setdefault("static_urls", {})
    if name not in known:
        known[name] = _static_url(name)
    return known[name]


def _static_url(name: str) -> str:
    app = current_app
    file = f"{app.static_folder}/{name}"
    root = request.script_root if has_request_context() else ""
    return f"{root}{app.static_url_path}/{name}?v={_content_hash(file, os.stat(file).st_mtime_ns)}"


def public_link(endpoint: str, **values: Any) -> str:
    """The one whole address of a page, whatever name and port it was asked for by: for canonical links and the sitemap."""
    return settings().public_url + url_for(endpoint, **values)


def canonical_link() -> str:
    """The one address of the page that is being answered; '' for pages that no search engine should keep."""
    if request.endpoint not in FOR_SEARCH_ENGINES:
        return ""
    return public_link(request.endpoint, **request.view_args or {})


MEDICINES = "Do not stop any medicine until the clinic has told you to."
USUAL = ("Come 15 minutes early. Bring a photo ID, your insurance card and a list of the medicines you take.", MEDICINES)


def prepared(visit: VisitSummary, where: Shown) -> tuple[str, ...]:
    """How to prepare for the visit, to be shown there: in a clinician's words; else in the catalogue's, and the usual ones."""
    written = library().preparations.of(visit.visit_type_slug, visit.location_slug)
    if written is not None:
        return written.shown(where)
    known = (*visit.preparation, *USUAL) if where == "confirmation" else ()
    return tuple(dict.fromkeys(known))


def signs_link() -> str:
    """Where the warning signs are read about."""
    known = "warning-signs" in library().care
    return url_for("care.page", slug="warning-signs") if known else url_for("care.services", _anchor="urgent")


def has_questions(visit: VisitSummary) -> bool:
    return bool(library().preparations.questions_of(visit.visit_type_slug))


def install(app: Flask) -> None:
    """What every template may name: brand, phone, demo, and the functions listed here."""
    chosen: Settings = app.extensions["clinic"].settings
    app.jinja_env.globals.update(
        brand=chosen.brand, phone=chosen.phone, demo=chosen.demo,
        static_url=static_url, public_link=public_link, canonical_link=canonical_link,
        prepared=prepared, has_questions=has_questions, signs_link=signs_link,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _content_hash(file: str, _changed: int) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()[:12]
