"""What is asked of a patient. The form checks shape; what is possible, the use case decides, in the same sentences for all."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from clinic.domain.people.patient import GuardianDetails, PatientDetails
from clinic.web.fields import PARTS, DateInPartsField, Form

LANGUAGES = {
    "en": "English", "es": "Español", "ht": "Kreyòl ayisyen", "pt": "Português", "fr": "Français", "zh": "中文",
    "vi": "Tiếng Việt", "tl": "Tagalog", "ar": "العربية", "ru": "Русский", "ko": "한국어",
}  # fmt: skip
BOOKED_BY = {"self": "Myself", "parent": "My child", "carer": "Someone I care for", "other": "Someone else"}
SEEN_BEFORE = {"new": "No, this is the first visit", "returning": "Yes"}
RELATIONS = {"": "Choose", "parent": "Parent", "guardian": "Legal guardian", "other": "Other"}
GUARDIAN = ("guardian", "guardian_name", "guardian_relation", "guardian_phone", "guardian_consent")
HELPS = ("language", "interpreter", "access_needs", "insurer")


def _tidy(text: str | None) -> str:
    return (text or "").strip()


def _plain(text: str | None) -> str:
    """Full-width digits become plain ones."""
    return unicodedata.normalize("NFKC", text or "").strip()


class DetailsForm(Form):
    """Who comes. Names of fields are those of PatientDetails and of the errors about it, in the order of the page."""

    booked_by = RadioField("Who is this visit for?", choices=BOOKED_BY, default="self", validate_choice=False)
    given_name = StringField("First name", filters=[_tidy])
    family_name = StringField("Last name", filters=[_tidy])
    birth_date = DateInPartsField("Date of birth")
    new_patient = RadioField("Has the patient been to one of our clinics before?", choices=SEEN_BEFORE, validate_choice=False)
    guardian_name = StringField("Parent’s or guardian’s full name", filters=[_tidy])
    guardian_relation = SelectField("How are they related to the patient?", choices=RELATIONS, validate_choice=False)
    guardian_phone = StringField("Their phone number, if it is not the one below (optional)", filters=[_plain])
    guardian_consent = BooleanField("I am the parent or guardian, or have their permission, and agree to this visit")
    phone = StringField("Phone number", filters=[_plain])
    texts = BooleanField("Text me about this visit. Message rates may apply. Reply STOP to end texts.")
    email = StringField("Email address (optional)", filters=[_plain])
    postal_code = StringField("Home ZIP code (optional)", filters=[_plain])
    reason = TextAreaField("Reason for the visit (optional)", filters=[_tidy])
    language = SelectField("Language for the visit", choices=LANGUAGES, default="en", validate_choice=False)
    interpreter = BooleanField("We need an interpreter (free of charge)")
    access_needs = TextAreaField("What else do you need to get in and be seen?", filters=[_tidy])
    insurer = StringField("Insurance", filters=[_tidy])

    def details(self) -> PatientDetails:
        """What was answered, possible or not. A guardian without a number of their own is reached at the one given."""
        guardian = GuardianDetails(
            name=self.guardian_name.data or "",
            relation=self.guardian_relation.data or "",
            phone=self.guardian_phone.data or self.phone.data or "",
            consent=bool(self.guardian_consent.data),
        )
        return PatientDetails(
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            birth_date=self.birth_date.data,
            phone=self.phone.data or "",
            email=self.email.data or None,
            postal_code=self.postal_code.data or None,
            language=self.language.data or "en",
            interpreter=bool(self.interpreter.data),
            new_patient={"new": True, "returning": False}.get(self.new_patient.data or ""),
            booked_by=self.booked_by.data or "",
            guardian=guardian,
            reason=self.reason.data or None,
            access_needs=self.access_needs.data or None,
            insurer=self.insurer.data or None,
            texts=bool(self.texts.data),
        )

    def answers(self) -> list[tuple[str, str]]:
        """Everything typed, as names and values of hidden inputs, so that no answer is asked for twice."""
        carried: list[tuple[str, str]] = []
        for field in self:
            if isinstance(field, DateInPartsField):
                carried += field.answers()
            elif isinstance(field, BooleanField):
                carried += [(field.name, "y")] if field.data else []
            else:
                carried.append((field.name, field.data or ""))
        return carried

    def problems(self, refused: Mapping[str, str] | None = None) -> dict[str, str]:
        """A sentence for each field that is wrong, in the order of the page: of its shape, else what was `refused`."""
        found = dict(refused or {})
        if self.birth_date.process_errors:
            found["birth_date"] = self.birth_date.process_errors[0]
        if self.booked_by.data not in BOOKED_BY:
            found["booked_by"] = "Say who this visit is for."
        if self.new_patient.data not in SEEN_BEFORE:
            found["new_patient"] = "Say whether the patient has been to one of our clinics before."
        if self.language.data not in LANGUAGES:
            found["language"] = "Choose a language from the list."
        if "guardian_relation" in found:
            found["guardian_relation"] = "Choose how they are related to the patient."
        if not self.guardian_phone.data:  # it is the number above that has to be right
            found.pop("guardian_phone", None)
        order = [field.name for field in self]
        return dict(sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else -1))

    def has_guardian(self, wrong: Mapping[str, str]) -> bool:
        """Whether the questions about a guardian are open: something was said, is wrong, or the visit is for a child."""
        said = (self.guardian_name.data, self.guardian_relation.data, self.guardian_phone.data, self.guardian_consent.data)
        return any(said) or self.booked_by.data == "parent" or any(name in wrong for name in GUARDIAN)

    def has_helps(self, wrong: Mapping[str, str]) -> bool:
        """The same of what helps the patient."""
        said = (self.language.data != "en", self.interpreter.data, self.access_needs.data, self.insurer.data)
        return any(said) or any(name in wrong for name in HELPS)

    def in_words(self) -> dict[str, str]:
        """The chosen of each list, as the check page says it."""
        return {
            "booked_by": BOOKED_BY.get(self.booked_by.data, ""),
            "new_patient": SEEN_BEFORE.get(self.new_patient.data, ""),
            "language": LANGUAGES.get(self.language.data, ""),
            "guardian_relation": RELATIONS.get(self.guardian_relation.data, ""),
        }


def answers_about(said: PatientDetails) -> list[tuple[str, str]]:
    """What was said with an earlier booking, as the form's answers."""
    answers = {
        "booked_by": said.booked_by, "given_name": said.given_name, "family_name": said.family_name,
        "new_patient": {True: "new", False: "returning"}.get(said.new_patient, "") if said.new_patient is not None else "",
        **_contact(said), "access_needs": said.access_needs, "insurer": said.insurer,
    }  # fmt: skip
    if said.birth_date:
        answers |= {f"birth_date_{part}": str(getattr(said.birth_date, part)) for part in PARTS}
    if said.guardian:
        answers |= _guardian(said.guardian.name, said.guardian.relation, said.guardian.phone, said.phone)
    return _said(answers)


def contact_from(said: PatientDetails) -> list[tuple[str, str]]:
    """Of that, what holds for another patient of the same booker: how to reach them, and who answers for a child."""
    answers: dict[str, Any] = {"booked_by": "parent", **_contact(said)}
    if said.guardian:
        answers |= _guardian(said.guardian.name, said.guardian.relation, said.guardian.phone, said.phone)
    elif said.booked_by == "self":
        answers |= _guardian(f"{said.given_name} {said.family_name}", "", "", said.phone)
    return _said(answers)


def _contact(said: PatientDetails) -> dict[str, Any]:
    return {
        "phone": said.phone, "email": said.email, "postal_code": said.postal_code, "language": said.language,
        "interpreter": "y" if said.interpreter else "",
    }  # fmt: skip


def _guardian(name: str, relation: str, their_phone: str, phone: str) -> dict[str, str]:
    their_phone = "" if phone.startswith(their_phone) else their_phone
    return {"guardian_name": name, "guardian_relation": relation, "guardian_phone": their_phone}


def _said(answers: Mapping[str, str | None]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in answers.items() if value]


class LookupForm(Form):
    """Whose visit is looked for."""

    family_name = StringField("Patient’s last name", filters=[_tidy])
    birth_date = DateInPartsField("Patient’s date of birth")
    phone = StringField("Phone number given when booking", filters=[_plain])
    reference = StringField("Or the reference, if you have it", filters=[_plain])

    def problems(self, refused: Mapping[str, str]) -> dict[str, str]:
        found = dict(refused)
        if self.birth_date.process_errors:
            found["birth_date"] = self.birth_date.process_errors[0]
        return found
