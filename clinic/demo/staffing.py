"""Who works where and when: sites, rooms, specialists, rosters, and the days that are not like the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random

from sqlalchemy.orm import Session

from clinic.demo.arriving import arriving
from clinic.demo.biographies import about
from clinic.demo.calendar import DAYS_AHEAD, DAYS_BACK
from clinic.demo.catalogue import C_ARM, FLUOROSCOPY, MIXES, TREATMENT
from clinic.demo.chain import CHIROPRACTOR, PHYSICIAN, SHARED, STREETS, THERAPIST, DemoSite
from clinic.demo.people import Names, gender_of
from clinic.domain.time.holidays import federal_holidays
from clinic.domain.time.hours import whole_days
from clinic.store.bulk import insert_rows, set_aside
from clinic.store.tables.appointments import Resource
from clinic.store.tables.directory import Closure, Equipment, Location, LocationDay, Offer, Room, Specialist, VisitType
from clinic.store.tables.schedules import Shift, ShiftDay, TimeOff

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
DAY = "08:00-18:00"
SATURDAY = "08:00-13:00"
PATTERNS = (
    (WEEKDAYS, "08:00-12:00 12:30-16:30"),
    (WEEKDAYS, "09:00-13:00 14:00-18:00"),
    (("Mon", "Tue", "Thu", "Fri"), "08:00-12:00 13:00-17:00"),
    (("Mon", "Wed", "Fri"), "09:30-13:00 13:30-18:00"),
)
TITLES = {PHYSICIAN: "Pain medicine physician", THERAPIST: "Physical therapist", CHIROPRACTOR: "Chiropractor"}
DEGREES = {PHYSICIAN: "MD", THERAPIST: "DPT", CHIROPRACTOR: "DC"}
LANGUAGES = (
    "English",
    "English",
    "English",
    "English, Spanish",
    "English, Spanish",
    "English, Haitian Creole",
    "English, Vietnamese",
    "English, Mandarin",
)
CLOSED_ON = {"New Year’s Day", "Memorial Day", "Independence Day", "Labor Day", "Thanksgiving Day", "Christmas Day"}
CLOSED_SITE = "sanford"  # for repairs, for three days of the third week


LOCATION = (
    "id", "slug", "import_key", "name", "street", "city", "state", "postal_code", "phone", "phone_extension", "latitude",
    "longitude", "time_zone", "hours", "active", "parking", "access", "plans",
)  # fmt: skip


def weekly(days: Sequence[str], hours: str) -> str:
    return "; ".join(f"{day} {hours}" for day in days)


def open_sites(session: Session, sites: Sequence[DemoSite], *, brand: str, today: date, random: Random) -> dict[str, int]:
    """Sites, their rooms and C-arms, holidays and the one closure. Returns the ids by slug."""
    ids = dict(zip((site.slug for site in sites), set_aside(session, Location, len(sites)), strict=True))
    insert_rows(
        session,
        Location,
        LOCATION,
        [_location_row(ids[site.slug], number, site, brand, random) for number, site in enumerate(sites)],
    )
    _add_rooms(session, sites, ids)
    first, last = today - timedelta(days=DAYS_BACK), today + timedelta(days=180)
    days = list(_special_days(first, last))
    insert_rows(
        session, LocationDay, ("location_id", "day", "hours", "reason"), [(ids[s.slug], *day) for s in sites for day in days]
    )
    for closed in sites:
        if closed.slug == CLOSED_SITE:
            monday = today + timedelta(days=14 + -today.weekday() % 7)
            start, end = whole_days(monday, monday + timedelta(days=2), closed.time_zone)
            session.add(Closure(location_id=ids[CLOSED_SITE], start_cell=start, end_cell=end, reason="Repairs to the building"))
    return ids


def _location_row(location: int, number: int, site: DemoSite, brand: str, random: Random) -> tuple[object, ...]:
    hours = weekly(WEEKDAYS, DAY) + (f"; Sat {SATURDAY}" if site.saturday else "")
    street = f"{random.randrange(100, 9900)} {random.choice(STREETS)}"
    phone = f"+1{site.area_code}55501{random.randrange(100):02d}"
    where = (street, site.city, site.state, site.postal_code, phone, None, site.latitude, site.longitude, site.time_zone)
    return (location, site.slug, None, f"{brand} {site.label}"[:120], *where, hours, True, *arriving(number))


def _special_days(first: date, last: date) -> Iterator[tuple[date, str, str]]:
    """(day, hours, reason): closed on the great holidays, and open in the morning on the day after Thanksgiving."""
    for day, name in federal_holidays(first, last):
        if name in CLOSED_ON:
            yield day, "", name
        if name == "Thanksgiving Day":
            yield day + timedelta(days=1), "08:00-13:00", "Day after Thanksgiving"


def _add_rooms(session: Session, sites: Sequence[DemoSite], ids: dict[str, int]) -> None:
    rooms = [(ids[site.slug], f"Treatment room {n + 1}", TREATMENT) for site in sites for n in range(1 + len(site.staff) // 2)]
    rooms += [(ids[site.slug], "Procedure room", FLUOROSCOPY) for site in sites if site.fluoroscopy]
    arms = [(ids[site.slug], "C-arm", C_ARM) for site in sites if site.fluoroscopy]
    for table, kind, rows in ((Room, "room", rooms), (Equipment, "equipment", arms)):
        resources = add_resources(session, kind, len(rows))
        insert_rows(session, table, ("id", "location_id", "name", "kind", "active"),
                    [(resource, *row, True) for resource, row in zip(resources, rows, strict=True)])  # fmt: skip


def add_resources(session: Session, kind: str, count: int) -> list[int]:
    ids = set_aside(session, Resource, count)
    insert_rows(session, Resource, ("id", "kind"), ((resource, kind) for resource in ids))
    return ids


def specialist_row(resource: int, names: Names, profession: str, random: Random) -> tuple[object, ...]:
    """In the order of SPECIALIST."""
    given, family, slug = names.new()
    return (resource, slug, None, f"{given} {family}, {DEGREES[profession]}", TITLES[profession], random.choice(LANGUAGES),
            about(profession, slug), True, gender_of(given))  # fmt: skip


SPECIALIST = ("id", "slug", "import_key", "name", "profession", "languages", "about", "active", "gender")
SHIFT = ("id", "specialist_id", "location_id", "weekly", "first_day", "last_day")
OFFER = ("visit_type_id", "location_id", "specialist_id")


def hire(
    session: Session, sites: Sequence[DemoSite], ids: dict[str, int], visits: dict[str, VisitType], *, today: date, random: Random
) -> dict[int, str]:
    """Specialists of one site and of two, what they give, when they work: nobody at two sites on one day. Professions by id."""
    posts: list[tuple[str, tuple[DemoSite, ...]]] = [(profession, (site,)) for site in sites for profession in site.staff]
    known = {site.slug: site for site in sites}
    posts += [(profession, (known[one], known[other])) for one, other, profession in SHARED if {one, other} <= known.keys()]
    resources = add_resources(session, "specialist", len(posts))
    names, works = Names(random), list[tuple[int, DemoSite]]()
    people, offers, shifts = [], [], []
    for number, (resource, (profession, where)) in enumerate(zip(resources, posts, strict=True)):
        people.append(specialist_row(resource, names, profession, random))
        works += [(resource, site) for site in where]
        for site in where:
            offers += [(visits[slug].id, ids[site.slug], resource) for slug in given_at(profession, fluoroscopy=site.fluoroscopy)]
        shifts += [(resource, *row) for row in _roster(number, where, ids, today)]
    insert_rows(session, Specialist, SPECIALIST, people)
    insert_rows(session, Offer, OFFER, offers)
    numbers = set_aside(session, Shift, len(shifts))
    insert_rows(session, Shift, SHIFT, [(number, *row) for number, row in zip(numbers, shifts, strict=True)])
    _exceptions(session, ids, works, today=today, random=random)
    return {resource: profession for resource, (profession, _) in zip(resources, posts, strict=True)}


def given_at(profession: str, *, fluoroscopy: bool) -> list[str]:
    """Slugs of the visit types that somebody of the profession gives at a site."""
    return [slug for slug, _ in MIXES[profession] if fluoroscopy or slug != "facet-joint-injection-procedure"]


def _roster(
    number: int, where: Sequence[DemoSite], ids: dict[str, int], today: date
) -> Iterator[tuple[int, str, date, date | None]]:
    """(location, weekly hours, first day, last day). Every ninth specialist changes hours in three weeks."""
    since = date(today.year - 1, 1, 1)
    days, hours = PATTERNS[number % len(PATTERNS)]
    if len(where) == 2:
        first_days, second_days = (WEEKDAYS[:3], WEEKDAYS[3:]) if number % 2 else (WEEKDAYS[2:], WEEKDAYS[:2])
        yield ids[where[0].slug], weekly(first_days, hours), since, None
        yield ids[where[1].slug], weekly(second_days, hours), since, None
        return
    site = where[0]
    line = weekly(days, hours) + (f"; Sat {SATURDAY}" if site.saturday and number % 3 == 0 else "")
    if number % 9 == 4:
        change = today + timedelta(days=21)
        yield ids[site.slug], line, since, change - timedelta(days=1)
        yield ids[site.slug], weekly(("Tue", "Wed", "Thu", "Fri"), "08:30-12:30 13:00-17:30"), change, None
    else:
        yield ids[site.slug], line, since, None


def _exceptions(
    session: Session, ids: dict[str, int], works: Sequence[tuple[int, DemoSite]], *, today: date, random: Random
) -> None:
    """Some are away for a week, a few leave early one day."""
    for index, (resource, site) in enumerate(works):
        day = today + timedelta(days=random.randrange(3, DAYS_AHEAD - 7))
        if index % 14 == 3:
            cells = whole_days(day, day + timedelta(days=6), site.time_zone)
            session.add(TimeOff(specialist_id=resource, start_cell=cells[0], end_cell=cells[1], reason="Vacation"))
        elif index % 17 == 5 and day.weekday() < 5:
            early = ShiftDay(
                specialist_id=resource,
                location_id=ids[site.slug],
                day=day,
                hours="08:00-12:00",
                reason="Training in the afternoon",
            )
            if not any(other is not site and who == resource for who, other in works):
                session.add(early)
    session.flush()
