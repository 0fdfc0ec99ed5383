"""What people and their browsers do: Back, refresh, double presses, late answers, wrong clocks, no cookies, half a script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from clinic.config import ROOT
from tests.browser.looking import listen
from tests.browser.patient import A_TIME, NEW, WHO, Patient, pressed
from tests.browser.stage import Stage
from tests.browser.tour import FIND

BORN = {part: WHO[part] for part in ("Month", "Day", "Year")}


@pytest.fixture
def page(browser: Browser, stage: Stage) -> Iterator[Page]:
    context = browser.new_context(base_url=stage.address)
    context.set_default_timeout(10_000)
    heard = listen(context)
    yield context.new_page()
    context.close()
    assert heard == []


@pytest.fixture
def patient(page: Page) -> Patient:
    return Patient(page)


def kept(page: Page, **changed: str) -> None:
    """Everything typed is still in its field."""
    for label, words in {**WHO, **changed}.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(words)
    expect(page.get_by_label(NEW, exact=True)).to_be_checked()


def test_back_and_forward_lose_nothing_and_book_nothing(patient: Patient, page: Page, stage: Stage) -> None:
    patient.search()
    patient.take()
    patient.say_who("Backworth")
    patient.go_on()
    page.go_back()
    patient.is_at("Who is coming?")
    kept(page)
    page.go_forward()
    patient.is_at("Check your answers")
    patient.press("Change who is coming")
    patient.is_at("Who is coming?")
    kept(page)
    patient.go_on()
    patient.confirm()
    booked, reference = stage.count("booked"), patient.reference
    for _ in range(3):
        page.go_back()
        patient.is_at("Your visit is booked")  # every page of the hold leads to what became of it
        assert patient.reference == reference
    assert stage.count("booked") == booked


def test_every_page_can_be_loaded_again(patient: Patient, page: Page, stage: Stage) -> None:
    def again() -> None:
        before = patient.heading.inner_text()
        page.reload()
        patient.is_at(before)

    patient.search()
    again()
    patient.take()
    again()
    assert pressed(page, "Continue") == 422
    again()
    patient.say_who("Reloadworth")
    patient.go_on()
    again()
    patient.confirm()
    booked = stage.count("booked")
    again()
    patient.press(re.compile("cancel this visit"), "link")
    again()
    patient.press("Show my visit")
    patient.is_at("Your visit")
    again()
    page.locator("summary", has_text="Cancel this visit").click()
    patient.press("Cancel this visit")
    patient.is_at("Your visit is cancelled")
    again()
    assert stage.count("booked") == booked - 1


def test_every_button_can_be_pressed_twice(patient: Patient, page: Page, stage: Stage) -> None:
    held, booked = stage.count("held"), stage.count("booked")

    def twice(button: str | re.Pattern[str], then: str, region: str = "") -> None:
        within = page.get_by_role("region", name=region) if region else page
        within.get_by_role("button", name=button).first.dblclick()
        patient.is_at(then)

    page.goto("/")
    page.get_by_label("ZIP code, city or address").fill("32801")
    twice("Find times", "near Orlando")
    twice(A_TIME, "Who is coming?", "The soonest time")
    assert stage.count("held") == held + 1
    twice("Keep it 10 minutes longer", "Who is coming?")
    patient.say_who("Doubleworth")
    twice("Continue", "Check your answers")
    twice("Book this visit", "Your visit is booked")
    assert (stage.count("held"), stage.count("booked")) == (held, booked + 1)
    twice(re.compile("earlier"), "Your visit is booked")
    patient.press(re.compile("cancel this visit"), "link")
    twice("Show my visit", "Your visit")
    page.locator("summary", has_text="Cancel this visit").click()
    twice("Cancel this visit", "Your visit is cancelled")
    assert stage.count("booked") == booked
    patient.search()
    patient.take()
    twice("Same patient as before", "Who is coming?")
    twice("Give this time back", "near Orlando")
    assert stage.count("held") == held
    page.locator("summary", has_text="Narrow the times").click()
    twice("Show these times", "near Orlando")
    page.goto("/visit")
    twice("Forget it on this computer", "Find my booking")
    patient.type({"Patient’s last name": "Doubleworth", **BORN, "Phone number given when booking": WHO["Phone number"]})
    twice("Send me the link", "Look for our message")


def test_moving_can_be_pressed_twice(patient: Patient, page: Page, stage: Stage) -> None:
    patient.book("Twicemoved", later=True)
    patient.open_visit()
    booked = stage.count("booked")
    page.get_by_role("region", name="Change the time").get_by_role("button").first.dblclick()
    patient.is_at("Move your visit?")
    page.get_by_role("button", name="Move my visit").dblclick()
    patient.is_at("Your visit")
    assert stage.count("booked") == booked


def test_a_time_that_lapses_takes_no_answer_with_it(patient: Patient, page: Page, stage: Stage) -> None:
    page.goto(FIND)
    patient.take()
    patient.say_who("Slowworth")
    stage.clock.forward(minutes=11)
    patient.go_on()
    expect(page.get_by_role("main")).to_contain_text("We no longer keep this time for you")
    page.go_back()
    kept(page)
    page.go_forward()
    stage.clock.forward(minutes=11)
    patient.confirm()


def test_the_time_left_is_told_and_can_be_made_longer_in_place(patient: Patient, page: Page) -> None:
    page.clock.install()
    page.goto(FIND)
    patient.take()
    patient.type({"First name": "Zoë"})
    left = page.get_by_role("region", name="The time you chose")
    expect(left).to_contain_text("(10 minutes)")
    longer = left.get_by_role("button", name="Keep it 10 minutes longer")
    expect(longer).to_be_hidden()
    page.clock.fast_forward("08:30")
    expect(left).to_contain_text(re.compile(r"\([12] minutes?\)"))
    expect(left.get_by_role("status")).to_contain_text("2 more minutes")
    longer.click()
    expect(page.get_by_role("main")).to_contain_text("We keep the time for you a little longer")
    expect(page.get_by_label("First name")).to_have_value("Zoë")
    page.clock.fast_forward("30:00")
    expect(left.get_by_role("status")).to_contain_text("We no longer keep this time for you")


def test_the_clock_of_the_device_may_be_wrong(browser: Browser, stage: Stage) -> None:
    told = set()
    with stage.standing():
        for days, zone in ((0, "America/New_York"), (-1, "Asia/Tokyo"), (1, "Pacific/Honolulu")):
            context = browser.new_context(base_url=stage.address, timezone_id=zone)
            context.clock.set_system_time(stage.clock() + timedelta(days=days))
            told.add(told_to(Patient(context.new_page())))
            context.close()
    assert len(told) == 1


def told_to(patient: Patient) -> tuple[str, str]:
    """What the results and the page of a held time say, to the word."""
    patient.page.goto(FIND)
    results = patient.page.get_by_role("main").inner_text()
    patient.take()
    hold = patient.page.get_by_role("region", name="The time you chose")
    expect(hold).to_contain_text("(10 minutes)")
    words = hold.inner_text()
    patient.press("Give this time back")
    patient.is_at("Physical therapy near")
    return results, words


def test_without_cookies_a_sentence_says_what_to_do_and_the_press_can_be_sent_again(
    patient: Patient, page: Page, stage: Stage
) -> None:
    with stage.without_cookies():
        patient.search()
        with page.expect_navigation() as gone:
            page.get_by_role("region", name="The soonest time").get_by_role("button").first.click()
        assert gone.value.status == 400
        patient.is_at("Please allow cookies")
        expect(page.get_by_role("main").get_by_role("link", name="(407) 555-0100")).to_be_visible()
        patient.press("Carry on")
        patient.is_at("Please allow cookies")
    patient.press("Carry on")
    patient.is_at("Who is coming?")
    patient.say_who("Cookieworth")
    with stage.without_cookies():
        assert pressed(page, "Continue") == 400
    patient.press("Carry on")
    patient.is_at("Check your answers")
    expect(page.get_by_role("main")).to_contain_text("Zoë Cookieworth")


def abort(route: Route) -> None:
    route.abort()


def fail(route: Route) -> None:
    route.fulfill(status=500, body="")


def throw(route: Route) -> None:
    route.fulfill(body="throw new Error('half-way');", content_type="text/javascript")


def stop(route: Route) -> None:
    """The first lines run, the rest never came."""
    script = (ROOT / urlsplit(route.request.url).path[1:]).read_text(encoding="utf-8")
    route.fulfill(body=script[: len(script) // 2], content_type="text/javascript")


@pytest.mark.parametrize("broken", [fail, throw, stop])
def test_scripts_may_fail(browser: Browser, stage: Stage, broken: Callable[[Route], None]) -> None:
    context = browser.new_context(base_url=stage.address)
    context.route("**/static/*.js*", broken)
    patient = Patient(context.new_page())
    patient.book(f"Broken {broken.__name__}")
    context.close()


@pytest.mark.timeless
@pytest.mark.parametrize(
    "answer", [abort, fail, lambda route: route.fulfill(body="<html>"), lambda route: route.fulfill(json={"places": None})],
    ids=["none", "a fault", "no JSON", "no places"],
)  # fmt: skip
def test_suggestions_may_fail(browser: Browser, stage: Stage, answer: Callable[[Route], None]) -> None:
    context = browser.new_context(base_url=stage.address)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.route("**/find/suggestions", answer)
    page.goto("/")
    box = page.get_by_label("ZIP code, city or address")
    with page.expect_request("**/find/suggestions"):
        box.press_sequentially("Orlando, FL")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(box).to_have_value("Orlando, FL")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("near Orlando, FL")
    context.close()
    assert faults == []


NAMES = [("Zoë-Ann", "Ó Súilleabháin"), ("X", "Y"), ("ليلى", "الحسيني"), ("小明", "王"), ("Thị", "Đặng"), ("n" * 100, "N" * 100)]


@pytest.mark.timeless
def test_names_stay_as_they_are_typed(patient: Patient, page: Page) -> None:
    page.goto(FIND)
    patient.take()
    patient.say_who("Namesworth")
    patient.type({"Phone number": "(407) 555-0123 ext. 4567"})
    for given, family in NAMES:
        patient.type({"First name": given, "Last name": family})
        patient.go_on()
        expect(page.get_by_role("main")).to_contain_text(f"{given} {family}")
        patient.press("Change who is coming")
        patient.is_at("Who is coming?")
    kept(page, **{"First name": "n" * 100, "Last name": "N" * 100, "Phone number": "(407) 555-0123 ext. 4567"})


@pytest.mark.timeless
def test_two_hundred_letters_get_a_sentence_and_stay(patient: Patient, page: Page) -> None:
    page.goto(FIND)
    patient.take()
    patient.say_who("N" * 200)
    assert pressed(page, "Continue") == 422
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.get_by_role("alert").get_by_role("link", name="at most 100 letters")).to_be_visible()
    page.get_by_role("alert").get_by_role("link").first.click()
    expect(page.get_by_label("Last name")).to_be_focused()
    expect(page.get_by_label("Last name")).to_have_accessible_description(re.compile("at most 100 letters"))
    kept(page, **{"Last name": "N" * 200})


@pytest.mark.timeless
def test_fields_about_a_person_say_what_they_are_for(patient: Patient, page: Page) -> None:
    page.goto(FIND)
    patient.take()
    purposes = {
        "First name": "given-name", "Last name": "family-name", "Month": "bday-month", "Day": "bday-day", "Year": "bday-year",
        "Phone number": "tel", "Email address (optional)": "email", "Home ZIP code (optional)": "postal-code",
    }  # fmt: skip
    for label, purpose in purposes.items():
        expect(page.get_by_label(label, exact=True)).to_have_attribute("autocomplete", purpose)
    expect(page.get_by_label("Home ZIP code (optional)")).to_have_value("32801")  # typed on the first page already


def test_a_link_opened_by_fifty_scanners_still_opens_the_visit(patient: Patient, page: Page, stage: Stage) -> None:
    patient.book("Scanworth", later=True)
    reference = patient.reference
    patient.press(re.compile("cancel this visit"), "link")
    link, booked = page.url, stage.count("booked")
    private = (reference, "Scanworth", "Orlando", "Physical")
    for method in ("GET", "HEAD") * 25:
        answer = page.request.fetch(link, method=method)
        assert answer.status == 200
        assert not any(word in answer.text() for word in private)
    assert stage.count("booked") == booked
    page.goto(link)
    patient.press("Show my visit")
    assert patient.reference == reference
