"""Services and care: what clinicians wrote, with the soonest visit near the place that the visitor searched last."""

from __future__ import annotations

from flask import Blueprint, render_template

from clinic.adapters.content import CarePage
from clinic.domain.errors import InvalidInput, NotFound, PlaceUnknown
from clinic.engine.search.candidates import Opening
from clinic.usecases import directory, find
from clinic.usecases.directory import ServiceCard
from clinic.usecases.find import Wanted
from clinic.web.care import pathway
from clinic.web.care.structured import social_card, structured_data
from clinic.web.context import library, now, public_link, session
from clinic.web.guards import public
from clinic.web.visitor import last_search

blueprint = Blueprint("care", __name__)
pathway.install(blueprint)


@blueprint.get("/services")
@public
def services() -> str:
    return render_template("care/services.html", services=directory.services(session()), library=library())


@blueprint.get("/services/<slug:slug>")
@public
def service(slug: str) -> str:
    """What clinicians wrote of the service; the catalogue's paragraph where they wrote nothing."""
    card = directory.get_service(session(), slug)
    written = library().services.get(slug)
    if written:
        return _show(written, card)
    near = last_search().get("near", "")
    return render_template("care/service.html", service=card, near=near, soonest=_soonest(card, near))


@blueprint.get("/care/<slug:slug>")
@public
def page(slug: str) -> str:
    written = library().care.get(slug)
    if written is None:
        raise NotFound("There is no page of that name.")
    offered = {card.slug: card for card in directory.services(session())}
    return _show(written, offered.get(written.service or ""))


@blueprint.get("/care/glossary")
@public
def glossary() -> str:
    if not library().glossary:
        raise NotFound("There is no glossary here.")
    return render_template("care/glossary.html", terms=library().glossary)


def _show(written: CarePage, card: ServiceCard | None) -> str:
    near = last_search().get("near", "")
    canonical = public_link(".service" if written.kind == "service" else ".page", slug=written.slug)
    see_also = [other for slug in written.see_also if (other := library().page(slug))]
    return render_template(
        "care/page.html", page=written, service=card, soonest=_soonest(card, near), near=near,
        see_also=see_also, has_glossary=bool(library().glossary),
        card=social_card(written, canonical), structured=structured_data(written, canonical),
    )  # fmt: skip


def _soonest(card: ServiceCard | None, near: str) -> Opening | None:
    """The soonest visit of the service near the remembered place; None when there is none, or the place is none any more."""
    if card is None or not near:
        return None
    try:
        place = find.find_place(session(), near)
        found = find.openings_near(session(), place, Wanted(service=card.slug, limit=1), now=now(), counted=False)
    except (InvalidInput, NotFound, PlaceUnknown):
        return None
    return found.openings[0] if found.openings else None
