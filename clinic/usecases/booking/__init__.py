"""Hold a time, book it, change it, give it up. Each verb commits once, last; TimeRefused leaves with alternatives."""

from clinic.engine.placing.booked import Booked, Keys
from clinic.engine.placing.held import Hold
from clinic.engine.placing.intake import UPCOMING_PER_SERVICE
from clinic.engine.placing.lookup import VisitLookup, read_lookup
from clinic.engine.search.alternatives import ALTERNATIVES
from clinic.store.appointments.summaries import VisitSummary
from clinic.usecases.booking.confirming import book, confirm, review
from clinic.usecases.booking.drafts import LONGEST_DRAFT, answers_kept, keep_answers, said_before
from clinic.usecases.booking.holding import extend, get_hold, hold, release, request_once, sweep, take
from clinic.usecases.booking.knowing import book_known
from clinic.usecases.booking.lookup import send_links
from clinic.usecases.booking.managing import REASON_MAX, cancel, get_visit
from clinic.usecases.booking.moving import MoveChoices, choices, clinics_to_move_to, preview_move, reschedule, why_not_moved

__all__ = [
    "ALTERNATIVES",
    "LONGEST_DRAFT",
    "REASON_MAX",
    "UPCOMING_PER_SERVICE",
    "Booked",
    "Hold",
    "Keys",
    "MoveChoices",
    "VisitLookup",
    "VisitSummary",
    "answers_kept",
    "book",
    "book_known",
    "cancel",
    "choices",
    "clinics_to_move_to",
    "confirm",
    "extend",
    "get_hold",
    "get_visit",
    "hold",
    "keep_answers",
    "preview_move",
    "read_lookup",
    "release",
    "request_once",
    "reschedule",
    "review",
    "said_before",
    "send_links",
    "sweep",
    "take",
    "why_not_moved",
]  # fmt: skip
