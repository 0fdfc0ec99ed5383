"""Tell people: what is due is passed on to its channels, sent, and recorded; what they answer is noted."""

from clinic.usecases.messages.answering import Answer, answer, renew_links, stop
from clinic.usecases.messages.context import MessageContext, Written
from clinic.usecases.messages.due import is_anything_due
from clinic.usecases.messages.mailbox import SentDelivery, sent_last, sent_one
from clinic.usecases.messages.planning import plan
from clinic.usecases.messages.sending import Rest, deliver, sweep

__all__ = [
    "Answer", "MessageContext", "Rest", "SentDelivery", "Written", "answer", "deliver", "is_anything_due", "plan", "renew_links",
    "sent_last", "sent_one", "stop", "sweep",
]  # fmt: skip
