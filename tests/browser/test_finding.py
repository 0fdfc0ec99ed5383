"""Finding a clinic with scripts on: places suggested while typing, one's own location, the list and its map."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

RESULTS = "/find?near=32801&service=physical-therapy"
TABS = 120
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def box(page: Page) -> Locator:
    """The one box on the home page, where suggestions have been switched on."""
    page.goto("/")
    found = page.get_by_role("combobox", name="ZIP code, city or address")
    expect(found).to_have_attribute("aria-expanded", "false")
    return found


@pytest.fixture
def places(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Places")


def marked(box: Locator) -> str:
    """What a screen reader says is chosen in the list; '' for nothing."""
    pointed = box.get_attribute("aria-activedescendant")
    chosen = box.page.locator("[role=option][aria-selected=true]")
    assert chosen.count() == (1 if pointed else 0)
    if not pointed:
        return ""
    assert chosen.get_attribute("id") == pointed
    return chosen.inner_text()


@pytest.mark.timeless
def test_places_are_suggested_and_announced_while_typing(page: Page, box: Locator, places: Locator) -> None:
    box.press_sequentially("orlan")
    expect(places).to_be_visible()
    options = places.get_by_role("option")
    expect(options.filter(has_text="Orlando, FL")).to_have_count(1)
    expect(box).to_have_attribute("aria-expanded", "true")
    assert box.get_attribute("aria-controls") == places.get_attribute("id")
    expect(page.locator(".near-box [role=status]")).to_have_text(
        f"{options.count()} places. Press the up and down arrows to choose one."
    )
    assert marked(box) == ""
    expect(box).to_have_value("orlan")
    expect(box).to_be_focused()
    assert Axe().run(page).response["violations"] == []


@pytest.mark.timeless
def test_the_keys_of_a_combobox(page: Page, box: Locator, places: Locator) -> None:
    box.press_sequentially("orlan")
    expect(places).to_be_visible()
    names = places.get_by_role("option").all_inner_texts()
    for key, expected in (
        ("ArrowDown", names[0]), ("ArrowDown", names[1]), ("ArrowUp", names[0]), ("ArrowUp", names[-1]), ("ArrowDown", names[0]),
        ("End", ""), ("ArrowUp", names[-1]), ("Home", ""), ("ArrowDown", names[0]), ("ArrowRight", ""),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert marked(box) == expected, key
    page.keyboard.press("Home")
    assert box.evaluate("(e) => e.selectionStart") == 0
    page.keyboard.press("End")
    assert box.evaluate("(e) => e.selectionStart") == len("orlan")
    page.keyboard.press("Escape")
    expect(places).to_be_hidden()
    expect(box).to_have_value("orlan")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(places).to_be_visible()
    while marked(box) != "Orlando, FL":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Orlando, FL")
    expect(places).to_be_hidden()
    assert page.url.endswith("/")  # chosen, not sent
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("near Orlando, FL")


@pytest.mark.timeless
def test_enter_sends_what_was_typed_and_nothing_else(page: Page, box: Locator, places: Locator) -> None:
    box.press_sequentially("32801")
    expect(places).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/find?near=32801&service=*")


@pytest.mark.timeless
def test_a_place_is_chosen_with_the_mouse(page: Page, box: Locator, places: Locator) -> None:
    box.press_sequentially("chattanooga")
    places.get_by_role("option", name="Chattanooga, TN").click()
    expect(box).to_have_value("Chattanooga, TN")
    expect(box).to_be_focused()
    expect(places).to_be_hidden()


@pytest.mark.timeless
def test_leaving_the_box_closes_the_list_and_keeps_the_text(page: Page, box: Locator, places: Locator) -> None:
    box.press_sequentially("orlan")
    expect(places).to_be_visible()
    page.keyboard.press("Tab")
    expect(places).to_be_hidden()
    expect(box).to_have_value("orlan")


def answered(route: Route, *names: str) -> None:
    route.fulfill(json={"places": list(names)})


@pytest.mark.timeless
def test_an_answer_that_comes_late_is_dropped(page: Page, box: Locator, places: Locator) -> None:
    late: list[Route] = []

    def answer(route: Route) -> None:
        if route.request.post_data_json == {"typed": "or"}:
            late.append(route)
        else:
            answered(route, "The newer")

    page.route("**/find/suggestions", answer)
    box.press_sequentially("or")
    page.wait_for_timeout(400)
    assert len(late) == 1
    box.press_sequentially("l")
    expect(places.get_by_role("option")).to_have_text(["The newer"])
    answered(late[0], "The older")
    page.wait_for_timeout(200)
    expect(places.get_by_role("option")).to_have_text(["The newer"])


@pytest.mark.timeless
def test_keys_in_a_row_ask_once(page: Page, box: Locator, places: Locator) -> None:
    asked: list[Any] = []
    page.on("request", lambda sent: asked.append(sent.post_data_json) if sent.url.endswith("/find/suggestions") else None)
    box.press_sequentially("orlando", delay=10)
    expect(places).to_be_visible()
    assert asked == [{"typed": "orlando"}]
    box.fill("o")
    page.wait_for_timeout(400)
    assert len(asked) == 1  # one letter is asked of nobody


@pytest.mark.timeless
def test_without_an_answer_the_box_is_a_box(page: Page, box: Locator, places: Locator) -> None:
    page.route("**/find/suggestions", lambda route: route.fulfill(status=503, body="no"))
    box.press_sequentially("orlan")
    page.wait_for_timeout(400)
    expect(places).to_be_hidden()
    box.fill("32801")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find?near=32801&service=*")


@pytest.mark.timeless
def test_letters_still_being_composed_are_left_alone(page: Page, box: Locator, places: Locator) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url) if sent.url.endswith("/find/suggestions") else None)
    box.fill("orlan")
    expect(places).to_be_visible()
    page.keyboard.press("Escape")
    asked.clear()
    box.evaluate("""(e) => {
      e.value = 'orland';
      e.dispatchEvent(new InputEvent('input', { isComposing: true, bubbles: true }));
      e.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', isComposing: true, bubbles: true, cancelable: true }));
    }""")
    page.wait_for_timeout(400)
    assert asked == []
    box.evaluate("(e) => e.dispatchEvent(new CompositionEvent('compositionend', { bubbles: true }))")
    expect(places).to_be_visible()


@pytest.mark.timeless
@pytest.mark.parametrize("width", [320, 1280])
def test_the_list_is_seen_whole(page: Page, box: Locator, places: Locator, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1200})
    box.press_sequentially("spring")
    expect(places).to_be_visible()
    last = places.get_by_role("option").last
    at = last.bounding_box()
    assert at
    on_top = page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y)?.textContent", [at["x"] + at["width"] / 2, at["y"] + at["height"] / 2]
    )
    assert on_top == last.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


ASKED = "navigator.geolocation.getCurrentPosition = (found, failed) => { window.fail = (code) => failed({ code }); }"
SAID = {
    1: "Your browser did not share your location. You can allow it in your browser’s settings, or type a ZIP code or a city.",
    2: "Your device could not tell where it is. Please type a ZIP code or a city.",
    3: "It took too long to find where you are. Press the button to try again, or type a ZIP code or a city.",
}


def located(page: Page) -> Locator:
    return page.get_by_role("button", name="Use my location")


@pytest.mark.timeless
@pytest.mark.parametrize("code", SAID)
def test_three_failures_three_sentences(page: Page, code: int) -> None:
    page.add_init_script(ASKED)
    page.goto("/")
    box = page.get_by_label("ZIP code, city or address")
    box.fill("Orlando")
    page.get_by_label("What do you need?").select_option("physical-therapy")
    located(page).click()
    expect(page.locator("#near-located")).to_have_text("Asking your device where you are.")
    page.evaluate("(code) => window.fail(code)", code)
    expect(page.locator("#near-located")).to_have_text(SAID[code])
    expect(page.locator("#near-located")).to_have_role("status")
    expect(box).to_be_focused()
    expect(box).to_have_accessible_description(SAID[code])
    expect(box).to_have_value("Orlando")
    expect(page.get_by_label("What do you need?")).to_have_value("physical-therapy")
    assert page.url.endswith("/")
    assert Axe().run(page).response["violations"] == []
    located(page).click()  # and again, as often as one likes
    expect(page.locator("#near-located")).to_have_text("Asking your device where you are.")


@pytest.mark.timeless
def test_a_browser_that_says_no(page: Page) -> None:
    page.context.clear_permissions()
    page.goto("/")
    located(page).click()
    expect(page.locator("#near-located")).to_contain_text("Your browser did not share your location.")


def test_a_location_is_sent_by_post_and_only_as_a_neighborhood(page: Page) -> None:
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 28.543214, "longitude": -81.376543})
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.post_data or "") if asked.method == "POST" else None)
    page.goto("/")
    assert sent == []
    page.get_by_label("What do you need?").select_option("physical-therapy")
    located(page).click()
    page.wait_for_url("**/find?near=28.54,-81.38&service=physical-therapy")
    assert sent == ["near=28.54%2C+-81.38&service=physical-therapy"]
    expect(page.get_by_text("Distances are measured from the location you gave.")).to_be_visible()


@pytest.mark.timeless
@pytest.mark.parametrize(
    "script",
    ["delete Navigator.prototype.geolocation", "Object.defineProperty(window, 'isSecureContext', { value: false })"],
)
def test_where_no_location_can_be_had_there_is_no_button(page: Page, script: str) -> None:
    page.add_init_script(script)
    page.goto("/")
    expect(page.get_by_role("combobox", name="ZIP code, city or address")).to_be_visible()  # the scripts have run
    expect(located(page)).to_have_count(0)


@pytest.fixture
def tabbing(page: Page) -> Callable[[], Iterator[Locator]]:
    """Tab through the page: each thing that takes the focus, until it starts over."""

    def walk() -> Iterator[Locator]:
        for _ in range(TABS):
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            if not focused.count() or focused.evaluate("(e) => e === document.body"):
                return
            yield focused

    return walk


@pytest.mark.timeless
@pytest.mark.prove  # `make test` looks at this page's focus in test_every_page.py, without pressing every Tab
@pytest.mark.parametrize(("width", "height"), [(320, 640), (1280, 800), (1280, 420)])
def test_what_has_the_focus_is_never_hidden(
    page: Page, tabbing: Callable[[], Iterator[Locator]], width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    page.goto(RESULTS)
    seen = 0
    for focused in tabbing():
        seen += 1
        hidden = focused.evaluate("""(e) => {
          const box = e.getBoundingClientRect();
          const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
          const top = document.elementFromPoint(x, y);
          return top && (e.contains(top) || top.contains(e)) ? '' : `${e.outerHTML} at ${x}, ${y} under ${top?.outerHTML}`;
        }""")
        assert hidden == ""
    assert seen > 40


def test_pins_lead_to_the_cards_that_bear_their_numbers(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(RESULTS)
    cards = page.locator(".cards > li")
    pins = page.locator(".map-pin")
    assert pins.count() == cards.count() > 3
    for number in range(1, cards.count() + 1):
        name = cards.nth(number - 1).locator("h2 a").inner_text()
        assert re.fullmatch(rf"{number}, {re.escape(name)}, .* miles?", pins.nth(number - 1).get_attribute("aria-label") or "")
    pins.nth(2).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#clinic-3")
    expect(page.locator("#clinic-3")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(cards.nth(2).locator("h2 a")).to_be_focused()


def test_on_a_phone_a_link_leads_past_the_list_to_the_map(page: Page) -> None:
    page.set_viewport_size({"width": 375, "height": 700})
    page.goto(RESULTS)
    page.get_by_role("link", name="Skip to the Map").click()
    expect(page.locator("#map")).to_be_in_viewport()
    page.keyboard.press("Tab")
    expect(page.locator(".map-pin").first).to_be_focused()


def test_narrowing_by_the_form(page: Page) -> None:
    page.goto(RESULTS)
    page.get_by_text("Narrow the times").click()
    page.get_by_label("Time of day").select_option("Morning")
    page.get_by_label("Language").select_option("Spanish")
    page.get_by_role("button", name="Show these times").click()
    expect(page.get_by_role("list", name="Filters").get_by_role("link")).to_have_text(
        [re.compile("Morning"), re.compile("Spanish")]
    )
    clocks = page.locator(".cards .time-clock").all_inner_texts()
    assert clocks
    assert all(clock.endswith("AM") for clock in clocks)
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("link", name="Remove the filter: Spanish").click()
    page.get_by_role("link", name="Soonest first").click()
    expect(page.get_by_role("list", name="Filters").get_by_role("link")).to_have_text([re.compile("Morning")])
    page.go_back()
    page.go_back()
    expect(page.get_by_role("list", name="Filters").get_by_role("link")).to_have_count(2)


@pytest.mark.timeless
@pytest.mark.prove  # some of these are in test_every_page.py
@pytest.mark.parametrize(
    "asked",
    [
        "",
        "&day=2020-02-30&part=dawn&specialist=nobody&language=Klingon",
        "&part=evening&language=Navajo&sort=soonest",
        "&day=2027-01-01",
    ],
)
@pytest.mark.parametrize("near", ["32801", "59301", "37402", "96910"])
def test_nothing_for_axe_and_nothing_wider_than_a_phone(page: Page, near: str, asked: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"/find?near={near}&service=physical-therapy{asked}")
    for summary in page.locator("main summary").all():
        if summary.evaluate("(e) => !e.parentElement.open"):
            summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == [], scheme
