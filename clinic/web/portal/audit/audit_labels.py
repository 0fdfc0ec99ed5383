"""What stands in the audit log, in words: what was done, and by whom where it was nobody on the staff."""

from __future__ import annotations

from collections.abc import Mapping

from clinic.domain.audit import Action, read_actor

DONE: Mapping[str, str] = {
    # Visits
    Action.HOLD: "Held a time",
    Action.EXTEND: "Held it longer",
    Action.RELEASE: "Gave a held time back",
    Action.EXPIRE: "A held time ended",
    Action.BOOK: "Booked a visit",
    Action.MOVE: "Moved a visit",
    Action.CANCEL: "Cancelled a visit",
    Action.CONFIRM: "Said that they will come",
    Action.ARRIVE: "Marked as arrived",
    Action.START: "Marked as started",
    Action.FINISH: "Marked as done",
    Action.MISS: "Marked as did not come",
    Action.UNDO_ARRIVE: "Took “arrived” back",
    Action.UNDO_START: "Took “started” back",
    Action.UNDO_FINISH: "Took “done” back",
    Action.UNDO_MISS: "Took “did not come” back",
    Action.ANSWER: "Answered questions before a visit",
    Action.KEEP_OUTSIDE_HOURS: "Kept a visit that a change of hours touches",
    Action.ASK_TO_MOVE: "Asked for a visit to be moved",
    Action.STANDS_AGAIN: "Changed hours, so that a visit can be given again",
    # What somebody was shown
    Action.SEE_DAY: "Saw it in the list of a day",
    Action.SEE_DESK: "Saw it in the list of the front desk",
    Action.SEE_VISIT: "Opened a visit",
    Action.SEE_AFFECTED_VISIT: "Saw that new hours touch a visit",
    Action.SEE_REASON: "Read why a patient comes",
    Action.SEE_ANSWERS: "Read a patient’s answers",
    Action.SEE_PATIENT: "Opened a patient’s record",
    Action.SEE_TASK: "Opened a task",
    Action.SEE_TO_CALL: "Saw on the work list whom to call about a visit",
    Action.SEE_LETTER: "Opened a letter",
    Action.SEE_CALL: "Opened the notes of a call",
    Action.SEE_ACCESS_LOG: "Saw who saw this patient",
    Action.LOOK_UP: "Looked for a booking by its details",
    # Tasks
    Action.TAKE_TASK: "Took a task",
    Action.PUT_BACK_TASK: "Put a task back",
    Action.NOTE_TASK: "Wrote a note to a task",
    Action.FINISH_TASK: "Finished a task",
    Action.UNDO_TASK: "Opened a task again",
    Action.SEND_AGAIN: "Sent a message again",
    # Calls
    Action.CALL_BEGIN: "Began a call",
    Action.CALL_END: "Ended a call",
    Action.CALL_NOTE: "Wrote a note about a call",
    Action.CALL_RELATION: "Noted who called for the patient",
    Action.CALL_BACK_PROMISED: "Promised to call back",
    Action.CALL_BACK_NUMBER: "Saw the number to call back",
    Action.CALL_BACK_PUT_OFF: "Put off a call",
    Action.CALL_BACK_DONE: "Called back",
    Action.CALL_WAITLISTED: "Put a caller on the waitlist",
    Action.CALL_NEXT_PERSON: "Began with the next person of a call",
    Action.CALLER_LOOK_UP: "Looked for a caller",
    Action.CALLER_VERIFIED: "Checked who a caller is",
    Action.CALLER_MISSED: "A caller’s answer did not fit",
    Action.CALLER_NAMED_VISIT: "Opened one visit by its reference, for a caller",
    Action.CALLER_LOOKS_PAUSED: "Looked too often for callers who were not found",
    Action.CALLER_LOCKED: "Too many answers did not fit: closed for callers until the next day",
    Action.CALLER_UNLOCKED: "Opened a record for callers again",
    Action.CALLER_NEW: "Began a new patient’s record",
    # Patients who are there twice
    Action.PROPOSE_MERGE: "Reported a patient who is there twice",
    Action.MERGE_PATIENTS: "Made two records one",
    Action.UNDO_MERGE: "Made one record two again",
    # Waiting
    Action.JOIN: "Began to wait for a time",
    Action.LEAVE: "Stopped waiting for a time",
    Action.CHANGE_WAIT: "Changed what they wait for",
    Action.WANT_EARLIER: "Asked for an earlier time",
    Action.WANT_NO_EARLIER: "Wants no earlier time any more",
    Action.OFFER: "Offered a time that was free",
    Action.ACCEPT: "Took a time that was offered",
    Action.DECLINE: "Said no to a time that was offered",
    # Messages and links
    Action.STOP_REMINDERS: "Stopped the reminders",
    Action.RENEW_LINKS: "Made the old links useless",
    # Hours and calendars
    Action.HOURS: "Changed working hours",
    Action.RENEW_FEED: "Made a calendar address",
    Action.CLOSE_FEED: "Stopped a calendar address",
    # People on the staff
    Action.SIGN_IN: "Signed in",
    Action.SIGN_IN_FAILED: "Could not sign in: wrong password",
    Action.CODE_FAILED: "Could not sign in: wrong code",
    Action.SIGN_OUT: "Signed out",
    Action.SESSION_ENDED: "Signed out somewhere else",
    Action.PASSWORD_SET: "Chose a password",
    Action.FACTOR_SET: "Set up an app for codes",
    Action.RECOVERY_CODES: "Made new recovery codes",
    Action.ACCOUNT_INVITED: "Invited somebody",
    Action.ACCOUNT_RESET: "Reset a sign-in",
    Action.ACCOUNT_DISABLED: "Closed an account",
    Action.ACCOUNT_ENABLED: "Opened an account again",
    Action.GRANT_GIVEN: "Gave a role",
    Action.GRANT_TAKEN: "Took a role away",
    Action.GLASS_BROKEN: "Broke the glass",
    Action.CALENDAR_TIED: "Gave a colleague a specialist’s calendar",
    Action.CALENDAR_CONFIRMED: "Confirmed that a colleague keeps a calendar",
    Action.CALENDAR_ENDED: "Took a calendar away from a colleague",
    Action.NOBODY_TOLD: "There was no other administrator to tell of it",
    # Housekeeping
    Action.IMPORT: "Imported a file",
    Action.PURGE: "Removed what is kept no longer",
    Action.REMOVE_AUDIT_ROWS: "Removed old rows of this log",
}
"""By the log's word for it. Words stay when nothing writes them any more: rows are kept for years."""

ACTORS = {
    "patient": "The patient",
    "api": "Another program",
    "waitlist": "The waitlist",
    "sweeper": "This system",
    "worker": "This system",
    "purge": "This system",
    "demo": "This system",
    "command-line": "An operator of this system",
}
"""Who is no account."""
SOMEBODY = "Somebody who is gone"


def done(action: str) -> str:
    """What was done; of a word that is no longer in use, the word."""
    return DONE.get(action) or action.replace("_", " ").capitalize()


def actor_in_words(actor: str) -> str:
    """Of an actor who is not on the staff."""
    return ACTORS.get(read_actor(actor).kind) or SOMEBODY
