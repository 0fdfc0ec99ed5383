"""Wait for a time, be offered one that became free, take it or not. Each verb commits once, last; rounds once a freed time."""

from clinic.domain.scheduling.waitlist import POLICY, Policy
from clinic.usecases.waitlist.answering import Offered, accept, accept_for, decline, decline_for, get_offer
from clinic.usecases.waitlist.changing import WaitSummary, change, get_waiting, leave, waiting_of_visit
from clinic.usecases.waitlist.joining import MOST_ENTRIES, WaitRequest, join, review, want_earlier
from clinic.usecases.waitlist.offering import Round, offer_times

__all__ = [
    "MOST_ENTRIES",
    "POLICY",
    "Offered",
    "Policy",
    "Round",
    "WaitRequest",
    "WaitSummary",
    "accept",
    "accept_for",
    "change",
    "decline",
    "decline_for",
    "get_offer",
    "get_waiting",
    "join",
    "leave",
    "offer_times",
    "review",
    "waiting_of_visit",
    "want_earlier",
]  # fmt: skip
