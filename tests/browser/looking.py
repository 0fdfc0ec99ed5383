"""What a test sees and hears of a page: axe, look.js, the console and the network."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, ViewportSize

from tests.pages import Page as Source

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PHONE: ViewportSize = {"width": 320, "height": 640}
DESK: ViewportSize = {"width": 1280, "height": 800}
ZOOMED: ViewportSize = {"width": 320, "height": 256}
"""1280 by 1024 at 400%, WCAG 1.4.10."""

LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
# Every rule that axe has switched on, best practices among them, and the one for WCAG 2.2, which it has not.
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# Only colors change with the scheme.
COLORS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": ["cat.color"]}}
AXE = """(options) => axe.run(options).then(({ violations }) =>
  violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 200)}`)))"""
# The policy's own reports reach the console as well; those of a report-only or a data: address would not.
REPORT = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`content security policy: ${event.violatedDirective} ${event.blockedURI}`))"""
A_STATUS = "Failed to load resource: the server responded with a status"
"""Chromium reports every 4xx and 5xx page as an error of its own; tests look at statuses themselves."""


def listen(context: BrowserContext) -> list[str]:
    """What goes wrong unseen on any page of `context`: errors in the console, blocked scripts and styles, other hosts asked."""
    heard: list[str] = []

    def error(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(A_STATUS):
            heard.append(message.text)

    def asked(sent: Request) -> None:
        if urlsplit(sent.url).hostname not in ("127.0.0.1", "localhost"):
            heard.append(f"asked {sent.url}")

    context.add_init_script(REPORT)
    context.on("console", error)
    context.on("weberror", lambda found: heard.append(str(found.error)))
    context.on("request", asked)
    return heard


def missing(context: BrowserContext) -> list[str]:
    """Every file of ours that a page wanted and did not get."""
    failed: list[str] = []

    def answered(answer: Response) -> None:
        if answer.status >= 400 and answer.request.resource_type != "document":
            failed.append(f"{answer.status} {answer.url}")

    context.on("response", answered)
    return failed


def axe(page: Page, options: dict[str, Any] = OPTIONS) -> list[str]:
    """What axe finds wrong, a line for each element. The script is there once a page."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(AXE, options))


def look(page: Page, what: str) -> list[str]:
    """A function of look.js, by its name."""
    if not page.evaluate("typeof look === 'object'"):
        page.evaluate(LOOK)
    return page.evaluate(f"look.{what}()") or []


def faults(page: Page, *, sizes: Iterable[ViewportSize] = (DESK, PHONE)) -> dict[str, list[str]]:
    """Everything wrong with the page as it stands, by what was looked at; disclosures are opened first."""
    look(page, "open")
    found = {"html": Source(page.content()).faults, "links": look(page, "fragments")}
    for scheme, options in zip(SCHEMES, (OPTIONS, COLORS), strict=True):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found[f"axe, {scheme}"] = axe(page, options)
    page.keyboard.press("Tab")
    for size, scheme in zip(sizes, SCHEMES, strict=False):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size(size)
        for what in ("wide", "clipped", "targets", "focus"):
            found[f"{what} at {size['width']}"] = look(page, what)
    page.set_viewport_size(ZOOMED)
    found["wide at 400%"] = look(page, "wide")
    found["focus at 400%"] = look(page, "focus")
    page.set_viewport_size(PHONE)
    look(page, "space")
    for what in ("wide", "clipped"):
        found[f"{what} with wide spacing"] = look(page, what)
    look(page, "unspace")
    page.set_viewport_size(DESK)
    return {what: wrong for what, wrong in found.items() if wrong}
