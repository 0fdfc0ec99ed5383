"""The call-center desk: calls, and whoever is calling."""

from clinic.store.desk.desk_figures import Paused
from clinic.usecases.desk.call_backs import (
    CallBack,
    Number,
    begin_call_back,
    call_back_number,
    finish_call_back,
    list_call_backs,
    promise_call_back,
    promise_to_number_on_file,
    put_off_call_back,
    read_call_back,
    take_call_back,
)
from clinic.usecases.desk.callers import Found, NewCaller, Proof, Verdict, look_up, new_caller, row_of_dialled, verify
from clinic.usecases.desk.calls import (
    THIS_VISIT_ALONE,
    CallNow,
    Ending,
    begin_call,
    end_call,
    keep_note,
    open_calls,
    read_call,
    say_who_calls,
)
from clinic.usecases.desk.choosing import Choices, choices_near
from clinic.usecases.desk.done import Done, done_in_call, next_person, note_waiting
from clinic.usecases.desk.figures import DeskDay, OfAgent, Tally, Unmet, desk_day, held_now, unmet
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
    "MOST_HOLDS", "THIS_VISIT_ALONE", "Asked", "At", "CallBack", "CallNow", "Choices", "DayAt", "DeskDay", "Done",
    "Ending", "ForCaller", "Found", "FreeBusy", "NewCaller", "Number", "OfAgent", "Offers", "OnCall", "Paused", "Proof",
    "Record", "Tally", "Unmet", "Verdict", "Widening", "begin_call", "begin_call_back", "book_for_caller",
    "call_back_number", "callers_record", "cancel_for_caller", "choices_near", "desk_day", "done_in_call", "end_call",
    "extend_hold", "finish_call_back", "free_busy", "held_now", "hold_for_call", "holds_of_call", "keep_note",
    "list_call_backs", "look_up", "move_for_caller", "move_to_hold", "new_caller", "next_person", "note_waiting", "offers",
    "open_calls", "promise_call_back", "promise_to_number_on_file", "put_off_call_back", "read_call", "read_call_back",
    "release_hold", "report_duplicate", "row_of_dialled", "say_who_calls", "take_call_back", "unlock_phone", "unmet",
    "verify", "viewer_of",
]  # fmt: skip
