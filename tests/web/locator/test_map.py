"""The maps: small, quick, always the same, every pin a link that can be pressed."""

from __future__ import annotations

import gzip
import math
import random
import re
from itertools import combinations
from time import perf_counter

import pytest
from flask import Flask
from flask.testing import FlaskClient

from clinic.demo.chain import SITES
from clinic.domain.geography.gazetteer import Town
from clinic.domain.geography.places import Point
from clinic.web.locator.country import albers, country
from clinic.web.locator.map import HEIGHT, PIN, WIDTH, Map, Pin, backdrop, draw, lay_out

NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
PLACES = {  # where, and over how many miles the ten clinics lie
    "New York": (40.74, -73.98, 8), "Orlando": (28.54, -81.37, 25), "Atlanta": (33.75, -84.39, 25),
    "counties of Virginia": (37.6, -78.6, 45), "counties of Georgia": (32.9, -83.5, 55), "Chesapeake": (38.3, -76.4, 60),
    "Puget Sound": (47.6, -122.4, 40), "Detroit": (42.33, -83.05, 20), "El Paso": (31.76, -106.48, 60),
    "Alaska": (61.2, -149.9, 200), "Adak": (51.88, 179.9, 60), "Guam": (13.45, 144.75, 8), "Honolulu": (21.31, -157.86, 10),
    "San Juan": (18.46, -66.1, 20), "Northeast": (41.5, -74.5, 250), "all of it": (38.5, -96.0, 900),
}  # fmt: skip


def clinics(where: str, count: int = 10) -> tuple[list[Pin], Point]:
    latitude, longitude, miles = PLACES[where]
    rng = random.Random(where)
    up = miles / 69.1 / 2
    pins = []
    for number in range(1, count + 1):
        x = longitude + rng.gauss(0, up / math.cos(math.radians(latitude)))
        pins.append(
            Pin(
                number,
                latitude + rng.gauss(0, up),
                (x + 180) % 360 - 180,
                f"Lakeside Clinic {number}, 2.4 miles",
                f"#clinic-{number}",
            )
        )
    return pins, Point(latitude, longitude)


def towns(where: str) -> list[Town]:
    latitude, longitude, _ = PLACES[where]
    return [Town(f"Saint Town {index}", latitude + index / 30, longitude - index / 30) for index in range(-8, 8)]


def markup(app: Flask, shown: Map) -> str:
    template = app.jinja_env.from_string('{% from "components/map.html" import clinic_map %}{{ clinic_map(map, "A map") }}')
    return template.render(map=shown)


@pytest.mark.parametrize("where", PLACES)
def test_ten_clinics_are_drawn_small_quickly_and_always_alike(app: Flask, where: str) -> None:
    pins, origin = clinics(where)
    backdrop.cache_clear()
    start = perf_counter()
    shown = draw(lay_out(pins, origin=origin), towns=towns(where))
    cold = perf_counter() - start
    warm = []
    for _ in range(10):
        start = perf_counter()
        again = draw(lay_out(pins, origin=origin), towns=towns(where))
        warm.append(perf_counter() - start)
        assert again == shown
    data = markup(app, shown).encode()
    small = len(gzip.compress(data, 6))
    print(f"{where}: {len(data):,} bytes, {small:,} compressed; {cold * 1000:.2f} ms, then {min(warm) * 1000:.2f} ms")
    assert len(data) < 15_000
    assert small < 5_500
    assert min(warm) < 0.004
    backdrop.cache_clear()
    assert draw(lay_out(pins, origin=origin), towns=towns(where)) == shown


@pytest.mark.parametrize("count", [1, 2, 10, 20])
@pytest.mark.parametrize("where", PLACES)
def test_every_pin_is_whole_on_the_sheet_and_covers_no_other(where: str, count: int) -> None:
    pins, origin = clinics(where, count)
    shown = draw(lay_out(pins, origin=origin), towns=towns(where))
    assert [placed.pin for placed in shown.pins] == pins
    for placed in shown.pins:
        assert PIN <= placed.x <= WIDTH - PIN
        assert PIN <= placed.y <= HEIGHT - PIN
        assert placed.moved or math.dist((placed.x, placed.y), (placed.at_x, placed.at_y)) <= PIN / 2
    for a, b in combinations(shown.pins, 2):
        assert math.dist((a.x, a.y), (b.x, b.y)) >= 2 * PIN
    for town in shown.towns:
        assert all(abs(town.x - at.x) > town.width / 2 or abs(town.y - at.y) > PIN for at in shown.pins)


def test_a_pin_is_24_pixels_wide_at_320_and_28_at_375() -> None:
    """Pages have a root size of 18 pixels and a margin of 1rem on either side."""
    assert 2 * PIN * (320 - 36) / WIDTH >= 24
    assert 2 * PIN * (375 - 36) / WIDTH >= 28


def test_twenty_clinics_in_one_building_fan_out_and_point_to_it() -> None:
    pins = [Pin(number, 41.8713, -87.6277, f"Suite {number}") for number in range(1, 21)]
    shown = draw(lay_out(pins))
    assert sum(not placed.moved for placed in shown.pins) == 1
    assert sum(placed.clear for placed in shown.pins) == 19
    assert {(placed.at_x, placed.at_y) for placed in shown.pins} == {(shown.pins[0].x, shown.pins[0].y)}
    assert max(math.dist((at.x, at.y), (at.at_x, at.at_y)) for at in shown.pins) < 4 * 2 * PIN


def test_what_is_too_far_away_for_one_map_is_said_and_not_drawn() -> None:
    guam, orlando = Point(13.45, 144.75), Point(28.54, -81.37)
    pins = [Pin(1, 13.5, 144.8, "Hagåtña"), Pin(2, 21.3, -157.9, "Honolulu"), Pin(3, 28.5, -81.4, "Orlando")]
    shown = draw(lay_out(pins, origin=guam))
    assert [placed.pin.number for placed in shown.pins] == [1, 2]
    assert [pin.number for pin in shown.beyond] == [3]
    far_from_home = draw(lay_out(pins[:1], origin=orlando))
    assert far_from_home.origin is None
    assert [placed.pin.number for placed in far_from_home.pins] == [1]


def test_the_scale_says_the_truth() -> None:
    for where in PLACES:
        pins, origin = clinics(where)
        sheet = lay_out(pins, origin=origin)
        length, words = draw(sheet).scale
        miles = float(words.split()[0].replace(",", ""))
        assert length == pytest.approx(miles * sheet.frame.units_per_mile, abs=0.51)
        assert 60 <= length <= WIDTH / 4
    assert draw(lay_out([Pin(1, 40.0, -90.0, "a"), Pin(2, 40.0, -90.0, "b")])).scale[1] == "2 miles"


def test_the_picture_is_links_for_everybody_and_the_rest_for_the_eye_alone(app: Flask) -> None:
    pins, origin = clinics("Puget Sound", 3)
    html = markup(app, draw(lay_out(pins, origin=origin), towns=[Town("Seattle <b>", 47.7, -122.3)]))
    assert re.findall(r'<a class="map-pin" href="(#clinic-\d)" aria-label="([^"]+)">', html) == [
        (f"#clinic-{number}", f"{number}, Lakeside Clinic {number}, 2.4 miles") for number in (1, 2, 3)
    ]
    outside = re.sub(r'<g aria-hidden="true">.*?</g>', "", html, flags=re.DOTALL)
    assert 'role="group" aria-label="A map"' in outside
    assert "<path" not in outside
    assert "The place you searched." in outside
    assert "Seattle &lt;b&gt;" in html
    assert "style=" not in html
    numbers = [number for data in re.findall(r' d="([^"]*)"', html) for number in NUMBER.findall(data)]
    assert numbers
    assert all("." not in number for number in numbers)


def test_a_pin_that_leads_nowhere_is_a_named_picture(app: Flask) -> None:
    html = markup(app, draw(lay_out([Pin(0, 28.54, -81.37, "Lake Clinic")])))
    assert '<g class="map-pin" role="img" aria-label="Lake Clinic">' in html
    assert "<a " not in html
    assert "figcaption" not in html


def test_a_clinic_shows_where_it_is(client: FlaskClient) -> None:
    page = client.get("/locations/lake").get_data(as_text=True)
    assert re.search(r'<svg viewBox="0 0 720 \d+" role="group" aria-label="[^"]*Lake Clinic', page)
    assert re.search(r'class="map-pin"[^>]* aria-label="Lake Clinic"', page)


def test_all_clinics_are_on_a_map_whose_states_lead_to_theirs(client: FlaskClient) -> None:
    page = client.get("/locations").get_data(as_text=True)
    drawing = re.search(r'<figure class="map country" aria-hidden="true">(.*?)</figure>', page, re.DOTALL)
    assert drawing
    [(href, title)] = re.findall(r'<a href="([^"]+)" tabindex="-1"><title>([^<]+)</title>', drawing[1])
    assert title == "Florida: 3 clinics"
    leads_to_text = href.startswith("#") and f'id="{href[1:]}"' in page
    assert leads_to_text or "Lake Clinic" in client.get(href).get_data(as_text=True)
    assert drawing[1].count('class="map-land"') == 51 - 1, "50 states and the District, less one"
    assert 'class="map country"' not in client.get("/locations?state=FL").get_data(as_text=True)


def test_every_clinic_of_the_chain_is_a_dot_on_its_state() -> None:
    counts = {site.state: sum(other.state == site.state for other in SITES) for site in SITES}
    shown = country(counts, dict.fromkeys(counts, "#"), [(site.state, site.latitude, site.longitude) for site in SITES])
    assert {state.clinics for state in shown.states if not state.href} == {0}
    assert sum(state.clinics for state in shown.states) == len(SITES)
    dots = [tuple(map(int, spot)) for spot in re.findall(r"M(-?\d+) (-?\d+)h0", shown.dots)]
    assert len(dots) > 35
    assert all(0 < x < shown.width and 0 < y < shown.height for x, y in dots)
    assert [text for _, _, text in shown.labels] == ["Alaska", "Hawaii", "Puerto Rico", "Guam"]
    assert len("".join(state.path for state in shown.states)) < 20_000


def test_states_without_known_clinics_stay_unlit_and_foreign_codes_are_left_out() -> None:
    shown = country({"FL": 2, "FM": 1}, {"FL": "/fl", "FM": "/fm"}, [("FM", 7.0, 158.0)])
    assert [(state.name, state.href) for state in shown.states if state.clinics] == [("Florida", "/fl")]
    assert shown.dots == ""


def test_albers_is_the_textbooks() -> None:
    """Snyder 1987, page 291: on a sphere of radius 1, from 23 N 96 W, 35 N 75 W is at 0.2952720, 0.2416774."""
    x, y = albers(29.5, 45.5, 23.0, -96.0)(35.0, -75.0)
    assert (x, -y) == pytest.approx((0.2952720, 0.2416774), abs=1e-7)
