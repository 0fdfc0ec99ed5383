"""Who is on the staff: for administrators everybody, for managers those of their clinics."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from clinic.domain.errors import InvalidInput
from clinic.domain.people.roles import Role
from clinic.usecases import accounts, work
from clinic.web import signed_in
from clinic.web.account.forms import CalendarForm, InviteForm, RoleForm, chosen
from clinic.web.context import now, session
from clinic.web.fields import read_number
from clinic.web.guards import needs, reach
from clinic.web.role_names import FLAGS, ROLES

NO_ROLE = "Choose a role."


def install(blueprint: Blueprint) -> None:
    """Hang these pages onto the room."""
    blueprint.get("/people")(people)
    blueprint.get("/people/invite")(invite)
    blueprint.post("/people/invite")(send_invite)
    blueprint.get("/people/<int:number>")(one_person)
    blueprint.post("/people/<int:number>/give-role")(give_role)
    blueprint.post("/people/<int:number>/take-role")(take_role)
    blueprint.post("/people/<int:number>/tie-calendar")(tie_calendar)
    blueprint.post("/people/<int:number>/confirm-calendar")(confirm_calendar)
    blueprint.post("/people/<int:number>/end-calendar")(end_calendar)
    blueprint.post("/people/<int:number>/invite-again")(invite_again)
    blueprint.post("/people/<int:number>/reset")(reset)
    blueprint.post("/people/<int:number>/close")(close)
    blueprint.post("/people/<int:number>/reopen")(reopen)


@needs("keep-people")
def people() -> Any:
    found = accounts.list_people(session(), signed_in.me(), now=now())
    forsaken = work.forsaken(session(), now=now()) if reach().everywhere else []
    return render_template(
        "account/people.html", found=found, names=ROLES, flags=FLAGS, locked_at=accounts.LOCKED_AT, forsaken=forsaken
    )  # fmt: skip


@needs("keep-people")
def invite() -> Any:
    return _invite_page(InviteForm(None), {})


def _invite_page(form: InviteForm, wrong: dict[str, str]) -> Any:
    found = accounts.inviting(session(), signed_in.me())
    form.offer(_roles(), dict(found.locations))
    form.specialist.choices = {"": "None", **{str(id_): name for id_, name in found.specialists.items()}}
    return render_template("account/invite.html", form=form, wrong=wrong)


@needs("keep-people")
def send_invite() -> Any:
    form = InviteForm(request.form)
    grant = form.grant()
    if grant is None:
        return _invite_page(form, {"role": NO_ROLE}), 422
    try:
        invited = accounts.invite(
            session(), signed_in.me(), form.email.data or "", form.name.data or "", grant,
            specialist_id=form.calendar(), now=now(),
        )  # fmt: skip
    except InvalidInput as refused:
        return _invite_page(form, refused.fields), 422
    return _done(invited.account_id, "The invitation is on its way.", told=invited.told)


@needs("keep-people")
def one_person(number: int) -> Any:
    return _person_page(number)


def _person_page(
    number: int, form: RoleForm | None = None, wrong: dict[str, str] | None = None, calendar: CalendarForm | None = None
) -> Any:
    form, calendar = form or RoleForm(None), calendar or CalendarForm(None)
    colleague = accounts.one_person(session(), signed_in.me(), number, now=now())
    calendar.offer(colleague.specialists)
    form.offer(_roles(), {id_: name for id_, name in colleague.locations.items() if reach().covers(location_id=id_)})
    return render_template(
        "account/person.html", colleague=colleague, person=colleague.listed, form=form, calendar=calendar, wrong=wrong or {},
        names=ROLES, flags=FLAGS, locked_at=accounts.LOCKED_AT,
    )  # fmt: skip


def _roles() -> list[Role]:
    return list(Role) if reach().everywhere else [Role.SPECIALIST, Role.FRONT_DESK]


@needs("keep-people")
def give_role(number: int) -> Any:
    form = RoleForm(request.form)
    grant = form.grant()
    try:
        if grant is None:
            accounts.one_person(session(), signed_in.me(), number, now=now())
            raise InvalidInput({"role": NO_ROLE})
        told = accounts.give_role(session(), signed_in.me(), number, grant, now=now())
    except InvalidInput as refused:
        return _person_page(number, form, refused.fields), 422
    return _done(number, "They have the role now.", told=told)


@needs("keep-people")
def tie_calendar(number: int) -> Any:
    form = CalendarForm(request.form)
    try:
        told = accounts.tie_calendar(session(), signed_in.me(), number, chosen(form.specialist.data), now=now())
    except InvalidInput as refused:
        return _person_page(number, None, refused.fields, form), 422
    return _done(number, "They keep this calendar now.", told=told)


@needs("keep-people")
def confirm_calendar(number: int) -> Any:
    told = accounts.confirm_calendar(session(), signed_in.me(), number, now=now())
    return _done(number, "You have confirmed that they keep this calendar.", told=told)


@needs("keep-people")
def end_calendar(number: int) -> Any:
    accounts.end_calendar(session(), signed_in.me(), number, now=now())
    return _done(number, "They do not keep the calendar any more.")


@needs("keep-people")
def take_role(number: int) -> Any:
    accounts.take_role(session(), signed_in.me(), number, read_number(request.form.get("grant")) or 0, now=now())
    return _done(number, "The role is taken away.")


@needs("keep-people")
def invite_again(number: int) -> Any:
    accounts.send_link_again(session(), signed_in.me(), number, now=now())
    return _done(number, "A new invitation is on its way. The old link opens nothing any more.")


@needs("close-account")
def reset(number: int) -> Any:
    accounts.reset_sign_in(session(), signed_in.me(), number, now=now())
    return _done(number, "Their sign-in is reset. They have a link by mail, and a second person is told.")


@needs("close-account")
def close(number: int) -> Any:
    accounts.close_account(session(), signed_in.me(), number, now=now())
    return _done(number, "The account is closed. They are signed out.")


@needs("close-account")
def reopen(number: int) -> Any:
    accounts.reopen_account(session(), signed_in.me(), number, now=now())
    return _done(number, "The account is open. They have a link by mail to choose a password.")


def _done(number: int, sentence: str, *, told: int | None = None) -> Any:
    """`told`: how many administrators are told of it, where that is asked for."""
    flash(sentence if told is None else f"{sentence} {_told_in_words(told)}")
    return redirect(url_for(".one_person", number=number), 303)


def _told_in_words(told: int) -> str:
    if not told:
        return "There is no other administrator to tell of it. The audit log says so."
    return "The other administrator is told." if told == 1 else f"The {told} other administrators are told."
