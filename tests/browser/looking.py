"""What a test sees and hears of a page: axe, look.js, the console and the network."""

from __future__ import annotations

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

PATIENCE = 10_000
"""Milliseconds for a page to show what it should, on a busy machine."""

LOOK = (Path(__file__).parent / "look.js").read_text(encoding="utf-8")
# Every rule that axe has switched on, best practices among them, and the one for WCAG 2.2, which it has not.
OPTIONS = {"resultTypes": ["violations"], "preload": False, "rules": {"target-size": {"enabled": True}}}
# Only colors change with the scheme.
COLORS = {"resultTypes": ["violations"], "preload": False, "runOnly": {"type": "tag", "values": ["cat.color"]}}
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


def see(context: BrowserContext) -> None:
    """Have axe and look.js on every page of `context` from the start."""
    context.add_init_script(AXE_SCRIPT + LOOK)


def axe(page: Page, options: dict[str, Any] = OPTIONS) -> list[str]:
    """What axe finds wrong, a line for each element."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(AXE, options))


def look(page: Page, *functions: str) -> list[str]:
    """What these functions of look.js find wrong."""
    if not page.evaluate("typeof look === 'object'"):
        page.evaluate(LOOK)
    return list(page.evaluate("(functions) => functions.flatMap((name) => look[name]() ?? [])", functions))


def tabbed(page: Page) -> list[str]:
    """Where the Tab key stops, from the top of the page to its end, named as look.js names them. A date is one stop."""
    made: list[str] = []
    for _ in range(3 * len(look(page, "stops"))):
        page.keyboard.press("Tab")
        at = str(page.evaluate("document.activeElement === document.body ? '' : look.name(document.activeElement)"))
        if not at:
            break
        if made[-1:] != [at]:
            made.append(at)
    return made


def faults(page: Page) -> dict[str, list[str]]:
    """Everything wrong with the page as it stands, by where it shows; disclosures are opened first."""
    found = {"html": Source(page.content()).faults}
    page.set_viewport_size(DESK)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.keyboard.press("Tab")  # so that the browser knows that there is a keyboard
    found["the desk"] = look(page, "open", "fragments", "wide", "clipped", "targets", "focus")
    found["axe, light"] = axe(page)
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found["the phone"] = look(page, "wide", "clipped", "targets", "focus")
    found["axe, dark"] = axe(page, COLORS)
    found["wide spacing"] = look(page, "space", "wide", "clipped", "unspace")
    page.set_viewport_size(ZOOMED)
    found["400%"] = look(page, "wide", "covered")
    return {where: wrong for where, wrong in found.items() if wrong}
