"""A test client that reads every page it fetches the way a strict proof-reader would."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

FIELDS = {"input", "select", "textarea"}
UNLABELLED = {"hidden", "submit", "button", "image", "reset"}
DATA_BLOCKS = {"application/ld+json"}


class Page(HTMLParser):
    """One page, read once. `faults` lists what is wrong with it, in words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.title = ""
        self.headings: list[str] = []
        self._ids: set[str] = set()
        self._labels: set[str] = set()
        self._fields: list[dict[str, str]] = []
        self._open: list[str] = []
        self.feed(html)
        self._judge(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self._open.append(tag)
        if (name := named.get("id")) is not None:
            if name in self._ids:
                self.faults.append(f'id "{name}" is there twice')
            self._ids.add(name)
        for attribute in named:
            if attribute == "style" or attribute.startswith("on"):
                self.faults.append(f"<{tag}> has an inline {attribute}")
        if tag == "h1":
            self.headings.append("")
        elif tag == "label" and "for" in named:
            self._labels.add(named["for"])
        elif tag in FIELDS and named.get("type") not in UNLABELLED:
            self._fields.append({**named, "tag": tag, "inside": "label" if "label" in self._open else ""})
        elif tag == "style" or (tag == "script" and "src" not in named and named.get("type") not in DATA_BLOCKS):
            self.faults.append(f"an inline <{tag}>")
        elif tag == "img" and "alt" not in named:
            self.faults.append(f"an image without alt: {named.get('src')}")
        elif tag == "html" and not named.get("lang"):
            self.faults.append("<html> names no language")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "title" in self._open and "svg" not in self._open:
            self.title += data
        if "h1" in self._open:
            self.headings[-1] += data

    def _judge(self, html: str) -> None:
        if not html.lstrip().lower().startswith("<!doctype html>"):
            self.faults.append("no doctype")
        if len(self.headings) != 1:
            self.faults.append(f"{len(self.headings)} h1 elements, not one")
        elif not _plain(self.title).removeprefix("Error: ").startswith(_plain(self.headings[0])):
            self.faults.append(f'the title "{_plain(self.title)}" does not start with the h1 "{_plain(self.headings[0])}"')
        for field in self._fields:
            labelled = (
                field["inside"] or field.get("id") in self._labels or field.get("aria-label") or field.get("aria-labelledby")
            )
            if not labelled:
                self.faults.append(f"<{field['tag']} name={field.get('name')}> has no label")


def _plain(text: str) -> str:
    return " ".join(text.split())


class ReadingClient(FlaskClient):
    """Fails the test that fetches a page with a fault in it."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html" and response.data:
            faults = Page(response.get_data(as_text=True)).faults
            assert not faults, f"{response.request.method} {response.request.path}: " + "; ".join(faults)
        return response
