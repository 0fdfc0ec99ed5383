"""Book for a patient whom the staff know: at the desk of a clinic, after a visit, or on the phone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.people.roles import Viewer
from clinic.engine.placing import existing_patient
from clinic.engine.placing.booked import Booked, as_booked
from clinic.engine.placing.changing import Who
from clinic.engine.placing.existing_patient import BookingRequest
from clinic.engine.placing.resolve import get, opened
from clinic.engine.search.alternatives import wish_of, with_alternatives
from clinic.engine.transaction import transaction
from clinic.store.appointments.idempotency import RequestKey


def book_known(
    session: Session, hold_token: str, patient_id: int, *,
    viewer: Viewer, booked_by: str = "self", reason: str | None = None,
    key: bytes, who: Who, now: datetime, once: RequestKey | None = None,
) -> Booked:  # fmt: skip
    """Book a held time for a patient within the viewer's reach, to be reached and helped as they last told us.

    A hold that has ended still books if its time is free. Raises InvalidInput (a minor without a known guardian, too),
    NotFound (also for a patient beyond reach), TimeTaken, NotOffered, PatientClash, IllegalMove, KeyReused, UnusableToken, Busy.
    """
    hold = opened(session, hold_token, "hold", key)
    with with_alternatives(session, lambda: wish_of(get(session, hold.id)), now=now, staff=who.staff):
        return _book(
            session, hold.id, BookingRequest(patient_id, booked_by, reason), viewer=viewer, key=key, who=who, now=now, once=once
        )


@transaction
def _book(
    session: Session,
    hold_id: int,
    asked: BookingRequest,
    *,
    viewer: Viewer,
    key: bytes,
    who: Who,
    now: datetime,
    once: RequestKey | None,
) -> Booked:
    existing_patient.book(session, get(session, hold_id), asked, viewer=viewer, who=who, now=now, once=once)
    return as_booked(session, get(session, hold_id), key)
