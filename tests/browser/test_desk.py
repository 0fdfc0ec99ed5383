"""The desk in a real browser: whole calls by keyboard alone, counted; three who want one time; a network that goes away."""

from __future__ import annotations

import re
from random import Random

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import and_, func, or_, select

from clinic.store.tables.appointments import Appointment
from clinic.store.tables.patients import Patient
from clinic.store.tables.work import Call
from tests.browser.looking import PATIENCE, axe, faults, listen, see
from tests.browser.stage import Stage
from tests.browser.test_staff import enter
from tests.demo import opened


class Hands:
    """A keyboard, and a count of what is pressed beside what is typed into fields."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, key: str, count: int = 1) -> None:
        for _ in range(count):
            self.page.keyboard.press(key)
        self.pressed += count

    def type(self, words: str) -> None:
        self.page.keyboard.type(words)

    def at(self, id_: str) -> None:
        """The focus comes there by itself."""
        expect(self.page.locator(f"[id^='{id_}']:focus")).to_be_visible()
        assert self.page.evaluate("scrollY") == 0, "what comes next is on the screen"
        box = self.page.locator(":focus").bounding_box()
        assert box
        assert box["y"] + box["height"] <= 720


@pytest.fixture(scope="module")
def staffed(stage: Stage) -> Stage:
    stage.hire()
    return stage


@pytest.fixture
def screen(page: Page, staffed: Stage) -> Page:
    """Where an agent sits."""
    see(page.context)
    page.set_viewport_size({"width": 1280, "height": 720})
    enter(page, staffed, "callcenter")
    page.goto(f"{staffed.address}/desk/")
    expect(page.locator("button:focus")).to_have_text("New call")
    return page


def is_fine(screen: Page) -> None:
    """Looked over in another tab of the same call, so that the focus here stays."""
    copy = screen.context.new_page()
    copy.goto(screen.url)
    assert faults(copy) == {}
    copy.close()


def reference_said(screen: Page) -> str:
    """As it is read aloud to whoever was booked."""
    said = re.search(r"Your reference is ([A-Z0-9 ,-]+)", screen.get_by_text("Your reference is").first.inner_text())
    assert said
    return re.sub("[^A-Z0-9]", "", said[1])


def test_a_new_caller_is_booked_and_later_moved_by_keyboard_alone(
    screen: Page, staffed: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    hands = Hands(screen)
    hands.press("Enter")
    hands.at("look-birth_date")
    hands.type("04231971")
    hands.press("Tab")
    hands.type("Quillfeather")
    hands.press("Tab")
    hands.type("407 555 0177")
    hands.press("Enter")
    hands.at("new-given_name")
    hands.type("Zebediah")
    hands.press("Tab", 4)
    hands.type("32801")
    hands.press("Tab", 2)
    hands.type("zeb@example.org")
    hands.press("Enter")
    hands.at("search-kind")
    hands.type("physical therapy e")
    hands.press("Tab")
    hands.type("not on sunday")
    hands.press("Enter")
    hands.at("offer-1")
    is_fine(screen)
    hands.press("1")
    hands.at("act-")
    is_fine(screen)
    hands.press("Enter")
    hands.at("end-go")
    expect(screen.get_by_text("Your reference is")).to_be_visible()
    reference = reference_said(screen)
    is_fine(screen)
    hands.press("Enter")
    expect(screen.locator("button:focus")).to_have_text("New call")
    booked, hands.pressed = hands.pressed, 0

    hands.press("Enter")
    hands.at("look-birth_date")
    hands.type("4/23/1971")
    hands.press("Tab")
    hands.type("quillfether")
    hands.press("Tab")
    hands.type(reference)
    hands.press("Enter")
    hands.at("verify-given_name")
    assert "Zebediah" not in screen.content()
    is_fine(screen)
    hands.type("Zebediah")
    hands.press("Enter")
    hands.at("move-")
    is_fine(screen)
    hands.press("Enter")
    hands.at("offer-1")
    hands.press("2")
    hands.at("act-")
    hands.press("b")
    hands.at("end-go")
    expect(screen.get_by_text("Moved:")).to_be_visible()
    moved = hands.pressed
    with opened(staffed.url) as session:
        patient = session.scalars(select(Patient.id).where(Patient.given_name == "Zebediah")).one()
        theirs = select(Appointment).where(Appointment.patient_id == patient, Appointment.state == "booked")
        [visit] = session.scalars(theirs).all()
        assert visit.sequence > 0
    assert booked <= 16
    assert moved <= 14
    with capsys.disabled():
        print(f"\n  the desk: a new caller is booked in {booked} key presses, a visit moved in {moved}, typing aside")


def test_keys_are_explained_and_can_be_turned_off(screen: Page) -> None:
    screen.keyboard.press("Enter")
    expect(screen.locator("#look-birth_date:focus")).to_be_visible()
    screen.keyboard.type("s")
    expect(screen.locator("#look-birth_date")).to_have_value("s")
    screen.keyboard.press("Escape")
    screen.keyboard.press("?")
    expect(screen.get_by_role("dialog", name="Keys")).to_be_visible()
    assert axe(screen) == []
    screen.get_by_label("Single keys are on").uncheck()
    screen.get_by_role("button", name="Close").click()
    screen.get_by_role("heading", name="Caller").click()
    screen.keyboard.press("s")
    expect(screen.locator("#search-near:focus")).to_have_count(0)
    screen.get_by_role("button", name="Keys").click()
    screen.get_by_label("Single keys are on").check()
    screen.keyboard.press("Escape")
    screen.get_by_role("heading", name="Caller").click()
    screen.keyboard.press("s")
    expect(screen.locator("#search-near:focus")).to_be_visible()


def test_a_lost_network_keeps_what_was_typed_and_holds_once(screen: Page, staffed: Stage, quiet_console: list[str]) -> None:
    screen.keyboard.press("Enter")
    screen.get_by_label("Last name").fill("O’Neil-Šmíd")
    screen.get_by_label("ZIP or place").fill("32801")
    screen.get_by_role("button", name="Search").click()
    expect(screen.locator("#offer-1:focus")).to_be_visible()
    number = int(re.findall(r"/calls/(\d+)", screen.url)[0])
    gone, arrived = [True], []

    def answer(route: Route) -> None:
        if not gone:
            return route.continue_()
        if not arrived:
            arrived.append(route.fetch(max_redirects=0).status)  # it arrived, and its answer did not
        return route.abort("connectionreset")

    screen.route(re.compile("/hold"), answer)
    screen.keyboard.press("1")
    expect(screen.get_by_role("alert").filter(has_text="The network is gone")).to_be_visible()
    gone.clear()
    expect(screen.get_by_text("Held until")).to_have_count(1, timeout=15_000)
    expect(screen.get_by_label("Last name")).to_have_value("O’Neil-Šmíd")
    expect(screen.get_by_role("alert").filter(has_text="The network is gone")).to_have_count(0)
    screen.reload()
    expect(screen.get_by_text("Held until")).to_have_count(1)
    screen.route(re.compile("/look-up"), lambda route: route.abort("internetdisconnected"))
    screen.get_by_label("Last name").fill("O’Neil-Šmíd")
    screen.get_by_role("button", name="Look up").click()
    expect(screen.get_by_role("alert").filter(has_text="Press the button again")).to_be_visible()
    expect(screen.get_by_label("Last name")).to_have_value("O’Neil-Šmíd")
    with opened(staffed.url) as session:
        held = session.scalar(select(func.count()).select_from(Appointment).where(Appointment.state == "held"))
        assert (held or 0) >= 1
        assert session.get_one(Call, number).ended_at is None
    assert all("Failed to load resource" in line or "ERR_" in line for line in quiet_console)
    quiet_console.clear()


@pytest.mark.parametrize("rounds", [3, pytest.param(200, marks=pytest.mark.prove)])
def test_two_agents_and_a_patient_want_one_time(
    screen: Page, browser: Browser, staffed: Stage, rounds: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever presses first has it; the others have the next best at once, and see it no more."""
    rng = Random(7)
    contexts = [browser.new_context(base_url=staffed.address) for _ in range(2)]
    heard = [listen(context) for context in contexts]
    for context in contexts:
        context.set_default_timeout(PATIENCE)
    other, patient = (context.new_page() for context in contexts)
    enter(other, staffed, "callcenter")
    agents, won = [screen, other], []
    for agent in agents:
        agent.goto(f"{staffed.address}/desk/")
        agent.get_by_role("button", name="New call").click()
        agent.wait_for_url("**/calls/*")
    calls = [agent.url for agent in agents]
    kind = screen.locator("#search-kind option[value^='chiropractic-care/']").first.get_attribute("value") or ""
    sought = f"near=32801&kind={kind}"
    for _ in range(rounds):
        for agent, call in zip(agents, calls, strict=True):
            agent.goto(f"{call}?{sought}")
        patient.goto("/find?near=32801&service=chiropractic-care&sort=soonest")
        wanted = screen.locator("#offer-1").get_attribute("value")
        pressed = [agent.locator(f"button[value='{wanted}']").first for agent in agents]
        pressed.append(patient.locator(f"button[value='{wanted}']").first)
        turns = [turn for turn in range(3) if pressed[turn].count()]
        rng.shuffle(turns)
        first, *late = turns
        pressed[first].click()
        page = [screen, other, patient][first]
        expect(page.get_by_text("Held until") if first < 2 else page.get_by_role("heading", level=1)).to_be_visible()
        if first == 2:
            patient.wait_for_url("**/details")
        for turn in late:
            pressed[turn].click()
            if turn < 2:
                alert = agents[turn].get_by_role("alert").filter(has_text="These are free instead")
                expect(alert).to_be_visible()
                expect(agents[turn].locator("#offer-1:focus")).to_be_visible()
                agents[turn].goto(f"{calls[turn]}?{sought}")
                expect(agents[turn].locator(f"button[value='{wanted}']")).to_have_count(0)
            else:
                expect(patient.get_by_role("heading", level=1)).to_have_text("Choose another time")
        won.append(first)
        for agent, call in zip(agents, calls, strict=True):
            agent.goto(call)
            for _ in range(agent.get_by_role("button", name="Give back").count()):
                agent.get_by_role("button", name="Give back").first.click()
                expect(agent.locator("main:not([aria-busy])")).to_be_visible()
    with opened(staffed.url) as session:
        a = Appointment
        stands = or_(a.state == "booked", and_(a.state == "held", a.hold_expires_at > staffed.clock()))
        twice = select(a.specialist_id).where(stands).group_by(a.specialist_id, a.start_at).having(func.count() > 1)
        double = len(session.scalars(twice).all())
    assert double == 0
    for context in contexts:
        context.close()
    assert heard == [[], []]
    with capsys.disabled():
        print(
            f"\n  one time, two agents and a patient: {rounds} rounds, {double} double bookings; "
            f"first were {won.count(0)}, {won.count(1)} and {won.count(2)} times"
        )
