"""Every page and every refusal as a picture, for a person to look at: `make prove ARGS='-k pictures'`, then test-results/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.looking import SCHEMES, look, tabbed
from tests.browser.refusals import STATES
from tests.browser.tour import PAGES, Tour

pytestmark = [pytest.mark.prove, pytest.mark.timeless]
WIDTHS = (375, 1280)
TALLEST = 9000


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    """test-results/pages, unless --output says another folder."""
    made = Path(pytestconfig.getoption("--output")) / "pages"
    made.mkdir(parents=True, exist_ok=True)
    return made


def take(page: Page, folder: Path, name: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
            file = folder / f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-') or 'home'}-{width}-{scheme}.png"
            page.screenshot(path=file, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
            assert file.stat().st_size > 5000


@pytest.mark.parametrize("address", [address for addresses in PAGES.values() for address in addresses])
def test_pictures_of_every_page(tour: Tour, folder: Path, address: str) -> None:
    tour.go(address)
    take(tour.page, folder, address)


@pytest.mark.parametrize("name", STATES)
def test_pictures_of_every_refusal(tour: Tour, folder: Path, name: str) -> None:
    _status, page = STATES[name][1](tour)
    take(page, folder, f"if {name}")
    if page is not tour.page:
        page.context.close()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("address", [address for addresses in PAGES.values() for address in addresses])
def test_the_tab_key_stops_at_everything(tour: Tour, address: str, width: int) -> None:
    """The walk over every page moves the focus by itself; the Tab key makes the same stops in the same order."""
    tour.go(address)
    tour.page.set_viewport_size({"width": width, "height": 640})
    assert tabbed(tour.page) == look(tour.page, "stops")
