"""The questions of the room. Forms ask; the use cases judge."""

from __future__ import annotations

from collections.abc import Mapping

from wtforms import BooleanField, RadioField, SelectField, StringField

from clinic.domain.people.roles import Grant, Role
from clinic.usecases.accounts import REASONS
from clinic.web.fields import Form, read_number
from clinic.web.role_names import ROLES


class SignInForm(Form):
    email = StringField("Email address")
    password = StringField("Password")


class CodeForm(Form):
    code = StringField("Code")


class PasswordForm(Form):
    password = StringField("New password")


class ChangePasswordForm(Form):
    current = StringField("Your password now")
    password = StringField("New password")


class FactorForm(Form):
    code = StringField("Code that the app shows")
    password = StringField("Your password")


class ConfirmForm(Form):
    password = StringField("Your password")


class GlassForm(Form):
    reason = RadioField("Why do you need it?", choices=REASONS, validate_choice=False)


class RoleForm(Form):
    """A role, and where. Choices of clinics are set for whoever asks."""

    role = SelectField("Role", choices={}, validate_choice=False)
    location = SelectField("Clinic", choices={}, validate_choice=False)
    flag = BooleanField("With the extra right: a call center’s supervisor, or a manager who reads patients’ answers")

    def offer(self, roles: list[Role], locations: dict[int, str]) -> None:
        self.role.choices = {"": "Choose", **{role.value: ROLES[role] for role in roles}}
        self.location.choices = {"": "No clinic", **{str(id_): name for id_, name in locations.items()}}

    def grant(self) -> Grant | None:
        """None when no role was chosen."""
        try:
            role = Role(self.role.data or "")
        except ValueError:
            return None
        return Grant(role, chosen(self.location.data), bool(self.flag.data))


class InviteForm(RoleForm):
    name = StringField("Full name")
    email = StringField("Email address at work")
    specialist = SelectField("If a specialist: whose calendar?", choices={}, validate_choice=False)

    def calendar(self) -> int | None:
        """None when none was chosen; what is no number is nobody's, 0."""
        return chosen(self.specialist.data)


class CalendarForm(Form):
    """Whose calendar somebody keeps."""

    specialist = SelectField("Whose calendar?", choices={}, validate_choice=False)

    def offer(self, specialists: Mapping[int, str]) -> None:
        self.specialist.choices = {"": "Choose", **{str(id_): name for id_, name in specialists.items()}}


def chosen(typed: str | None) -> int | None:
    """The number of what was chosen from a list: None for nothing, 0 for what no list has."""
    return (read_number(typed) or 0) if typed else None
