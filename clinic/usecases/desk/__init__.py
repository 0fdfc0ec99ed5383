"""The call-center desk: calls, and whoever is calling."""

from clinic.usecases.desk.callers import Found, NewCaller, Proof, Verdict, look_up, new_caller, verify
from clinic.usecases.desk.calls import (
    CallBack,
    CallNow,
    Ending,
    Number,
    begin_call,
    call_back_number,
    end_call,
    finish_call_back,
    keep_note,
    list_call_backs,
    open_calls,
    promise_call_back,
    put_off_call_back,
    read_call,
    say_who_calls,
)
from clinic.usecases.desk.figures import DeskDay, OfAgent, Tally, desk_day
from clinic.usecases.desk.searching import Asked, Offers, Widening, offers
from clinic.usecases.desk.verified import Record, callers_record, report_duplicate, unlock_phone, viewer_of

__all__ = [
    "Asked", "CallBack", "CallNow", "DeskDay", "Ending", "Found", "NewCaller", "Number", "OfAgent", "Offers", "Proof",
    "Record", "Tally", "Verdict", "Widening", "begin_call", "call_back_number", "callers_record", "desk_day",
    "end_call", "finish_call_back", "keep_note", "list_call_backs", "look_up", "new_caller", "offers", "open_calls",
    "promise_call_back", "put_off_call_back", "read_call", "report_duplicate", "say_who_calls", "unlock_phone",
    "verify", "viewer_of",
]  # fmt: skip
