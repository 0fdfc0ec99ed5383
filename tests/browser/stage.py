"""The demo served from this process, with a clock that tests set: for what takes ten minutes, and for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from flask import Flask
from sqlalchemy import func, make_url, select, update
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from clinic.clock import Clock
from clinic.config import RateLimits
from clinic.demo import staff
from clinic.demo.today import fill_today
from clinic.domain.people.roles import Grant, Reach, Role, Scope
from clinic.domain.tokens import write_key
from clinic.engine.placing import place
from clinic.engine.placing.changing import Who
from clinic.engine.search.candidates import CandidateSite, SearchCriteria, soonest
from clinic.factory import create_app
from clinic.store.connect import begin_write
from clinic.store.directory.catalogue import find_visit
from clinic.store.directory.locations import offering
from clinic.store.staff import accounts, ties
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.directory import Offer
from clinic.store.tables.schedules import Shift
from clinic.store.tables.staff import Account, AccountGrant, AccountLink
from clinic.store.tables.waitlist import FreedTime, TimeOffer, WaitlistEntry
from clinic.store.work.calls import begin as begin_call
from clinic.usecases import messages
from clinic.usecases.accounts import invite_administrator
from clinic.usecases.feed import renew_feed
from clinic.usecases.messages import Rest
from clinic.usecases.waitlist.offering import WAITLIST
from tests.browser.chores import leave_a_call_back, leave_chores
from tests.browser.ports import free_port
from tests.databases import settings_for
from tests.demo import opened

ONCE = "1 per hour"


class Quiet(WSGIRequestHandler):
    """Answers, and writes no line about it."""

    protocol_version = "HTTP/1.1"

    def log(self, *_what: object) -> None:
        """Nothing: the tests read the pages."""


class ShiftedClock:
    """The time of another clock, and as much later as the tests say."""

    def __init__(self, clock: Clock) -> None:
        self.shift = timedelta()
        self.stands: datetime | None = None
        self._clock = clock

    def __call__(self) -> datetime:
        return (self.stands or self._clock()) + self.shift

    def stand(self) -> None:
        self.stands = self._clock()

    def forward(self, **span: float) -> None:
        self.shift += timedelta(**span)


@dataclass(frozen=True, slots=True)
class Stage:
    """An application over a database of its own, at `address`."""

    app: Flask
    clock: ShiftedClock
    url: str
    address: str

    def count(self, state: str) -> int:
        """How many appointments stand in that state."""
        with opened(self.url) as session:
            return session.scalar(select(func.count()).select_from(Appointment).where(Appointment.state == state)) or 0

    def start_of(self, reference: str) -> datetime:
        """When the visit begins."""
        with opened(self.url) as session:
            found = session.scalar(select(Appointment.start_at).where(Appointment.reference == reference))
        assert found
        return found

    def work(self) -> int:
        """What the worker would do about messages now, without a mail server. Returns the number of the last message."""
        post = replace(self.app.extensions["clinic.post"], mailer=None)
        with self.app.app_context():
            session = self.app.extensions["sqlalchemy"].session()
            while messages.plan(session, post, now=self.clock()) + messages.deliver(session, post, Rest({}), clock=self.clock):
                pass
            return messages.sent_last(session, post.sealer, limit=1)[0].id

    def offer(self) -> str:
        """Offer a time three days ahead, or later, to who began to wait last; -> the key to the offer, whatever the hour is."""
        moment = self.clock()
        with opened(self.url) as session:
            entry = session.scalars(select(WaitlistEntry).order_by(WaitlistEntry.id.desc())).first()
            visit = find_visit(session, entry.visit_type_id) if entry else None
            assert entry
            assert visit
            candidates = [CandidateSite(row) for row in offering(session, visit.id)]
            sought = SearchCriteria(visit=visit, candidates=candidates, since=moment + timedelta(days=3))
            free = soonest(session, sought, now=moment, limit=1)[0]
            begin_write(session)
            hold_id = place.hold(session, free.wish, who=WAITLIST, now=moment, minutes=240)
            freed = FreedTime(
                specialist_id=free.specialist_id, location_id=free.location.id, since=free.start, until=free.end, cause="hours",
                freed_at=moment, look_at=moment + timedelta(hours=4), hold_id=hold_id,
            )  # fmt: skip
            session.add(freed)
            session.flush()
            offer = TimeOffer(
                entry_id=entry.id, freed_id=freed.id, hold_id=hold_id, rank=1, state="open", made_at=moment,
                expires_at=moment + timedelta(hours=4),
            )  # fmt: skip
            session.add(offer)
            session.flush()
            key = write_key(self.app.config["SECRET_KEY"].encode(), "offer", offer.id, entry.generation)
            session.commit()
        return key

    def take_away(self) -> None:
        """Somebody else was faster with every offer that is open."""
        with opened(self.url) as session:
            session.execute(update(TimeOffer).where(TimeOffer.state == "open").values(state="passed"))
            session.commit()

    def hire(self) -> dict[str, str]:
        """The staff of a demo, and somebody who is invited. Their numbers, and the key of the invitation."""
        locks = self.app.extensions["clinic.locks"]
        with opened(self.url) as session:
            staff.open_accounts(session, hashing=locks.hashing, sealer=locks.sealer, now=self.clock())
            fill_today(session, now=self.clock())
            invite_administrator(session, "invited@example.org", "Nadia Invited", now=self.clock())
            numbers = {email: str(id_) for id_, email in session.execute(select(Account.id, Account.email))}
            link = session.scalars(select(AccountLink.id)).one()
            calendar = session.scalar(select(Account.specialist_id).where(Account.email == "specialist@example.org"))
            clinic = session.scalars(select(Shift.location_id).where(Shift.specialist_id == calendar)).first()
            managed = select(AccountGrant.location_id).where(AccountGrant.role == "manager")
            ahead = (
                Appointment.specialist_id == calendar, Appointment.location_id.in_(managed), Appointment.state == "booked",
                Appointment.start_at > self.clock(),
            )  # fmt: skip
            coming = session.scalars(select(Appointment.id).where(*ahead).order_by(Appointment.start_at)).first()
            key = self.app.config["SECRET_KEY"].encode()
            call = begin_call(session, int(numbers["callcenter@example.org"]), now=self.clock())
            waiting = leave_a_call_back(session, int(numbers["callcenter@example.org"]), now=self.clock())
            keeper = self._keeper(session)
            chores = leave_chores(session, coming or 0, self.app, now=self.clock())
            feed = renew_feed(session, calendar or 0, key=key, who=Who("demo", "desk"), now=self.clock())
        return {
            "set_up": locks.link_token("invite", link), "colleague": numbers["manager@example.org"],
            "myself": numbers["admin@example.org"], "calendar": str(calendar), "clinic": str(clinic),
            "coming": str(coming), "feed": feed.token or "", "call": str(call), "waiting": waiting,
            "keeper": str(keeper), **chores,
        }  # fmt: skip

    def _keeper(self, session: Session) -> int:
        """An account tied to a calendar that has come to work where nobody answers for it. Returns its number."""
        offers = select(Offer.specialist_id).group_by(Offer.specialist_id).having(func.count(Offer.location_id.distinct()) > 1)
        without = select(Account.specialist_id).where(Account.specialist_id.is_not(None))
        free = session.scalars(offers.where(Offer.specialist_id.not_in(without)).order_by(Offer.specialist_id)).first()
        made = Account(
            email="keeper@example.org", name="Nico Halfmoon", specialist_id=free, state="active", created_at=self.clock()
        )  # fmt: skip
        session.add(made)
        session.flush()
        accounts.add_grant(session, made.id, Grant(Role.SPECIALIST))
        known = sorted(ties.clinics_of(session, [free or 0])[free or 0])[:1]
        ties.vouch(session, made.id, Reach(frozenset({Scope.LOCATIONS}), frozenset(known)), known, by=1, now=self.clock())
        session.commit()
        return made.id

    @contextmanager
    def later(self, **span: float) -> Iterator[None]:
        """That much later, for a while."""
        before = self.clock.shift
        self.clock.forward(**span)
        try:
            yield
        finally:
            self.clock.shift = before

    @contextmanager
    def standing(self) -> Iterator[None]:
        """The clock stands still."""
        self.clock.stand()
        try:
            yield
        finally:
            self.clock.stands = None

    @contextmanager
    def without_cookies(self) -> Iterator[None]:
        """No browser sends any, as where they are switched off."""
        serve = self.app.wsgi_app

        def forgetful(environ: Any, start_response: Any) -> Any:
            environ.pop("HTTP_COOKIE", None)
            return serve(environ, start_response)

        self.app.wsgi_app = forgetful  # type: ignore[method-assign]
        try:
            yield
        finally:
            self.app.wsgi_app = serve  # type: ignore[method-assign]

    @contextmanager
    def strict(self) -> Iterator[None]:
        """Nothing that is limited may be done more than once an hour."""
        bound = self.app.extensions["clinic"]
        limits = RateLimits(ONCE, ONCE, ONCE, ONCE)
        self.app.extensions["clinic"] = replace(bound, settings=replace(bound.settings, limits=limits))
        try:
            yield
        finally:
            self.app.extensions["clinic"] = bound

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """Where the database was is something that is none."""
        file = Path(str(make_url(self.url).database))
        away = file.with_suffix(".away")
        self._let_go()
        file.rename(away)
        file.mkdir()
        try:
            yield
        finally:
            self._let_go()
            file.rmdir()
            away.rename(file)

    @contextmanager
    def failing(self, endpoint: str) -> Iterator[None]:
        """A page with a fault of ours in it."""
        view = self.app.view_functions[endpoint]

        def fail(**_arguments: object) -> str:
            raise RuntimeError("on purpose")

        self.app.view_functions[endpoint] = fail
        try:
            yield
        finally:
            self.app.view_functions[endpoint] = view

    def _let_go(self) -> None:
        with self.app.app_context():
            self.app.extensions["sqlalchemy"].engine.dispose()


@contextmanager
def staged(url: str, base: Clock) -> Iterator[Stage]:
    """Serve the database at `url` while the block runs, at the time of that clock."""
    clock, port = ShiftedClock(base), free_port()
    address = f"http://127.0.0.1:{port}"
    app = create_app(settings_for(url, public_url=address, demo=True, log_level="ERROR"), clock=clock)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Stage(app, clock, url, address)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            app.extensions["sqlalchemy"].engine.dispose()
        app.extensions["clinic"].limiter.storage.dispose()
