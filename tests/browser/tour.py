"""Every page there is, and a visitor who has seen enough to be shown it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from playwright.sync_api import Page

from clinic.demo.staff import PASSWORD
from clinic.web.styleguide.samples import STATES as SAMPLES
from tests.browser.looking import listen, see
from tests.browser.patient import Patient
from tests.browser.stage import Stage

WEEKLY = "/portal/availability/{calendar}/weekly?clinic={clinic}"
CALL = "/desk/calls/{call}?near=32801&kind=physical-therapy/physical-therapy-evaluation"
FIND = "/find?near=32801&service=physical-therapy"

# Every GET rule that answers with a page, and addresses to see it at. Words in braces come from the visitor's own visits.
PAGES: dict[str, list[str]] = {
    "/": ["/"],
    "/find": [
        "/find", FIND, f"{FIND}&sort=soonest&part=morning&language=Spanish", "/find?near=59301&service=physical-therapy",
        "/find?near=96910&service=physical-therapy", "/find?near=37402&service=chiropractic-care",
    ],
    "/find-my-booking": ["/find-my-booking"],
    "/locations": ["/locations"],
    "/locations/<slug:slug>": ["/locations/orlando-downtown"],
    "/locations/<slug:slug>/times": ["/locations/orlando-downtown/times"],
    "/specialists/<slug:slug>": ["/specialists/{specialist}"],
    "/specialists/<slug:slug>/times": ["/specialists/{specialist}/times"],
    "/services": ["/services"],
    "/services/<slug:slug>": ["/services/facet-joint-injections", "/services/physical-therapy"],
    "/care/<slug:slug>": ["/care/facet-joint-injections-did-not-work", "/care/warning-signs"],
    "/care/glossary": ["/care/glossary"],
    "/care/pathway": ["/care/pathway"],
    "/care/pathway/<slug:question>": ["/care/pathway/what-done"],
    "/care/pathway/result": ["/care/pathway/result"],
    "/care/pathway/get-help": ["/care/pathway/get-help"],
    "/booked/<reference:reference>/questions": ["/booked/{reference}/questions"],
    "/visit/questions": ["/visit/questions"],
    "/book/<token:hold>/details": ["/book/{hold}/details"],
    "/book/<token:hold>/check": ["/book/{hold}/check"],
    "/booked/<reference:reference>": ["/booked/{reference}"],
    "/manage/<token:token>": ["/manage/{manage}"],
    "/confirm/<token:token>": ["/confirm/{manage}"],
    "/change/<token:token>": ["/change/{manage}"],
    "/cancel/<token:token>": ["/cancel/{manage}"],
    "/stop/<token:token>": ["/stop/{manage}"],
    "/account": ["/account"],
    "/account/sign-in": ["/account/sign-in"],
    "/account/code": ["/account/code"],
    "/account/factor": ["/account/factor"],
    "/account/password": ["/account/password"],
    "/account/recovery-codes": ["/account/recovery-codes"],
    "/account/sessions": ["/account/sessions"],
    "/account/break-glass": ["/account/break-glass"],
    "/account/people": ["/account/people"],
    "/account/people/invite": ["/account/people/invite"],
    "/account/people/<int:number>": [
        "/account/people/{colleague}", "/account/people/{myself}", "/account/people/{keeper}",
    ],
    "/portal/": ["/portal/"],
    "/portal/availability": ["/portal/availability"],
    "/portal/availability/<int:number>": ["/portal/availability/{calendar}"],
    "/portal/availability/<int:number>/weekly": ["/portal/availability/{calendar}/weekly", WEEKLY],
    "/portal/availability/<int:number>/one-day": ["/portal/availability/{calendar}/one-day"],
    "/portal/availability/<int:number>/time-off": ["/portal/availability/{calendar}/time-off"],
    "/portal/availability/<int:number>/copy-week": ["/portal/availability/{calendar}/copy-week"],
    "/portal/availability/<int:number>/holidays": ["/portal/availability/{calendar}/holidays"],
    "/portal/day": ["/portal/day"],
    "/portal/week": ["/portal/week"],
    "/portal/specialists/<int:number>/day": ["/portal/specialists/{calendar}/day"],
    "/portal/specialists/<int:number>/week": ["/portal/specialists/{calendar}/week"],
    "/portal/visits/<int:number>": ["/portal/visits/{coming}"],
    "/portal/visits/<int:number>/move": ["/portal/visits/{coming}/move"],
    "/portal/visits/<int:number>/follow-up": ["/portal/visits/{coming}/follow-up"],
    "/portal/visits/<int:number>/follow-up/<token:hold>": ["/portal/visits/{coming}/follow-up/{hold}"],
    "/portal/calendar": ["/portal/calendar"],
    "/portal/visits/<int:number>/answers": ["/portal/visits/{coming}/answers"],
    "/portal/work": ["/portal/work"],
    "/portal/work/<int:number>": ["/portal/work/{failed}", "/portal/work/{twice}"],
    "/portal/work/<int:number>/letter": ["/portal/work/{letter}/letter"],
    "/portal/duplicates": ["/portal/duplicates"],
    "/portal/duplicates/report": ["/portal/duplicates/report"],
    "/portal/duplicates/<int:number>": ["/portal/duplicates/{twice}"],
    "/portal/merges/<int:number>": ["/portal/merges/{merge}"],
    "/portal/front-desk": ["/portal/front-desk"],
    "/portal/front-desk/walk-in": ["/portal/front-desk/walk-in?visit={kind}"],
    "/portal/audit": ["/portal/audit"],
    "/portal/patients/<int:number>/seen": ["/portal/patients/{patient}/seen"],
    "/desk/": ["/desk/"],
    "/desk/call-backs": ["/desk/call-backs", "/desk/call-backs?whose=all"],
    "/desk/call-backs/<int:number>": ["/desk/call-backs/{waiting}"],
    "/desk/today": ["/desk/today"],
    "/desk/calls/<int:number>": ["/desk/calls/{call}", CALL, f"{CALL}&more=yes"],
    "/account/set-up/<token:token>": ["/account/set-up/{set_up}"],
    "/mailbox/": ["/mailbox/"],
    "/mailbox/<int:number>": ["/mailbox/{message}"],
    "/waitlist": ["/waitlist?service=physical-therapy&near=32801"],
    "/waiting": ["/waiting"],
    "/waiting/<token:token>": ["/waiting/{offer}"],
    "/offer": ["/offer"],
    "/offer/<token:token>": ["/offer/{offer}"],
    "/visit": ["/visit"],
    "/visit/times": ["/visit/times", "/visit/times?near=33602"],
    "/visit/move": ["/visit/move?opening={opening}"],
    "/api/v1/": ["/api/v1/"],
    "/styleguide": ["/styleguide"],
    "/styleguide/<slug:state>": [f"/styleguide/{state}" for state in SAMPLES if state != "usual"],
}  # fmt: skip
# Who looks at them, where that is not the visitor, who is an administrator as well.
SEATS = {
    f"/portal/{room}": "specialist" for room in ("availability/", "day", "week", "visits/", "calendar")
} | {f"/portal/{room}": "manager" for room in ("work", "front-desk", "duplicates", "merges")} | {
    "/desk/": "callcenter"
}  # fmt: skip
# Every other GET rule: an address, and what it answers with.
DATA = {
    "/static/<path:filename>": ("/static/site.css", "text/css"),
    "/healthz": ("/healthz", "application/json"),
    "/readyz": ("/readyz", "application/json"),
    "/metrics": ("/metrics", "text/plain"),
    "/robots.txt": ("/robots.txt", "text/plain"),
    "/sitemap.xml": ("/sitemap.xml", "application/xml"),
    "/booked/<reference:reference>/calendar.ics": ("/booked/{reference}/calendar.ics", "text/calendar"),
    "/calendar/<token:token>.ics": ("/calendar/{feed}.ics", "text/calendar"),
    "/visit/calendar.ics": ("/visit/calendar.ics", "text/calendar"),
    "/api/v1/openapi.json": ("/api/v1/openapi.json", "application/json"),
    "/api/v1/services": ("/api/v1/services", "application/json"),
    "/api/v1/locations": ("/api/v1/locations", "application/json"),
    "/api/v1/locations/<slug:location>": ("/api/v1/locations/orlando-downtown", "application/json"),
    "/api/v1/specialists": ("/api/v1/specialists", "application/json"),
    "/api/v1/specialists/<slug:specialist>": ("/api/v1/specialists/{specialist}", "application/json"),
    "/api/v1/openings": ("/api/v1/openings?near=32801&service=physical-therapy", "application/json"),
    "/api/v1/holds/<token:hold>": ("/api/v1/holds/{hold}", "application/json"),
}


TIMELESS = (
    "/find-my-booking", "/services", "/care/", "/stop/", "/account", "/portal/calendar", "/portal/duplicates/report", "/mailbox/",
    "/api/v1/", "/styleguide", "/static/", "/robots.txt", "/sitemap.xml",
)  # fmt: skip
"""Beginnings of addresses of what reads alike at every moment: looked at once, and not at each."""


@dataclass(frozen=True, slots=True)
class Tour:
    """A visitor who holds one time, has booked another visit and opened its link, and looks at every page.

    `heard` is what went wrong unseen on any page of theirs, or of a stranger's.
    """

    page: Page
    stage: Stage
    words: dict[str, str]
    heard: list[str]
    others: dict[str, Patient]
    seats: dict[str, Page] = field(default_factory=dict)

    def seat(self, address: str) -> Page:
        """A page in the browser of somebody who may open the address."""
        who = next((who for room, who in SEATS.items() if address.startswith(room)), None)
        if who is None:
            return self.page
        if who not in self.seats:
            self.seats[who] = self.colleague(who)
            finish_sign_in(self.seats[who])
        return self.seats[who]

    def colleague(self, who: str = "manager") -> Page:
        """A page in the browser of somebody on the staff, who gave the first step."""
        page = self.stranger()
        begin_sign_in(page, who)
        return page

    def go(self, address: str, page: Page | None = None) -> int:
        """Open the address; the status of the answer."""
        answer = (page or self.page).goto(address.format(**self.words))
        assert answer
        return answer.status

    def stranger(self) -> Page:
        """A page in somebody else's browser."""
        browser = self.page.context.browser
        assert browser
        context = browser.new_context(base_url=self.stage.address)
        see(context)
        heard = listen(context)
        context.on("close", lambda _context: self.heard.extend(heard))
        return context.new_page()

    def someone_with_a_visit(self, name: str = "Otherworth") -> Patient:
        """Somebody else, who looks at a visit of theirs that can still be changed; of one name the same one each time."""
        if name not in self.others:
            self.others[name] = Patient(self.stranger())
            self.others[name].book(name, later=True)
            self.others[name].press(re.compile("cancel this visit"), "link")
            self.words[name] = self.others[name].page.url
        # Its link, each time: a visit stays open for fifteen minutes, and a whole tour may take longer.
        self.others[name].page.goto(self.words[name])
        self.others[name].press("Show my visit")
        return self.others[name]

    @property
    def visit_day(self) -> date:
        """A day with times: that of the visit."""
        return self.stage.start_of(self.words["reference"]).date()

    @property
    def hours_to_visit(self) -> float:
        return (self.stage.start_of(self.words["reference"]) - self.stage.clock()) / timedelta(hours=1)


def begin(page: Page, stage: Stage, heard: list[str]) -> Tour:
    """Book a visit that can still be moved, open its link, hold another time and say who comes; wait, and be offered a time."""
    patient = Patient(page)
    patient.book("Tourworth", later=True)
    words = {"reference": page.url.rpartition("/")[2], "message": str(stage.work())}
    patient.press(re.compile("cancel this visit"), "link")
    patient.is_at("Your visit")
    words["manage"] = page.url.rpartition("/")[2]
    patient.press("Show my visit")
    opening = page.get_by_role("region", name="Change the time").get_by_role("button").first.get_attribute("value")
    specialist = page.request.get("/api/v1/specialists").json()["specialists"][0]["slug"]
    patient.search(service="Chiropractic care")
    patient.take()
    words |= {"hold": page.url.split("/")[-2], "opening": opening or "", "specialist": specialist}
    patient.say_who("Tourworth")
    patient.go_on()
    page.goto("/waitlist?service=physical-therapy&near=32801")
    patient.say_who("Tourworth")
    patient.press("Put me on the list")
    patient.is_at("You are on our list")
    words["offer"] = stage.offer()
    page.goto("/waiting")
    patient.press("Show me the time")
    patient.is_at("A time has opened for you")
    words |= sign_in(page, stage)
    return Tour(page, stage, words, heard, {})


def sign_in(page: Page, stage: Stage) -> dict[str, str]:
    """The visitor is an administrator as well. Numbers of people to look at, and the key of an invitation."""
    words = stage.hire()
    begin_sign_in(page, "admin")
    finish_sign_in(page)
    return words


def begin_sign_in(page: Page, who: str) -> None:
    page.goto("/account/sign-in")
    page.get_by_label("Email address").fill(f"{who}@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="Type the code").wait_for()


def finish_sign_in(page: Page) -> None:
    page.get_by_label("Code").fill("246810")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name=re.compile("^Hello ")).wait_for()
