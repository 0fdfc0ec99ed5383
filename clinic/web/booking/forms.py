"""What is asked of a patient. The form checks shape; what is possible, the use case decides, in the same sentences for all."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField

from clinic.domain.patient import GuardianDetails, PatientDetails
from clinic.web.fields import DateInPartsField

LANGUAGES = {
    "en": "English", "es": "Español", "ht": "Kreyòl ayisyen", "pt": "Português", "fr": "Français", "zh": "中文",
    "vi": "Tiếng Việt", "tl": "Tagalog", "ar": "العربية", "ru": "Русский", "ko": "한국어",
}  # fmt: skip
BOOKED_BY = {"self": "Myself", "parent": "My child", "carer": "Someone I care for", "other": "Someone else"}
RELATIONS = {"": "Choose", "parent": "Parent", "guardian": "Legal guardian", "other": "Other"}
SEEN_BEFORE = {"new": "No, this is the first visit", "returning": "Yes"}


def _tidy(text: str | None) -> str:
    return (text or "").strip()


def _plain(text: str | None) -> str:
    """Full-width digits become plain ones."""
    return unicodedata.normalize("NFKC", text or "").strip()


class DetailsForm(FlaskForm):
    """Who comes. Names of fields are those of PatientDetails and of the errors about it."""

    booked_by = RadioField("Who is this visit for?", choices=BOOKED_BY, default="self", validate_choice=False)
    given_name = StringField("First name", filters=[_tidy])
    family_name = StringField("Last name", filters=[_tidy])
    birth_date = DateInPartsField("Date of birth")
    new_patient = RadioField("Has the patient been to one of our clinics before?", choices=SEEN_BEFORE, validate_choice=False)
    guardian_name = StringField("Parent’s or guardian’s full name", filters=[_tidy])
    guardian_relation = SelectField("How are they related to the patient?", choices=RELATIONS, validate_choice=False)
    guardian_phone = StringField("Parent’s or guardian’s phone number", filters=[_plain])
    guardian_consent = BooleanField("I am the parent or guardian, or have their permission, and agree to this visit")
    phone = StringField("Phone number", filters=[_plain])
    email = StringField("Email address (optional)", filters=[_plain])
    postal_code = StringField("Home ZIP code (optional)", filters=[_plain])
    language = SelectField("Language for the visit", choices=LANGUAGES, default="en", validate_choice=False)
    interpreter = BooleanField("We need an interpreter (free of charge)")
    reason = TextAreaField("Reason for the visit (optional)", filters=[_tidy])

    class Meta:
        csrf = False  # checked for every form at once, before the view

    def details(self) -> PatientDetails:
        """What was answered, possible or not."""
        guardian = GuardianDetails(
            name=self.guardian_name.data or "",
            relation=self.guardian_relation.data or "",
            phone=self.guardian_phone.data or "",
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
        if self.new_patient.data not in SEEN_BEFORE:
            found["new_patient"] = "Say whether the patient has been to one of our clinics before."
        if self.language.data not in LANGUAGES:
            found["language"] = "Choose a language from the list."
        order = [field.name for field in self]
        return dict(sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else -1))

    def has_guardian(self) -> bool:
        """Whether anything was said of a guardian, or the visit is for a child: then the questions are open."""
        said = (self.guardian_name.data, self.guardian_relation.data, self.guardian_phone.data, self.guardian_consent.data)
        return any(said) or self.booked_by.data == "parent"

    def in_words(self) -> dict[str, str]:
        """The chosen of each list, as the check page says it."""
        return {
            "booked_by": BOOKED_BY.get(self.booked_by.data, ""),
            "new_patient": SEEN_BEFORE.get(self.new_patient.data, ""),
            "language": LANGUAGES.get(self.language.data, ""),
            "guardian_relation": RELATIONS.get(self.guardian_relation.data, ""),
        }
