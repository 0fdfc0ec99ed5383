"""What search engines read of a care page: an independent library understands it, and the page says the same."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from rdflib import Graph, URIRef
from rdflib.namespace import RDF
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.adapters.content import CarePage, read_library
from clinic.config import CONTENT
from clinic.factory import create_app
from clinic.store.connect import engine_options, prepare
from tests import build
from tests.conftest import FakeClock
from tests.databases import settings_for
from tests.pages import ReadingClient
from tests.web.locator.test_structured import SCHEMA, one, values
from tests.web.visiting import text_of

# rdflib 7 parses JSON-LD into a class of its own that it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")

LIBRARY = read_library(CONTENT)
PAGES = [*LIBRARY.services.values(), *LIBRARY.care.values()]
HOME = "http://localhost/"
REVIEWER = "Dr. Ada Quill"


@pytest.fixture
def database(database: str) -> str:
    """Every service that a page is about is offered."""
    engine = create_engine(database, **engine_options(database))
    prepare(engine)
    with Session(engine) as session:
        for slug in ("back-pain-evaluation", "chiropractic-care"):
            build.visit_type(session, build.service(session, slug))
    engine.dispose()
    return database


def read(page: TestResponse) -> Graph:
    """Every statement of the page. schema.org's own context says that plain names are its own: tests reach no network."""
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page.get_data(as_text=True), re.DOTALL)
    graph = Graph()
    for block in map(json.loads, blocks):
        assert block["@context"] == "https://schema.org"
        graph.parse(data=json.dumps(block | {"@context": {"@vocab": str(SCHEMA)}}), format="json-ld")
    return graph


def squeezed(text: str) -> str:
    """Words alone: without spaces, and without the numbers of sources."""
    return re.sub(r"\[\d+\]|\s", "", text)


def day(value: str) -> str:
    written = date.fromisoformat(value)
    return f"{written:%B} {written.day}, {written.year}"


@pytest.mark.parametrize("written", PAGES, ids=lambda page: page.slug)
def test_a_care_page_says_what_it_shows(client: FlaskClient, written: CarePage, capsys: pytest.CaptureFixture[str]) -> None:
    page = client.get(written.path)
    source, text, graph = page.get_data(as_text=True), text_of(page), read(page)
    [about] = graph.subjects(RDF.type, SCHEMA.MedicalWebPage)
    [heading] = re.findall(r"<h1>(.*?)</h1>", source)
    assert one(graph, about, "name") == html.unescape(heading)
    [canonical] = re.findall(r'<link rel="canonical" href="([^"]+)">', source)
    assert str(about) == canonical == one(graph, about, "url") == HOME + written.path[1:]
    [description] = re.findall(r'<meta name="description" content="([^"]+)">', source)
    assert one(graph, about, "description") == html.unescape(description)
    assert f"Written on {day(one(graph, about, 'datePublished'))}" in text
    assert "Not yet reviewed by a clinician." in text
    assert not values(graph, about, "lastReviewed") | values(graph, about, "reviewedBy")
    cited = list(graph.objects(about, SCHEMA.citation))
    shown = re.findall(r'<li id="source-\d+">(.*?)</li>', source, re.DOTALL)
    assert len(cited) == len(shown) > 0
    for work in cited:
        assert one(graph, work, "name") in text
        assert all(f'href="{html.escape(url)}"' in source for url in values(graph, work, "url"))
    assert way(graph) == [("Impact Medical", HOME), ("All services", f"{HOME}services"), (written.title, canonical)]
    assert 'href="/services">' in source
    asked = list(graph.subjects(RDF.type, SCHEMA.Question))
    for question in asked:
        assert f"<h3>{html.escape(one(graph, question, 'name'), quote=False)}</h3>" in source.replace("&#39;", "'")
        assert squeezed(one(graph, one(graph, question, "acceptedAnswer"), "text")) in squeezed(text)
    questions = source.partition('id="questions"')[2].partition("</section>")[0]
    assert len(asked) == questions.count("<h3>")
    assert bool(asked) == bool(list(graph.subjects(RDF.type, SCHEMA.FAQPage)))
    kinds = Counter(str(kind).removeprefix(str(SCHEMA)) for kind in graph.objects(None, RDF.type))
    with capsys.disabled():
        print(f"\n{written.path}: {len(graph)} statements, {kinds['Question']} questions, {len(cited)} sources", end="")


def way(graph: Graph) -> list[tuple[str, str]]:
    """The steps to the page, in their order: name and address."""
    [crumbs] = graph.subjects(RDF.type, SCHEMA.BreadcrumbList)
    items = sorted(graph.objects(crumbs, SCHEMA.itemListElement), key=lambda item: int(one(graph, item, "position")))
    return [(one(graph, item, "name"), str(one(graph, item, "item"))) for item in items]


@pytest.mark.parametrize("written", [page for page in PAGES if page.about_type != "MedicalWebPage"], ids=lambda page: page.slug)
def test_what_a_page_is_about(client: FlaskClient, written: CarePage) -> None:
    graph = read(client.get(written.path))
    [about] = graph.objects(URIRef(HOME + written.path[1:]), SCHEMA.about)
    assert (about, RDF.type, SCHEMA[written.about_type]) in graph
    assert one(graph, about, "name") == written.about_name


def test_a_review_is_told_once_there_was_one(database: str, clock: FakeClock, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    file = folder / "care" / "lifestyle.md"
    text = file.read_text(encoding="utf-8")
    assert "reviewed_by: null" in text
    reviewed = f"reviewed_by: {REVIEWER}\nreviewed_on: 2026-11-20"
    file.write_text(text.replace("reviewed_by: null", reviewed, 1), encoding="utf-8")
    app = create_app(settings_for(database, content=folder), clock=clock)
    app.test_client_class = ReadingClient
    page = app.test_client().get("/care/lifestyle")
    graph = read(page)
    [about] = graph.subjects(RDF.type, SCHEMA.MedicalWebPage)
    assert str(one(graph, about, "lastReviewed")) == "2026-11-20"
    assert one(graph, one(graph, about, "reviewedBy"), "name") == REVIEWER
    assert f"Reviewed by {REVIEWER} on November 20, 2026." in text_of(page)
    with app.app_context():
        app.extensions["sqlalchemy"].engine.dispose()
    app.extensions["clinic"].limiter.storage.dispose()
