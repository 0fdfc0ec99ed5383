"""The parts of the pages: type and pictures arrive, choices are pressed anywhere, paper shows what is to be read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

MAIN = 44
LOOK_AT_TARGETS = """(least) => [...document.querySelectorAll(least.which)].filter((target) => {
  const box = target.getBoundingClientRect();
  return box.width && getComputedStyle(target).display !== "inline" && Math.min(box.width, box.height) < least.size;
}).map((target) => target.outerHTML.slice(0, 120))"""


@pytest.mark.timeless
def test_the_ways_through_the_site_are_as_large_as_a_thumb(page: Page) -> None:
    """More than test_every_page.py asks of every page and state."""
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/styleguide")
    which = ".button, .time, .choice, .nav a, .call, .brand, .pager a"
    assert page.evaluate(LOOK_AT_TARGETS, {"which": which, "size": MAIN}) == []


@pytest.mark.timeless
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


@pytest.mark.timeless
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


@pytest.mark.timeless
def test_on_paper_there_is_only_what_is_to_be_read(page: Page) -> None:
    page.goto("/services/physical-therapy")
    page.emulate_media(media="print")
    for gone in (".nav", ".skip", "form", ".back", ".demo"):
        assert not any(part.is_visible() for part in page.locator(gone).all()), gone
    expect(page.locator(".call")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


@pytest.mark.timeless
def test_all_bands_of_home_begin_at_one_edge(page: Page) -> None:
    """Also where the window is wider than the page may be."""
    page.set_viewport_size({"width": 1600, "height": 900})
    page.goto("/")
    edges = page.locator(".wrap").evaluate_all("(bands) => bands.map((band) => band.getBoundingClientRect().left)")
    assert len(edges) > 5
    assert len(set(edges)) == 1
