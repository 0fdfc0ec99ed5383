"""The staff: invited, signed in with two steps, signed out, given roles, reset."""

from clinic.usecases.accounts.break_glass import REASONS, break_glass
from clinic.usecases.accounts.credentials import Locks
from clinic.usecases.accounts.factor import Proposal, change_codes, propose_factor, set_factor
from clinic.usecases.accounts.joining import OpenedLink, change_password, choose_password, open_link
from clinic.usecases.accounts.people import (
    Invited,
    Inviting,
    Keeps,
    People,
    StaffMember,
    close_account,
    give_role,
    invite,
    invite_administrator,
    inviting,
    list_people,
    my_roles,
    one_person,
    reopen_account,
    reset_sign_in,
    send_link_again,
    take_role,
)
from clinic.usecases.accounts.person import Person
from clinic.usecases.accounts.sessions import ABSOLUTE, IDLE, Seen, SignInPlace, end_others, end_place, look, places, sign_out
from clinic.usecases.accounts.signing_in import LOCKED_AT, begin_sign_in, finish_sign_in
from clinic.usecases.accounts.ties import confirm_calendar, end_calendar, tie_calendar

__all__ = [
    "ABSOLUTE",
    "IDLE",
    "LOCKED_AT",
    "REASONS",
    "Invited",
    "Inviting",
    "Keeps",
    "Locks",
    "OpenedLink",
    "People",
    "Person",
    "Proposal",
    "Seen",
    "SignInPlace",
    "StaffMember",
    "begin_sign_in",
    "break_glass",
    "change_codes",
    "change_password",
    "choose_password",
    "close_account",
    "confirm_calendar",
    "end_calendar",
    "end_others",
    "end_place",
    "finish_sign_in",
    "give_role",
    "invite",
    "invite_administrator",
    "inviting",
    "list_people",
    "look",
    "my_roles",
    "one_person",
    "open_link",
    "places",
    "propose_factor",
    "reopen_account",
    "reset_sign_in",
    "send_link_again",
    "set_factor",
    "sign_out",
    "take_role",
    "tie_calendar",
]
