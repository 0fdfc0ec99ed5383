"""What stands in the audit log, in words: what was done, and by whom where it was nobody on the staff."""

from __future__ import annotations

DONE = {
    # Visits
    "hold": "Held a time",
    "extend": "Held it longer",
    "release": "Gave a held time back",
    "expire": "A held time ended",
    "book": "Booked a visit",
    "move": "Moved a visit",
    "cancel": "Cancelled a visit",
    "confirm": "Said that they will come",
    "arrive": "Marked as arrived",
    "start": "Marked as started",
    "finish": "Marked as done",
    "miss": "Marked as did not come",
    "undo_arrive": "Took “arrived” back",
    "undo_start": "Took “started” back",
    "undo_finish": "Took “done” back",
    "undo_miss": "Took “did not come” back",
    "answer": "Answered questions before a visit",
    "keep_outside_hours": "Kept a visit that a change of hours touches",
    "ask_to_move": "Asked for a visit to be moved",
    "stands_again": "Changed hours, so that a visit can be given again",
    # What somebody was shown
    "see_day": "Saw it in the list of a day",
    "see_desk": "Saw it in the list of the front desk",
    "see_visit": "Opened a visit",
    "see_affected_visit": "Saw that new hours touch a visit",
    "see_reason": "Read why a patient comes",
    "see_answers": "Read a patient’s answers",
    "see_patient": "Opened a patient’s record",
    "see_task": "Opened a task",
    "see_to_call": "Saw on the work list whom to call about a visit",
    "see_letter": "Opened a letter",
    "see_call": "Opened the notes of a call",
    "see_access_log": "Saw who saw this patient",
    "look_up": "Looked for a booking by its details",
    # Tasks
    "take_task": "Took a task",
    "put_back_task": "Put a task back",
    "note_task": "Wrote a note to a task",
    "finish_task": "Finished a task",
    "undo_task": "Opened a task again",
    "send_again": "Sent a message again",
    # Calls
    "call_begin": "Began a call",
    "call_end": "Ended a call",
    "call_note": "Wrote a note about a call",
    "call_relation": "Noted who called for the patient",
    "call_back_promised": "Promised to call back",
    "call_back_number": "Saw the number to call back",
    "call_back_put_off": "Put off a call",
    "call_back_done": "Called back",
    "call_waitlisted": "Put a caller on the waitlist",
    "call_next_person": "Began with the next person of a call",
    "caller_look_up": "Looked for a caller",
    "caller_verified": "Checked who a caller is",
    "caller_missed": "A caller’s answer did not fit",
    "caller_named_visit": "Opened one visit by its reference, for a caller",
    "caller_looks_paused": "Looked too often for callers who were not found",
    "caller_locked": "Too many answers did not fit: closed for callers until the next day",
    "caller_unlocked": "Opened a record for callers again",
    "caller_new": "Began a new patient’s record",
    # Patients who are there twice
    "propose_merge": "Reported a patient who is there twice",
    "merge_patients": "Made two records one",
    "undo_merge": "Made one record two again",
    # Waiting
    "join": "Began to wait for a time",
    "leave": "Stopped waiting for a time",
    "change_wait": "Changed what they wait for",
    "want_earlier": "Asked for an earlier time",
    "want_no_earlier": "Wants no earlier time any more",
    "offer": "Offered a time that was free",
    "accept": "Took a time that was offered",
    "decline": "Said no to a time that was offered",
    # Messages and links
    "stop_reminders": "Stopped the reminders",
    "renew_links": "Made the old links useless",
    # Hours and calendars
    "hours": "Changed working hours",
    "renew_feed": "Made a calendar address",
    "close_feed": "Stopped a calendar address",
    # People on the staff
    "sign_in": "Signed in",
    "sign_in_failed": "Could not sign in: wrong password",
    "code_failed": "Could not sign in: wrong code",
    "sign_out": "Signed out",
    "session_ended": "Signed out somewhere else",
    "password_set": "Chose a password",
    "factor_set": "Set up an app for codes",
    "recovery_codes": "Made new recovery codes",
    "account_invited": "Invited somebody",
    "account_reset": "Reset a sign-in",
    "account_disabled": "Closed an account",
    "account_enabled": "Opened an account again",
    "grant_given": "Gave a role",
    "grant_taken": "Took a role away",
    "glass_broken": "Broke the glass",
    "calendar_tied": "Gave a colleague a specialist’s calendar",
    "calendar_confirmed": "Confirmed that a colleague keeps a calendar",
    "calendar_ended": "Took a calendar away from a colleague",
    "nobody_told": "There was no other administrator to tell of it",
    # Housekeeping
    "import": "Imported a file",
    "purge": "Removed what is kept no longer",
    "remove audit rows": "Removed old rows of this log",
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
    return ACTORS.get(actor.partition(":")[0]) or SOMEBODY
