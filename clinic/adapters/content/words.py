"""Markdown -> HTML without anything that could act."""

from __future__ import annotations

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

TAGS = {
    "a",
    "br",
    "code",
    "em",
    "h3",
    "h4",
    "li",
    "ol",
    "p",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}
CITED = re.compile(r"\[([0-9]{1,2})\](?!\()")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def render(markdown: str) -> str:
    """Clean HTML: no scripts, no styles, links to https, tel and our own pages only. [1] leads to the source of that number."""
    cited = CITED.sub(r"[[\1]](#source-\1)", markdown)
    made = _markdown().render(cited)
    return nh3.clean(made, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"https", "tel"}, link_rel=None).strip()


def plain(markdown: str) -> str:
    """What is read out: without marks and citations."""
    text = nh3.clean(_markdown().render(CITED.sub("", markdown)), tags=set())
    return " ".join(text.replace("&amp;", "&").replace(" .", ".").split())


def slug_of(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
