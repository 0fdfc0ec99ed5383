"""The map in Chromium, in every width: pins that a thumb can press, seen when the keyboard is on them."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from playwright.sync_api import Page, Route

from clinic.config import ROOT
from clinic.domain.geography.places import Point
from clinic.web.locator.map import Pin, draw, lay_out

pytestmark = pytest.mark.timeless

PAGE = """{% from "components/map.html" import clinic_map %}<!doctype html><html lang="en"><head><title>Map</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/site.css"></head>
<body class="narrow"><main>{{ clinic_map(map, "Map of 12 clinics") }}</main></body></html>"""
HERE = Point(28.54, -81.37)


@pytest.fixture
def shown(page: Page) -> Page:
    """A page with a map of twelve clinics, of which the first six share a building."""
    pins = [
        Pin(n, HERE.latitude + 0.06 * math.sin(n), HERE.longitude + 0.07 * math.cos(n), f"C{n}", f"#clinic-{n}")
        for n in range(7, 13)
    ]
    together = [Pin(n, HERE.latitude + 0.02, HERE.longitude, f"C{n}", f"#clinic-{n}") for n in range(1, 7)]
    templates = Environment(loader=FileSystemLoader(ROOT / "templates"), undefined=StrictUndefined, autoescape=True)
    html = templates.from_string(PAGE).render(map=draw(lay_out(together + pins, origin=HERE)))

    def answer(route: Route) -> None:
        if route.request.url.endswith("site.css"):
            route.fulfill(path=ROOT / "static" / "site.css")
        elif "/fonts/" in route.request.url:
            route.fulfill(path=ROOT / "static" / "fonts" / route.request.url.rpartition("/")[2].partition("?")[0])
        else:
            route.fulfill(body=html, content_type="text/html")

    page.route("http://127.0.0.1:1/**", answer)
    page.goto("http://127.0.0.1:1/")
    return page


def boxes(page: Page) -> list[dict[str, Any]]:
    script = """pins => pins.map(pin => pin.getBoundingClientRect())
        .map(box => ({x: box.x + box.width / 2, y: box.y + box.height / 2, w: box.width, h: box.height}))"""
    found: list[dict[str, Any]] = page.locator("a.map-pin").evaluate_all(script)
    return found


@pytest.mark.parametrize("width", [320, 375, 500, 640, 768, 1000, 1280])
def test_pins_are_large_enough_apart_and_whole(shown: Page, width: int) -> None:
    shown.set_viewport_size({"width": width, "height": 900})
    pins = boxes(shown)
    assert len(pins) == 12
    assert all(24 <= pin["w"] <= 50 and 24 <= pin["h"] <= 50 for pin in pins), pins
    assert all(math.dist((a["x"], a["y"]), (b["x"], b["y"])) >= 24 for a, b in combinations(pins, 2))
    sheet = shown.locator(".map > svg").bounding_box()
    assert sheet
    assert all(sheet["x"] <= pin["x"] - pin["w"] / 2 and pin["x"] + pin["w"] / 2 <= sheet["x"] + sheet["width"] for pin in pins)
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_each_pin_is_under_the_pointer_where_it_is_seen(shown: Page) -> None:
    shown.set_viewport_size({"width": 375, "height": 900})
    for number in range(1, 13):
        shown.locator("a.map-pin").nth(number - 1).click()
        assert shown.url.endswith(f"#clinic-{number}")


def test_the_keyboard_reaches_the_pins_in_their_order_and_shows_where_it_is(shown: Page) -> None:
    ring = "pin => getComputedStyle(pin.querySelector('circle')).strokeWidth"
    for number in range(1, 13):
        shown.keyboard.press("Tab")
        pin = shown.locator("a.map-pin").nth(number - 1)
        assert pin.evaluate("pin => pin === document.activeElement")
        assert pin.evaluate(ring) == "8px"
        others = shown.locator("a.map-pin:not(:focus)").evaluate_all(f"pins => pins.map({ring})")
        assert set(others) == {"4px"}
    shown.keyboard.press("Enter")
    assert shown.url.endswith("#clinic-12")


def test_a_screen_reader_hears_the_pins_and_nothing_else(shown: Page) -> None:
    heard = shown.locator("main").aria_snapshot()
    lines = [line.strip("- ") for line in heard.splitlines() if "/url" not in line]
    assert lines[0].startswith("main") or lines[0].startswith("figure")
    assert 'group "Map of 12 clinics":' in lines
    assert [line.rstrip(":") for line in lines if line.startswith("link")] == [f'link "{n}, C{n}"' for n in range(1, 13)]
    assert "mile" not in heard
