"""A real server and a real Chromium. These tests run last, in one process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from clinic.demo import open_chain
from clinic.usecases.operations.gazetteer import load_gazetteer
from tests.browser.looking import DESK, PATIENCE, listen, missing, see
from tests.browser.stage import Stage, staged
from tests.browser.tour import Tour, begin
from tests.clocks import CHOSEN, RunningClock, clock_at
from tests.databases import Databases
from tests.demo import opened
from tests.http.server import gunicorn

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium of this machine; without one, playwright's own."""
    chosen = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    return {**browser_type_launch_args, "args": ARGUMENTS} | ({"executable_path": chosen} if chosen else {})


@pytest.fixture(scope="session", params=CHOSEN)
def clock(request: pytest.FixtureRequest) -> RunningClock:
    """The time for the browser tests and what they are served: never that of today, which is another each day."""
    return clock_at(request.param)


@pytest.fixture(scope="session")
def thorough(clock: RunningClock) -> bool:
    """Whether a page is looked over in every way at this moment, and not only as far as the time of day makes a difference."""
    return clock.moment == CHOSEN[0]


@pytest.fixture(scope="session")
def demo(all_databases: dict[str, Databases], clock: RunningClock) -> Iterator[Callable[[], AbstractContextManager[str]]]:
    """Makes the URL of a database with the demo in it, as `make run` makes it: the chain as of that time, every ZIP code."""

    def fill(url: str) -> None:
        with opened(url) as session:
            load_gazetteer(session)
            open_chain(session, brand="Impact Medical", now=clock())

    databases, name = all_databases["sqlite"], f"demo-at-{clock.moment}"
    yield lambda: databases.like(name, fill)
    databases.forget(name)


@pytest.fixture(scope="session")
def base_url(demo: Callable[[], AbstractContextManager[str]], clock: RunningClock) -> Iterator[str]:
    """The address of gunicorn, serving the demo."""
    with demo() as url, gunicorn(url, workers=1, clock=clock) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def stage(demo: Callable[[], AbstractContextManager[str]], clock: RunningClock) -> Iterator[Stage]:
    """The demo in this process, for the tests of one file: `stage.clock.forward(minutes=11)`."""
    with demo() as url, staged(url, clock) as made:
        yield made


@pytest.fixture(scope="module")
def tour(browser: Browser, stage: Stage) -> Iterator[Tour]:
    """The visitor of the tests of one file; whatever went wrong unseen on the way fails the last of them."""
    context = browser.new_context(base_url=stage.address, viewport=DESK, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    see(context)
    heard = listen(context)
    lost = missing(context)
    made = begin(context.new_page(), stage, heard)
    with stage.standing():  # what it holds and has opened lasts as long as the tests
        yield made
    context.close()
    for page in made.seats.values():
        page.context.close()
    assert lost + heard == []


@pytest.fixture(autouse=True)
def quiet_console(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """A test fails when a page logs an error (a blocked script or style among them) or asks another host for anything.

    A test that provokes errors looks at this list itself, and empties it.
    """
    heard: list[str] = []
    if "context" in request.fixturenames:
        context = request.getfixturevalue("context")
        context.set_default_timeout(PATIENCE)
        heard = listen(context)
    yield heard
    assert heard == []
