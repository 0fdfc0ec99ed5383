"""The parts of the pages, each in every state, as eyes, thumbs, keyboards and screen readers meet them."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from clinic.web.styleguide.samples import STATES

ADDRESSES = [f"/styleguide/{state}" if state != "usual" else "/styleguide" for state in STATES]
SMALLEST = 24
"""CSS pixels, WCAG 2.2 criterion 2.5.8. What is in a line of text is exempt."""
MAIN = 44
LOOK_AT_TARGETS = """(least) => [...document.querySelectorAll(least.which)].filter((target) => {
  const box = target.getBoundingClientRect();
  return box.width && getComputedStyle(target).display !== "inline" && Math.min(box.width, box.height) < least.size;
}).map((target) => target.outerHTML.slice(0, 120))"""
# Whatever is drawn at the middle of the focused thing is it, or stands in it: nothing lies over it.
SEEN = """(target) => {
  const box = target.getBoundingClientRect();
  const there = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
  return Boolean(there) && (target.contains(there) || there.contains(target) || target.labels?.[0]?.contains(there));
}"""


@pytest.mark.parametrize("address", ADDRESSES)
def test_axe_finds_nothing_in_light_or_dark(page: Page, address: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(address)
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == [], scheme


@pytest.mark.parametrize("address", ADDRESSES)
def test_everything_fits_the_smallest_phone_and_can_be_hit(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    everything = {"which": "a, button, select, summary, input:not([type=hidden])", "size": SMALLEST}
    assert page.evaluate(LOOK_AT_TARGETS, everything) == []
    assert (
        page.evaluate(LOOK_AT_TARGETS, {"which": ".button, .time, .choice, .nav a, .call, .brand, .pager a", "size": MAIN}) == []
    )


@pytest.mark.parametrize("address", ["/", "/styleguide/wrong"])
def test_the_focus_is_seen_wherever_it_goes(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address)
    stops = 0
    while stops < 120:
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if not focused.count():
            break
        stops += 1
        if focused.evaluate("(target) => target.matches('.tile a, .map-pin')"):
            continue  # the outline is drawn around the tile or the pin
        outline = focused.evaluate("(target) => [getComputedStyle(target).outlineStyle, getComputedStyle(target).outlineWidth]")
        assert outline == ["solid", "3px"], focused.evaluate("(target) => target.outerHTML")
        assert focused.evaluate(SEEN), focused.evaluate("(target) => target.outerHTML")
    assert 15 < stops < 120


def test_pictures_and_type_arrive(page: Page) -> None:
    failed: list[str] = []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
    page.goto("/styleguide")
    assert (
        page.evaluate("document.fonts.ready.then(() => [...document.fonts].filter((face) => face.status === 'loaded').length)")
        >= 2
    )
    names = page.locator("#part-icon use").evaluate_all("(uses) => uses.map((use) => use.getAttribute('href'))")
    sprite = page.request.get(names[0].split("#")[0]).text()
    assert [name for name in names if f'id="{name.split("#")[1]}"' not in sprite] == []
    assert failed == []


def test_what_is_fetched_early_is_what_is_used(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if sent.resource_type == "font" or ".woff2" in sent.url else None)
    page.goto("/")
    page.evaluate("document.fonts.ready")
    assert sorted(set(asked)) == sorted(asked)
    assert len(asked) == page.locator("link[rel=preload]").count()


def test_a_press_anywhere_in_a_choice_chooses_it(page: Page) -> None:
    page.goto("/styleguide/empty")
    choice = page.locator("#part-radios .choice").last
    box = choice.bounding_box()
    assert box
    choice.click(position={"x": box["width"] - 6, "y": 6})
    expect(page.get_by_label("Yes", exact=True)).to_be_checked()


def test_on_paper_there_is_only_what_is_to_be_read(page: Page) -> None:
    page.goto("/services/physical-therapy")
    page.emulate_media(media="print")
    for gone in (".nav", ".skip", "form", ".back", ".demo"):
        assert not any(part.is_visible() for part in page.locator(gone).all()), gone
    expect(page.locator(".call")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
