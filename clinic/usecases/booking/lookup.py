"""Find my booking: who can say whose visit it is is sent its link, and learns nothing here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from clinic.adapters.phones import read_phone
from clinic.domain.errors import InvalidInput
from clinic.domain.patient import is_family_name
from clinic.domain.tokens import read_reference
from clinic.engine.attempts import retried
from clinic.engine.place import Who
from clinic.store import audit, outbox, patients
from clinic.store.connect import begin_write


def send_links(
    session: Session, family_name: str, birth_date: date | None, *, phone: str = "", reference: str = "", who: Who, now: datetime
) -> None:
    """Have the link of each visit ahead sent to the contact on file, if there is such a patient.

    Needs the last name, the date of birth, and a phone number (the patient's or their guardian's) or a reference, as
    people type them. Hit and miss look alike: nothing is returned, and the database is asked the same. Each visit is told
    of once while the message waits, and three times a day. Raises InvalidInput for what cannot be, Busy.
    """
    number, code = _check(family_name, birth_date, phone, reference)
    assert birth_date is not None
    _send_links(session, family_name, birth_date, number, code, who=who, now=now)


@retried
def _send_links(
    session: Session, family_name: str, birth_date: date, phone: str | None, reference: str | None, *, who: Who, now: datetime
) -> None:
    begin_write(session)
    ahead = patients.visits_ahead(session, birth_date=birth_date, phone=phone, reference=reference, after=now)
    theirs = [appointment_id for appointment_id, matched in ahead if is_family_name(family_name, matched)]
    outbox.tell_links(session, theirs, now=now)
    looked_at: Sequence[int | None] = theirs or [None]
    for appointment_id in looked_at:
        audit.note(session, appointment_id, actor=who.actor, action="look_up", now=now)
    session.commit()


def _check(family_name: str, birth_date: date | None, phone: str, reference: str) -> tuple[str | None, str | None]:
    """The phone number and the reference as we write them. Every wrong field at once."""
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
    if wrong:
        raise InvalidInput(wrong)
    return number, code
