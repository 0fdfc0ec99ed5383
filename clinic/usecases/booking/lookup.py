"""Find my booking: who can say whose visit it is is sent its link, and learns nothing here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from clinic.domain.audit import Action
from clinic.domain.people.patient import is_family_name
from clinic.engine.placing.changing import Who
from clinic.engine.placing.lookup import VisitLookup
from clinic.engine.transaction import transaction
from clinic.store.audit import audit
from clinic.store.messages import outbox
from clinic.store.patients import patients


@transaction
def send_links(session: Session, lookup: VisitLookup, *, who: Who, now: datetime) -> None:
    """Have the link of each visit ahead sent to the contact on file, if there is such a patient.

    The phone number may be the patient's or their guardian's. Hit and miss look alike: nothing is returned, and the
    database is asked the same. A visit is told of once while the message waits, and three times a day. Raises Busy.
    """
    ahead = patients.visits_ahead(
        session, birth_date=lookup.birth_date, phone=lookup.phone, reference=lookup.reference, after=now
    )  # fmt: skip
    theirs = [appointment_id for appointment_id, matched in ahead if is_family_name(lookup.family_name, matched)]
    outbox.tell_links(session, theirs, now=now)
    looked_at: Sequence[int | None] = theirs or [None]
    for appointment_id in looked_at:
        audit.note(session, appointment_id, actor=who.actor, action=Action.LOOK_UP, now=now)
