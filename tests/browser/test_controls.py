"""Every control can be pressed and every word read, at every width at which pages change, zoomed, dark, in forced colors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from clinic.config import ROOT
from tests.browser.looking import SCHEMES, Scheme, look
from tests.browser.refusals import STATES
from tests.browser.tour import CALL, FIND, PAGES, Tour

pytestmark = pytest.mark.timeless
REM = 16
"""Pixels to a rem of a media query, whatever the root's own font size is."""
NARROWEST, WIDE, HIGH = 320, 1280, 800
ZOOMS = (1.1, 1.25, 1.5)
SHEET = (ROOT / "static" / "site.css").read_text(encoding="utf-8")


def breakpoints(side: Literal["width", "height"]) -> list[int]:
    """The lengths of windows at which the sheet changes, in pixels: one less, itself, one more."""
    queries = " ".join(re.findall(r"@media([^{]*)", SHEET))
    found = {round(float(rem) * REM) for rem in re.findall(rf"(?:min|max)-{side}: ([\d.]+)rem", queries)}
    assert found, f"no {side} in a media query of site.css is in rem"
    return sorted({length + step for length in found for step in (-1, 0, 1)})


@dataclass(frozen=True, slots=True)
class Window:
    """What a page is looked at in; `zoom` makes of it what it is to the browser."""

    width: int
    height: int = HIGH
    zoom: float = 1
    scheme: Scheme = "light"
    forced: bool = False

    def __str__(self) -> str:
        marks = [self.scheme if self.scheme != "light" else "", "forced colors" if self.forced else ""]
        return ", ".join(filter(None, [f"{self.width} x {self.height} at {self.zoom:.0%}", *marks]))

    def show(self, page: Page) -> None:
        """Change the page's window to this one."""
        size = {"width": round(self.width / self.zoom), "height": round(self.height / self.zoom)}
        page.emulate_media(color_scheme=self.scheme, forced_colors="active" if self.forced else "none", reduced_motion="reduce")
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        metrics = page.context.new_cdp_session(page)
        metrics.send("Emulation.setDeviceMetricsOverride", {**size, "deviceScaleFactor": self.zoom, "mobile": False})
        metrics.detach()


WINDOWS = [
    *(Window(width) for width in [NARROWEST, *breakpoints("width"), WIDE]),
    *(Window(WIDE, height) for height in breakpoints("height")),
    *(Window(WIDE, zoom=zoom) for zoom in ZOOMS),
    *(
        Window(width, scheme=scheme, forced=forced)
        for width, scheme, forced in product((375, 1024, WIDE), SCHEMES, (False, True))
    ),
]
EVERY_STEP = [Window(width) for width in range(NARROWEST, 1441, 40)]
"""Cards and maps change with the room that they have themselves, at widths of windows that the sheet does not name."""
FEW = ("/", FIND, "/locations/orlando-downtown/times", "/book/{hold}/details", "/services/facet-joint-injections", CALL)


@pytest.fixture(scope="module")
def counted() -> Iterator[list[tuple[int, int, int]]]:
    """Of each page the windows, the controls met in them, and the points pressed; the sums are printed at the end."""
    made: list[tuple[int, int, int]] = []
    yield made
    windows, controls, points = (sum(column) for column in zip(*made, strict=True)) if made else (0, 0, 0)
    print(f"\n{len(made)} pages in {windows} windows: {controls} controls, {points} points")


def look_over(page: Page, windows: list[Window]) -> tuple[list[str], tuple[int, int, int]]:
    """Look at the page in each of these windows: what is wrong with it in which, and the counts."""
    look(page, "open")
    wrong, controls, points = [], 0, 0
    for window in windows:
        window.show(page)
        met: dict[str, Any] = page.evaluate("look.pressed()")
        assert met["controls"], f"no control at all in {window}"
        controls, points = controls + met["controls"], points + met["points"]
        wrong += [f"{window}: {fault}" for fault in met["faults"] + look(page, "wide", "clipped", "torn")]
    return wrong, (len(windows), controls, points)


@pytest.mark.parametrize("address", FEW)
def test_pages_work_at_every_width(tour: Tour, counted: list[tuple[int, int, int]], address: str) -> None:
    page = tour.seat(address)
    assert tour.go(address, page) == 200
    wrong, counts = look_over(page, WINDOWS)
    counted.append(counts)
    assert not wrong, "\n".join(wrong)


@pytest.mark.prove
@pytest.mark.parametrize("address", [address for addresses in PAGES.values() for address in addresses])
def test_every_page_works_at_every_width(tour: Tour, counted: list[tuple[int, int, int]], address: str) -> None:
    page = tour.seat(address)
    assert tour.go(address, page) == 200
    wrong, counts = look_over(page, WINDOWS + EVERY_STEP)
    counted.append(counts)
    print(address, counts)
    assert not wrong, "\n".join(wrong)


@pytest.mark.prove
@pytest.mark.parametrize("name", STATES)
def test_every_refusal_works_at_every_width(tour: Tour, counted: list[tuple[int, int, int]], name: str) -> None:
    status, reach = STATES[name]
    met, page = reach(tour)
    assert met == status, page.title()
    wrong, counts = look_over(page, WINDOWS)
    counted.append(counts)
    print(name, counts)
    if page not in (tour.page, *tour.seats.values(), *(other.page for other in tour.others.values())):
        page.context.close()
    assert not wrong, "\n".join(wrong)


BUTTON = "<button style='width: 8rem; height: 4rem; margin: 0'>Find times</button>"
RADIO = "<input type=radio id=yes>"
LABEL = "<label for=yes>Yes</label>"
LONG = "<p style='height: 90rem'>Words</p>"
PIN = "<a href='/'><circle cx={} cy=50 r=30 /></a>"


def cover(style: str) -> str:
    """A thing that lies over others."""
    return f"<span style='position: absolute; {style}'></span>"


def line(*parts: str) -> str:
    """A paragraph of short lines, and what lies over it lies over it alone."""
    return f"<p style='position: relative; width: 4rem; font: 1rem/2 monospace'>{''.join(parts)}</p>"


EXAMPLES = {
    "nothing over it": (BUTTON, 0),
    "a picture over it": (BUTTON + cover("inset: 0"), 5),
    "a picture over its left half": (f"<body style='margin: 0'>{BUTTON}{cover('inset: 0 auto 0 0; width: 3rem')}", 2),
    "a picture that lets presses through": (BUTTON + cover("inset: 0; pointer-events: none"), 0),
    "it lets presses through itself": ("<a href='/' style='pointer-events: none'>Find times</a>", 5),
    "a bar that stays over it": (LONG + BUTTON + cover("position: fixed; inset: 40vh 0 0"), 5),
    "a bar that it can be scrolled away from": (BUTTON + LONG + cover("position: sticky; bottom: 0; height: 40vh"), 0),
    "the second line of a link": (line("<a href='/'>Find times</a>", cover("inset: 2rem 0 0")), 5),
    "a label over its circle": (line(RADIO, f"<label for=yes>Yes{cover('inset: 0')}</label>"), 0),
    "a picture over a label": (line(RADIO) + line(LABEL, cover("inset: 0")), 5),
    "higher than the window": ("<textarea style='height: 200rem'></textarea>", 0),
    "out of the window": ("<body style='margin: 0; overflow: hidden'><button style='width: 200vw'>Find times</button>", 3),
    "closed up": (f"<details><summary>More</summary>{BUTTON}</details>", 0),
    "a long word in a narrow column": (BUTTON + "<p style='width: 2rem; overflow-wrap: anywhere'>To Downtown</p>", 1),
    "a word as wide as its column": (BUTTON + "<p style='width: min-content'>To Downtown</p>", 0),
    "a pin beside a pin": (f"<svg width=200 height=100>{PIN.format(50)}{PIN.format(110)}</svg>", 0),
    "a pin under a pin": (f"<svg width=200 height=100>{PIN.format(50)}{PIN.format(65)}</svg>", 3),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_wrong_is_seen(browser: Browser, name: str) -> None:
    source, faults = EXAMPLES[name]
    page = browser.new_page()
    page.set_content(f"<!doctype html>{source}")
    wrong, _counts = look_over(page, [Window(WIDE)])
    page.close()
    assert len(wrong) == faults, wrong
