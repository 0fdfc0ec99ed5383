"""Find my booking: who can say whose visit it is is sent its link, and learns nothing here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.errors import InvalidInput
from clinic.domain.patient import is_family_name
from clinic.domain.tokens import read_reference
from clinic.engine.attempts import retried
from clinic.engine.changing import Who
from clinic.store import audit, outbox, patients
from clinic.store.connect import begin_write


@dataclass(frozen=True, slots=True)
class Lookup:
    """Whose visit is looked for, read by `read_lookup`: a number in E.164, a reference as we write it, or both."""

    family_name: str
    birth_date: date
    phone: str | None
    reference: str | None

    def __repr__(self) -> str:  # never into a log
        return "Lookup(…)"


def read_lookup(family_name: str, birth_date: date | None, *, phone: str = "", reference: str = "") -> Lookup:
    """What was typed, as people type it. Raises InvalidInput with every wrong field, whether there is such a visit or not."""
    wrong: dict[str, str] = {}
    number = code = None
    if not any(character.isalpha() for character in family_name):
        wrong["family_name"] = "Enter the patient’s last name."
    if birth_date is None:
        wrong["birth_date"] = "Enter the patient’s date of birth, such as 04/23/1971."
    if phone:
        try:
            number, _ = read_phone(phone)
        except InvalidInput as found:
            wrong |= found.fields
    if reference:
        code = read_reference(reference)
        if code is None:
            wrong["reference"] = "Check the reference: it has 11 letters and digits, such as 7Q2M9XKD4TR."
    if not phone and not reference:
        wrong["phone"] = "Enter the phone number you gave when booking, or the reference."
    if wrong or birth_date is None:
        raise InvalidInput(wrong)
    return Lookup(family_name, birth_date, number, code)


@retried
def send_links(session: Session, lookup: Lookup, *, who: Who, now: datetime) -> None:
    """Have the link of each visit ahead sent to the contact on file, if there is such a patient.

    The phone number may be the patient's or their guardian's. Hit and miss look alike: nothing is returned, and the
    database is asked the same. A visit is told of once while the message waits, and three times a day. Raises Busy.
    """
    begin_write(session)
    ahead = patients.visits_ahead(
        session, birth_date=lookup.birth_date, phone=lookup.phone, reference=lookup.reference, after=now
    )  # fmt: skip
    theirs = [appointment_id for appointment_id, matched in ahead if is_family_name(lookup.family_name, matched)]
    outbox.tell_links(session, theirs, now=now)
    looked_at: Sequence[int | None] = theirs or [None]
    for appointment_id in looked_at:
        audit.note(session, appointment_id, actor=who.actor, action="look_up", now=now)
    session.commit()
