"""People who wait: a clinic where visits are booked and cancelled, and others want what becomes free."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.adapters.sealing import Sealer, new_key
from clinic.domain.scheduling.waitlist import POLICY, Policy, Wants
from clinic.domain.time.timeline import cell_at
from clinic.domain.tokens import SlotRef, write_key, write_opening
from clinic.store.tables.appointments import Appointment
from clinic.store.tables.waitlist import FreedTime, TimeOffer, WaitlistEntry
from clinic.usecases import booking, waitlist
from clinic.usecases.booking import Booked
from tests import build
from tests.build import KEY, PATIENT
from tests.conftest import FakeClock

NOW = FakeClock().now  # Monday, nine in Orlando
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SEALER_KEYS = (new_key(),)
SEALER = Sealer(SEALER_KEYS)


class Queue:
    """Ana gives one kind of visit at one clinic, every day from nine to five; `full` ones are booked by others."""

    def __init__(self, session: Session, **shape: Any) -> None:
        self.session, self.now = session, NOW
        self.place, self.ana, self.kind = build.practice(
            session, weekly=build.EVERY_DAY, **{"minutes": 60, "step_minutes": 60, **shape}
        )
        self.service = session.get_one(build.Service, self.kind.service_id).slug
        session.commit()
        self._people = 0

    def at(self, days: int, hour: int = 9) -> datetime:
        """So many days ahead, at that hour in Orlando."""
        return NOW + days * DAY + (hour - 9) * HOUR

    def details(self, **given: Any) -> Any:
        self._people += 1
        letters = "".join(chr(97 + int(digit)) for digit in f"{self._people:03d}")
        typed = {"family_name": f"Person {letters}", "phone": f"(407) 555-{self._people:04d}", "email": f"{letters}@example.org"}
        return build.details(**{**typed, **given})

    def book(self, start: datetime, **given: Any) -> Booked:
        opening = write_opening(KEY, SlotRef(self.kind.id, self.place.id, self.ana.id, cell_at(start)))
        held = booking.hold(self.session, opening, key=KEY, who=PATIENT, now=self.now)
        return booking.confirm(self.session, held.token, self.details(**given), key=KEY, who=PATIENT, now=self.now)

    def cancel(self, booked: Booked) -> None:
        booking.cancel(self.session, booked.manage_token, None, key=KEY, who=PATIENT, now=self.now)

    def earlier(self, booked: Booked) -> int:
        """The visit waits for something earlier; -> its entry."""
        waitlist.want_earlier(self.session, booked.manage_token, wanted=True, key=KEY, who=PATIENT, now=self.now)
        wanted = select(WaitlistEntry.id).where(WaitlistEntry.appointment_id == booked.summary.appointment_id)
        return self.session.scalars(wanted.order_by(WaitlistEntry.id.desc())).first() or 0

    def join(self, visits: int = 1, details: Any = None, **wants: Any) -> int:
        """Somebody waits without a visit; -> their entry."""
        token = self.wait(visits, details, **wants)
        return int(token.partition("-")[0], 16)

    def wait(self, visits: int = 1, details: Any = None, **wants: Any) -> str:
        wish = waitlist.WaitRequest(service=self.service, wants=Wants(**wants), visits=visits)
        typed = details or self.details()
        return waitlist.join(self.session, wish, typed, sealer=SEALER, key=KEY, who=PATIENT, now=self.now)

    def offer(self, policy: Policy = POLICY) -> waitlist.Round:
        return waitlist.offer_times(self.session, now=self.now, policy=policy)

    def offers(self, *states: str) -> list[TimeOffer]:
        """In the order in which they were made."""
        self.session.rollback()
        wanted = select(TimeOffer).order_by(TimeOffer.id)
        found = list(self.session.scalars(wanted.where(TimeOffer.state.in_(states)) if states else wanted))
        self.session.expunge_all()
        self.session.rollback()
        return found

    def token(self, offer: TimeOffer) -> str:
        return write_key(KEY, "offer", offer.id, 0)

    def accept(self, offer: TimeOffer, **more: Any) -> waitlist.Offered:
        how: dict[str, Any] = {"key": KEY, "sealer": SEALER, "who": PATIENT, "now": self.now, **more}
        return waitlist.accept(self.session, self.token(offer), **how)

    def decline(self, offer: TimeOffer) -> waitlist.Offered:
        return waitlist.decline(self.session, self.token(offer), key=KEY, who=PATIENT, now=self.now)

    def freed(self) -> list[FreedTime]:
        self.session.rollback()
        found = list(self.session.scalars(select(FreedTime).order_by(FreedTime.id)))
        self.session.expunge_all()
        self.session.rollback()
        return found

    def entry(self, entry_id: int) -> WaitlistEntry:
        self.session.rollback()
        return self.session.get_one(WaitlistEntry, entry_id, populate_existing=True)

    def visits(self) -> list[datetime]:
        """The starts of all booked visits."""
        self.session.rollback()
        return list(
            self.session.scalars(select(Appointment.start_at).where(Appointment.state == "booked").order_by(Appointment.start_at))
        )
