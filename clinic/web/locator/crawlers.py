"""What search engines may read: robots.txt and the sitemap. Everything else answers X-Robots-Tag: noindex."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from flask import Response, request

from clinic.domain.errors import NotFound
from clinic.usecases import directory
from clinic.web.context import library, public_link, session
from clinic.web.guards import public
from clinic.web.locator.places import on_one_page
from clinic.web.locator.views import blueprint

MOST_ADDRESSES = 50_000
"""In one sitemap, by the protocol. With more there is an index, and the parts are ?part=1, 2, …"""

KEPT_SECONDS = 3600

# Searches, bookings and times by day have no end, and some of them belong to somebody.
ROBOTS = """User-agent: *
Disallow: /find
Disallow: /book
Disallow: /manage
Disallow: /visit
Disallow: /waitlist
Disallow: /waiting
Disallow: /offer
Disallow: /locations/*/times
Disallow: /specialists/*/times
Disallow: /api/v1/holds
Disallow: /api/v1/appointments
Disallow: /api/v1/openings
Disallow: /styleguide

Sitemap: {sitemap}
"""


@blueprint.get("/robots.txt")
@public
def robots() -> Response:
    return _kept(ROBOTS.format(sitemap=public_link(".sitemap")), "text/plain")


@blueprint.get("/sitemap.xml")
@public
def sitemap() -> Response:
    """Every public page by its one address. No lastmod: nobody notes when a clinic's page was changed."""
    addresses = list(_addresses())
    parts = range(1, -(-len(addresses) // MOST_ADDRESSES) + 1)
    part = request.args.get("part")
    if part is None and len(parts) > 1:
        return _xml("sitemapindex", "sitemap", [public_link(".sitemap", part=number) for number in parts])
    if part is not None and part not in map(str, parts):
        raise NotFound("There is no such part of the sitemap.")
    start = (int(part or 1) - 1) * MOST_ADDRESSES
    return _xml("urlset", "url", addresses[start : start + MOST_ADDRESSES])


def _addresses() -> Iterator[str]:
    found = directory.everything_public(session())
    yield public_link(".home")
    yield public_link("care.services")
    yield from (public_link("care.service", slug=slug) for slug in found.services)
    yield from (public_link("care.page", slug=slug) for slug in library().care)
    if library().glossary:
        yield public_link("care.glossary")
    if library().pathway.questions:
        yield public_link("care.begin")
    yield public_link(".locations")
    if not on_one_page(len(found.locations)):
        yield from (public_link(".locations", state=state) for state in found.states)
    yield from (public_link(".location", slug=slug) for slug in found.locations)
    yield from (public_link(".specialist", slug=slug) for slug in found.specialists)


def _xml(root: str, item: str, addresses: list[str]) -> Response:
    rows = "\n".join(f"<{item}><loc>{escape(address)}</loc></{item}>" for address in addresses)
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return _kept(f"{head}\n{rows}\n</{root}>\n", "application/xml")


def _kept(text: str, mimetype: str) -> Response:
    answer = Response(text, mimetype=mimetype)
    answer.cache_control.public = True
    answer.cache_control.max_age = KEPT_SECONDS
    return answer
