"""What the audit log may say was done: every word of it, in one list."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Action(StrEnum):
    """What was done, as it is stored. Words stay when nothing writes them any more: rows are kept for years."""

    # Visits
    HOLD = "hold"
    EXTEND = "extend"
    RELEASE = "release"
    EXPIRE = "expire"
    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    ARRIVE = "arrive"
    START = "start"
    FINISH = "finish"
    MISS = "miss"
    UNDO_ARRIVE = "undo_arrive"
    UNDO_START = "undo_start"
    UNDO_FINISH = "undo_finish"
    UNDO_MISS = "undo_miss"
    ANSWER = "answer"
    KEEP_OUTSIDE_HOURS = "keep_outside_hours"
    ASK_TO_MOVE = "ask_to_move"
    STANDS_AGAIN = "stands_again"
    # What somebody was shown
    SEE_DAY = "see_day"
    SEE_DESK = "see_desk"
    SEE_VISIT = "see_visit"
    SEE_AFFECTED_VISIT = "see_affected_visit"
    SEE_REASON = "see_reason"
    SEE_ANSWERS = "see_answers"
    SEE_PATIENT = "see_patient"
    SEE_TASK = "see_task"
    SEE_TO_CALL = "see_to_call"
    SEE_LETTER = "see_letter"
    SEE_CALL = "see_call"
    SEE_ACCESS_LOG = "see_access_log"
    LOOK_UP = "look_up"
    # Tasks
    TAKE_TASK = "take_task"
    PUT_BACK_TASK = "put_back_task"
    NOTE_TASK = "note_task"
    FINISH_TASK = "finish_task"
    UNDO_TASK = "undo_task"
    SEND_AGAIN = "send_again"
    # Calls
    CALL_BEGIN = "call_begin"
    CALL_END = "call_end"
    CALL_NOTE = "call_note"
    CALL_RELATION = "call_relation"
    CALL_BACK_PROMISED = "call_back_promised"
    CALL_BACK_NUMBER = "call_back_number"
    CALL_BACK_PUT_OFF = "call_back_put_off"
    CALL_BACK_DONE = "call_back_done"
    CALL_WAITLISTED = "call_waitlisted"
    CALL_NEXT_PERSON = "call_next_person"
    CALLER_LOOK_UP = "caller_look_up"
    CALLER_VERIFIED = "caller_verified"
    CALLER_MISSED = "caller_missed"
    CALLER_NAMED_VISIT = "caller_named_visit"
    CALLER_LOOKS_PAUSED = "caller_looks_paused"
    CALLER_LOCKED = "caller_locked"
    CALLER_UNLOCKED = "caller_unlocked"
    CALLER_NEW = "caller_new"
    # Patients who are there twice
    PROPOSE_MERGE = "propose_merge"
    MERGE_PATIENTS = "merge_patients"
    UNDO_MERGE = "undo_merge"
    # Waiting
    JOIN = "join"
    LEAVE = "leave"
    CHANGE_WAIT = "change_wait"
    WANT_EARLIER = "want_earlier"
    WANT_NO_EARLIER = "want_no_earlier"
    OFFER = "offer"
    ACCEPT = "accept"
    DECLINE = "decline"
    # Messages and links
    STOP_REMINDERS = "stop_reminders"
    RENEW_LINKS = "renew_links"
    # Hours and calendars
    HOURS = "hours"
    RENEW_FEED = "renew_feed"
    CLOSE_FEED = "close_feed"
    # People on the staff
    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    CODE_FAILED = "code_failed"
    SIGN_OUT = "sign_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_SET = "password_set"  # noqa: S105 (no password)
    FACTOR_SET = "factor_set"
    RECOVERY_CODES = "recovery_codes"
    ACCOUNT_INVITED = "account_invited"
    ACCOUNT_RESET = "account_reset"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    GRANT_GIVEN = "grant_given"
    GRANT_TAKEN = "grant_taken"
    GLASS_BROKEN = "glass_broken"
    CALENDAR_TIED = "calendar_tied"
    CALENDAR_CONFIRMED = "calendar_confirmed"
    CALENDAR_ENDED = "calendar_ended"
    NOBODY_TOLD = "nobody_told"
    # Housekeeping
    IMPORT = "import"
    PURGE = "purge"
    REMOVE_AUDIT_ROWS = "remove audit rows"


class Actor(NamedTuple):
    """Who did it: an "account" of that id, or a kind without one ("patient", "api", "worker")."""

    kind: str
    id: int | None = None

    @property
    def account_id(self) -> int | None:
        """Of somebody on the staff; None of anybody else."""
        return self.id if self.kind == ACCOUNT else None

    def __str__(self) -> str:
        """As the log stores it."""
        return self.kind if self.id is None else f"{self.kind}:{self.id}"


ACCOUNT = "account"


def read_actor(stored: str) -> Actor:
    """Read what the log stores: "account:7" or "patient"."""
    kind, _, number = stored.partition(":")
    return Actor(kind, int(number) if number.isascii() and number.isdecimal() else None)


def read_details(stored: str) -> dict[str, str]:
    """Read the "name=value" words of a detail; other words say nothing to a program."""
    return {name: value for name, is_pair, value in (word.partition("=") for word in stored.split()) if is_pair}
