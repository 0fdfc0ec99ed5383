"""As it is deployed: no demo, the usual limits, https by a proxy in front."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.looking import listen
from tests.browser.patient import Patient
from tests.browser.ports import free_port
from tests.browser.tls import proxied
from tests.http.server import gunicorn


@pytest.fixture
def page(browser: Browser, demo: Callable[[], AbstractContextManager[str]]) -> Iterator[Page]:
    port = free_port()
    address = f"https://localhost:{port}"
    settings = {
        "CLINIC_DEMO": "0",
        "CLINIC_BRAND": "Impact Medical",
        "CLINIC_PHONE": "(407) 555-0100",
        "CLINIC_INTAKE_KEYS": "dGhlIGtleSBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzLi4=",
        "CLINIC_SMTP_URL": "smtp://localhost:9",
        "CLINIC_MAIL_FROM": "visits@example.org",
        "CLINIC_PUBLIC_URL": address,
        "CLINIC_ALLOWED_HOSTS": "127.0.0.1",  # for the probe that waits for it
        "CLINIC_TRUSTED_PROXIES": "1",
    }
    with demo() as url, gunicorn(url, workers=1, **settings) as behind, proxied(port, behind):
        context = browser.new_context(base_url=address, ignore_https_errors=True)
        heard = listen(context)
        yield context.new_page()
        context.close()
        assert heard == []


def test_home_to_booked_and_cancelled_over_https(page: Page) -> None:
    answer = page.goto("/")
    assert answer
    assert answer.headers["strict-transport-security"].startswith("max-age=63072000")
    patient = Patient(page)
    patient.book("Secureworth")  # every form is refused unless its Referer is of the same https origin
    (cookie,) = page.context.cookies()
    assert cookie["name"] == "__Host-session"
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, True, "Lax", "/")
    assert page.locator("link[rel=canonical]").count() == 0, "nobody else may know this page"
    patient.open_visit()
    page.locator("summary", has_text="Cancel this visit").click()
    patient.press("Cancel this visit")
    patient.is_at("Your visit is cancelled")
    assert page.url.startswith("https://localhost:")
    page.goto("/services")
    canonical = page.locator("link[rel=canonical]").get_attribute("href")
    assert canonical == page.url
