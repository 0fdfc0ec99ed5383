"""A specialist takes a day off over a visit promised at seven: from the page that names it to a colleague who gives it."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from clinic.domain.errors import TimeRefused
from clinic.domain.time.hours import local_day, zone
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_opening
from clinic.engine.placing import outside_hours
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Location, Offer
from clinic.store.tables.messages import Delivery, OutboxMessage
from clinic.store.tables.staff import Account, AccountGrant
from clinic.usecases import booking
from tests import build
from tests.browser.looking import PATIENCE, faults, listen, see
from tests.browser.patient import A_TIME
from tests.browser.stage import Stage
from tests.browser.test_staff import enter
from tests.demo import opened

SEVEN = time(7, 0)
NAME = "Ottoline Quayside"
BY_AGREEMENT = outside_hours.lifting(build.STAFF, "agreed")


class Promise:
    """A visit at seven in the morning, before the hours, of a kind that a colleague gives at that clinic too."""

    def __init__(self, stage: Stage) -> None:
        now, key = stage.clock(), stage.app.config["SECRET_KEY"].encode()
        with opened(stage.url) as session:
            specialist = session.scalars(select(Account.specialist_id).where(Account.email == "specialist@example.org")).one()
            clinic = session.scalars(select(AccountGrant.location_id).where(AccountGrant.role == "front_desk")).one()
            theirs = select(Offer.visit_type_id).where(Offer.specialist_id == specialist, Offer.location_id == clinic)
            others = select(Offer.visit_type_id).where(Offer.location_id == clinic, Offer.specialist_id != specialist)
            kind = session.scalars(others.where(Offer.visit_type_id.in_(theirs)).order_by(Offer.visit_type_id)).first()
            place = session.get_one(Location, clinic)
            first = local_day(now, place.time_zone) + timedelta(days=5)
            for day in (first + timedelta(days=number) for number in range(9)):
                start = datetime.combine(day, SEVEN, zone(place.time_zone))
                try:
                    wish = write_opening(key, SlotRef(kind or 0, place.id, specialist or 0, cell_at(start)))
                    held = booking.hold(session, wish, key=key, who=BY_AGREEMENT, now=now)
                except TimeRefused:  # the clinic is closed, or the specialist away
                    session.rollback()
                    continue
                break
            given, family = NAME.split()
            said = build.details(given_name=given, family_name=family, email="ottoline@example.org")
            booked = booking.confirm(session, held.token, said, key=key, who=BY_AGREEMENT, now=now)
            self.day, self.manage, self.specialist = day, booked.manage_token, specialist
            wanted = select(Appointment.id).where(Appointment.reference == booked.reference)
            self.visit = session.scalars(wanted).one()

    def told(self, stage: Stage) -> list[str]:
        """What was sent about it, in turn."""
        with opened(stage.url) as session:
            wanted = select(OutboxMessage.event).join(Delivery, Delivery.outbox_id == OutboxMessage.id)
            done = (Delivery.appointment_id == self.visit, Delivery.outcome.is_not(None))
            return list(session.scalars(wanted.where(*done).order_by(Delivery.id)))


@pytest.fixture
def promise(stage: Stage) -> Promise:
    stage.hire()
    return Promise(stage)


def test_a_day_off_over_a_visit_that_was_promised_at_seven(
    page: Page, browser: Browser, stage: Stage, promise: Promise, capsys: pytest.CaptureFixture[str]
) -> None:
    see(page.context)
    stage.work()
    enter(page, stage, "specialist")
    page.goto(f"{stage.address}/portal/availability")
    page.get_by_role("link", name="Time off").first.click()
    for label in ("First day", "Last day"):
        page.get_by_label(label).fill(promise.day.isoformat())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What this changes")
    touched = page.get_by_role("group", name=NAME)
    expect(touched).to_contain_text("7:00 AM")
    expect(touched).to_contain_text("the specialist is away")
    assert faults(page) == {}
    named = " ".join(touched.locator("legend").inner_text().split())
    page.get_by_role("button", name="Save the change").click()
    expect(page.get_by_role("alert")).to_contain_text(
        re.compile("Decide on each|Choose what becomes of this visit")
    )  # one or many
    for one in page.locator("fieldset.decide").all():
        one.get_by_label("Put it on the work list").check()
    page.get_by_role("button", name="Save the change").click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()

    with stage.later(days=(promise.day - stage.clock().date()).days - 2, hours=12):
        stage.work()
    assert promise.told(stage) == ["booked"], "the reminders of two days before wait"

    patient = browser.new_context(base_url=stage.address)
    patient.set_default_timeout(PATIENCE)
    heard = listen(patient)
    theirs = patient.new_page()
    theirs.goto(f"/manage/{promise.manage}")
    theirs.get_by_role("main").get_by_role("button").first.click()
    expect(theirs.get_by_role("main")).to_contain_text("The clinic will call you.")
    assert faults(theirs) == {}
    said = theirs.locator(".note.with-icon").inner_text()

    desk = browser.new_context(base_url=stage.address)
    desk.set_default_timeout(PATIENCE)
    heard_there = listen(desk)
    front = desk.new_page()
    see(desk)
    enter(front, stage, "frontdesk")
    front.goto(f"{stage.address}/portal/work?kind=affected_visit")
    task = front.get_by_role("listitem").filter(has_text="7:00 AM").filter(has_text="the specialist is away")
    assert faults(front) == {}
    task.get_by_role("link").first.click()
    expect(front.get_by_role("heading", name=NAME)).to_be_visible()
    front.get_by_role("link", name="Move, cancel or keep this visit").click()
    expect(front.get_by_role("region", name="Now")).to_contain_text("To be moved: the specialist is away")
    front.get_by_role("link", name="Move to another time").click()
    whom = front.get_by_label("With whom?")
    colleagues = [option for option in whom.locator("optgroup option").all() if "(now)" not in option.inner_text()]
    colleague = colleagues[0].inner_text()
    whom.select_option(label=colleague)
    front.get_by_role("button", name="Show the times").click()
    assert faults(front) == {}
    front.get_by_role("button", name=A_TIME).first.click()
    expect(front.get_by_role("region", name="The new time")).to_contain_text(f"With {colleague}")
    assert faults(front) == {}
    front.get_by_label("A word to the patient").fill(f"{colleague} looks forward to seeing you.")
    front.get_by_role("button", name="Move the visit").click()
    expect(front.get_by_role("alert")).to_contain_text("Choose a reason")
    expect(front.get_by_label("A word to the patient")).to_have_value(f"{colleague} looks forward to seeing you.")
    front.get_by_label("The specialist is away").check()
    front.get_by_role("button", name="Move the visit").click()
    expect(front.get_by_role("status").filter(has_text="The visit has moved")).to_be_visible()
    front.goto(f"{stage.address}/portal/work?kind=affected_visit")
    expect(front.get_by_role("listitem").filter(has_text="7:00 AM")).to_have_count(0)

    theirs.reload()
    expect(theirs.get_by_role("main")).to_contain_text(colleague)
    expect(theirs.get_by_role("main")).not_to_contain_text("The clinic will call you")
    stage.work()
    assert promise.told(stage) == ["booked", "moved"]
    desk.close()
    patient.close()
    assert heard + heard_there == []
    with capsys.disabled():
        print(f"\n  named: {named}; the patient reads: {' '.join(said.split())}; moved to {colleague}")
