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
from clinic.usecases.desk.free_busy import At, DayAt, FreeBusy, free_busy
from clinic.usecases.desk.holding import (
    MOST_HOLDS,
    ForCaller,
    OnCall,
    book_for_caller,
    cancel_for_caller,
    extend_hold,
    hold_for_call,
    holds_of_call,
    move_for_caller,
    move_to_hold,
    release_hold,
)
from clinic.usecases.desk.searching import Asked, Offers, Widening, offers
from clinic.usecases.desk.verified import Record, callers_record, report_duplicate, unlock_phone, viewer_of

__all__ = [
    "MOST_HOLDS", "Asked", "At", "CallBack", "CallNow", "DayAt", "DeskDay", "Ending", "ForCaller", "Found", "FreeBusy",
    "NewCaller", "Number", "OfAgent", "Offers", "OnCall", "Proof", "Record", "Tally", "Verdict", "Widening",
    "begin_call", "book_for_caller", "call_back_number", "callers_record", "cancel_for_caller", "desk_day", "end_call",
    "extend_hold", "finish_call_back", "free_busy", "hold_for_call", "holds_of_call", "keep_note", "list_call_backs",
    "look_up", "move_for_caller", "move_to_hold", "new_caller", "offers", "open_calls", "promise_call_back",
    "put_off_call_back", "read_call", "release_hold", "report_duplicate", "say_who_calls", "unlock_phone", "verify",
    "viewer_of",
]  # fmt: skip
