"""Every page and every refusal, looked at in the same way: axe in light and dark, thumbs, focus, small windows, the network."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet
from playwright.sync_api import Page

from tests.browser.looking import faults
from tests.browser.refusals import ALIKE, STATES
from tests.browser.stage import Stage
from tests.browser.tour import DATA, PAGES, TIMELESS, Tour
from tests.pages import Page as Source

ADDRESSES = [address for addresses in PAGES.values() for address in addresses]


def at_its_moments(name: str, *, timeless: bool) -> ParameterSet:
    """A row of the tests below: at every moment of this run, or at one."""
    return pytest.param(name, marks=[pytest.mark.timeless] if timeless else [])


def look_over(page: Page, heard: list[str], *, thorough: bool) -> None:
    """Nothing wrong to be seen, and nothing unseen."""
    assert Source(page.content()).faults == []
    assert not thorough or faults(page) == {}
    assert page.evaluate(FIRST_OF_THE_BANNER) == ["brand", "tel:"], "help is at the same place on every page"
    assert heard == []


FIRST_OF_THE_BANNER = """[...document.querySelectorAll("header a")].slice(0, 2).map((link) =>
  link.href.startsWith("tel:") ? "tel:" : link.pathname === "/" ? "brand" : link.href)"""


@pytest.mark.parametrize("address", [at_its_moments(one, timeless=one.startswith(TIMELESS)) for one in ADDRESSES])
def test_every_page(tour: Tour, address: str, thorough: bool) -> None:
    page = tour.seat(address)
    assert tour.go(address, page) == 200
    look_over(page, tour.heard, thorough=thorough)


@pytest.mark.parametrize("name", [at_its_moments(one, timeless=one in ALIKE) for one in STATES])
def test_every_refusal(tour: Tour, name: str, thorough: bool) -> None:
    status, reach = STATES[name]
    met, page = reach(tour)
    assert met == status, page.title()
    look_over(page, tour.heard, thorough=thorough)
    if page not in (tour.page, *tour.seats.values(), *(other.page for other in tour.others.values())):
        page.context.close()
        assert tour.heard == []


@pytest.mark.parametrize("rule", [at_its_moments(one, timeless=one.startswith(TIMELESS)) for one in DATA])
def test_what_is_no_page(tour: Tour, rule: str) -> None:
    address, kind = DATA[rule]
    answer = tour.page.request.get(address.format(**tour.words))
    assert answer.status == 200
    assert answer.headers["content-type"].partition(";")[0] == kind


def test_no_address_is_forgotten(stage: Stage) -> None:
    known = {rule.rule for rule in stage.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert known == {*PAGES, *DATA}, "a GET rule needs a row in tests/browser/tour.py: in PAGES, or in DATA if it is no page"
