"""A care page in the words of schema.org and of social cards. It says nothing that the page does not show."""

from __future__ import annotations

from clinic.adapters.content import CarePage
from clinic.web.context import public_link, settings
from clinic.web.linked_data import SCHEMA, JsonLd, organization


def structured_data(page: CarePage, address: str) -> list[JsonLd]:
    """JSON-LD blocks: the page and what it is about, the way to it, and its questions where it has some."""
    about: JsonLd = {"@type": page.about_type, "name": page.about_name}
    described: JsonLd = {
        "@context": SCHEMA,
        "@type": "MedicalWebPage",
        "@id": address,
        "url": address,
        "name": page.title,
        "description": page.summary,
        "inLanguage": "en-US",
        "datePublished": page.written_on.isoformat(),
        "publisher": organization(),
        "audience": {"@type": "Patient"},
        "citation": [_citation(source.title, source.url) for source in page.sources],
    }
    if page.about_type != "MedicalWebPage":
        described["about"] = about
    if page.reviewed_by and page.reviewed_on:
        described |= {"reviewedBy": {"@type": "Person", "name": page.reviewed_by}, "lastReviewed": page.reviewed_on.isoformat()}
    blocks = [described, _breadcrumb(page, address)]
    if page.questions:
        answers = [(asked.question, asked.text) for asked in page.questions]
        blocks.append(
            {"@context": SCHEMA, "@type": "FAQPage", "@id": f"{address}#questions", "mainEntity": [_asked(*a) for a in answers]}
        )
    return blocks


def social_card(page: CarePage, address: str) -> dict[str, str]:
    """Open Graph properties. No image: a picture of words is read out by nobody, and a stock photo of a back says nothing."""
    return {"type": "article", "title": page.title, "description": page.summary, "url": address, "site_name": settings().brand}


def _breadcrumb(page: CarePage, address: str) -> JsonLd:
    home, services = public_link("locator.home"), public_link("care.services")
    steps = ((settings().brand, home), ("All services", services), (page.title, address))
    items = [{"@type": "ListItem", "position": number, "name": name, "item": at} for number, (name, at) in enumerate(steps, 1)]
    return {"@context": SCHEMA, "@type": "BreadcrumbList", "@id": f"{address}#way", "itemListElement": items}


def _asked(question: str, answer: str) -> JsonLd:
    return {"@type": "Question", "name": question, "acceptedAnswer": {"@type": "Answer", "text": answer}}


def _citation(title: str, url: str | None) -> JsonLd:
    cited = {"@type": "CreativeWork", "name": title}
    return cited | {"url": url} if url else cited
