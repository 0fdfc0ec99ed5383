"""Every link leads somewhere: all pages that can be reached from home, and those that a visitor with a visit sees."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from html.parser import HTMLParser
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.conftest import FakeClock
from tests.databases import Databases
from tests.demo import NOW, open_demo
from tests.web.care.test_pathway import go_through
from tests.web.visiting import check_answers, hidden, openings

OURS = "http://localhost"
THERAPY = {"near": "32801", "service": "physical-therapy"}
MOST_OF_A_KIND = 25
"""Pages of one rule that differ in their query are read for links this often; every one that is linked is fetched."""

ABSOLUTE = re.compile(r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[!-~]*)?")
DIALLED = re.compile(r"tel:(?:\+[1-9][0-9]{6,14}(?:;ext=[0-9]+)?|911)")


@dataclass
class Asking:
    """A form that asks: a link for each of its buttons, with what stands in it unseen."""

    action: str
    hidden: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Links(HTMLParser):
    """What one page points to, what it can be pointed at by, and where its forms are sent."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.to: list[str] = []
        self.sent: list[str] = []
        self._asking: dict[str, Asking] = {}
        self._inside = ""
        self.feed(text)
        for form in self._asking.values():
            pressed = [[button] for button in form.buttons] or [[]]
            self.to += [f"{form.action}?{urlencode(form.hidden + button)}".rstrip("?") for button in pressed]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.ids |= {named["id"]} if "id" in named else set()
        self.to += [named[name] for name in ("href", "src", "poster", "data") if name in named]
        self.sent += [named["formaction"]] if "formaction" in named else []
        if tag == "meta" and named.get("property") == "og:url":
            self.to.append(named["content"])
        elif tag == "form" and named.get("method") == "post":
            self.sent.append(named.get("action", ""))
        elif tag == "form":
            self._inside = named.get("id", f"form {len(self._asking)}")
            self._asking[self._inside] = Asking(named.get("action", ""))
        elif named.get("name") and (form := self._asking.get(named.get("form", self._inside))):
            into = form.buttons if tag == "button" else form.hidden if named.get("type") == "hidden" else []
            into.append((named["name"], named.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == "form" else self._inside


@dataclass
class Walk:
    """Follows links with one client. `broken` says what leads nowhere, and from which page."""

    client: FlaskClient
    links: int = 0
    outside: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)
    pages: set[str] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.fetched = cache(self._fetch)
        self.routes = self.client.application.url_map.bind("localhost")

    def _fetch(self, address: str) -> tuple[int, Links | None]:
        """Redirects followed; what is no page has no links, and pictures have ids."""
        answer = self.client.get(address, follow_redirects=True)
        marked = answer.mimetype in ("text/html", "image/svg+xml")
        return answer.status_code, Links(answer.get_data(as_text=True)) if marked else None

    def over(self, starts: list[str], *, further: bool) -> None:
        """Check the links of these pages, and with `further` those of every page that they lead to."""
        seen, waiting = set(starts), deque(starts)
        while waiting:
            page = waiting.popleft()
            for address in self._check(page):
                if further and address not in seen and self._is_worth_reading(address):
                    seen.add(address)
                    waiting.append(address)

    def _check(self, page: str) -> Iterator[str]:
        status, links = self.fetched(page)
        if status != 200:
            self.broken.append(f"{page}: {status}")
        self.pages.add(page)
        for link in links.to if links else ():
            self.links += 1
            whole = urljoin(OURS + page, link)
            if urlsplit(whole)[:2] == urlsplit(OURS)[:2]:
                address, fragment = urldefrag(whole.removeprefix(OURS) or "/")
                status, target = self.fetched(address)
                if status != 200:
                    self.broken.append(f"{page} -> {link}: {status}")
                elif fragment and (target is None or fragment not in target.ids):
                    self.broken.append(f"{page} -> {link}: no such place on that page")
                elif target:
                    yield address
            elif ABSOLUTE.fullmatch(whole):
                self.outside.add(whole)
            elif not DIALLED.fullmatch(whole):
                self.broken.append(f"{page} -> {link}: neither ours nor https nor a phone number")
        for action in links.sent if links else ():
            self.links += 1
            if not self._takes_forms(urlsplit(urljoin(OURS + page, action)).path):
                self.broken.append(f"{page} -> {action}: takes no form")

    def _takes_forms(self, path: str) -> bool:
        try:
            self.routes.match(path, method="POST")
        except (HTTPException, RequestRedirect):
            return False
        return True

    def _is_worth_reading(self, address: str) -> bool:
        path, _, query = address.partition("?")
        if not query:
            return True
        kind = self.routes.match(path)[0]
        self.kinds[kind] += 1
        return self.kinds[kind] <= MOST_OF_A_KIND


@pytest.fixture
def database(all_databases: dict[str, Databases]) -> Iterator[str]:
    """On SQLite alone: where a link leads is nothing that a database decides."""
    with all_databases["sqlite"].like("demo", open_demo) as url:
        yield url


@pytest.fixture
def clock(clock: FakeClock) -> FakeClock:
    clock.now = NOW
    return clock


def told(walk: Walk, where: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        said = f"{len(walk.pages)} pages, {walk.links:,} links, {len(walk.outside)} of them to others, {len(walk.broken)} broken"
        print(f"\n{where}: {said}", end="")
    assert walk.broken == []


def test_every_link_from_home_on(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    """Of a visitor who is not remembered: results stand for themselves, as nothing links to a place that nobody typed."""
    walk = Walk(app.test_client(use_cookies=False))
    walk.over(["/", f"/find?{urlencode(THERAPY)}", "/api/v1/"], further=True)
    told(walk, "from home on", capsys)
    paths = {page.partition("?")[0] for page in walk.pages}
    library = app.extensions["clinic"].library
    assert paths >= {page.path for page in (*library.services.values(), *library.care.values())}
    assert paths >= {"/care/pathway", "/care/glossary", "/services", "/locations"}
    assert walk.outside >= {source.url for page in library.care.values() for source in page.sources if source.url}


def test_every_link_of_a_visitor(client: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    """The pages on the way to a visit, and those of the visit: each knows its visitor, so they are read with the cookie."""
    result = go_through(client)
    later = client.get("/find", query_string=THERAPY | {"day": str((NOW + timedelta(days=9)).date())})
    details = client.post("/book/hold", data=hidden(later) | {"opening": openings(later)[0]}).location
    walk = Walk(client)
    check_answers(client, details)
    check = details.replace("/details", "/check")
    walk.over(["/care/pathway/matters", result, details, check, "/services/physical-therapy"], further=False)
    page = client.get(check)
    booked = client.post(details.replace("/details", "/confirm"), data=hidden(page)).location
    [manage] = re.findall(r'href="(/manage/[^"]+)"', client.get(booked).get_data(as_text=True))
    assert client.post(manage, data=hidden(client.get(manage))).status_code == 303
    walk.fetched.cache_clear()
    walk.over([booked, f"{booked}/questions", manage, "/visit", "/visit/times", "/visit/questions"], further=False)
    told(walk, "with a visit", capsys)


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ('<a href="/nowhere">', "/nowhere: 404"),
        ('<a href="/care/warning-signs#nowhere">', "no such place"),
        ('<a href="#nowhere">', "no such place"),
        ('<img src="/static/nothing.png">', "404"),
        ('<form action="/nowhere"></form>', "/nowhere: 404"),
        ('<form action="/services/"><button name="a" value="b"></form>', "a=b: 404"),
        ('<form method="post" action="/services">', "takes no form"),
        ('<button formaction="/services">', "takes no form"),
        ('<a href="http://insecure.example/">', "neither ours"),
        ('<a href="https://two words.example/">', "neither ours"),
        ('<a href="javascript:alert(1)">', "neither ours"),
        ('<a href="tel:">', "neither ours"),
    ],
)
def test_a_broken_link_is_named(client: FlaskClient, app: Flask, markup: str, said: str) -> None:
    walk = Walk(client)
    fetch = walk.fetched
    walk.fetched = lambda address: (200, Links(markup)) if address == "/spoilt" else fetch(address)  # type: ignore[assignment]
    walk.over(["/spoilt"], further=False)
    [broken] = walk.broken
    assert said in broken
