"""Hold a time, book it, change it, give it up. Each verb commits once, last; TimeRefused leaves with alternatives."""

from clinic.usecases.booking.confirming import UPCOMING_PER_SERVICE, confirm, review
from clinic.usecases.booking.holding import Hold, extend, get_hold, hold, release, request_once, sweep
from clinic.usecases.booking.instead import ALTERNATIVES
from clinic.usecases.booking.managing import REASON_MAX, cancel, get_visit, reschedule
from clinic.usecases.booking.opened import Booked

__all__ = [
    "ALTERNATIVES", "REASON_MAX", "UPCOMING_PER_SERVICE", "Booked", "Hold", "cancel", "confirm", "extend", "get_hold",
    "get_visit", "hold", "release", "request_once", "reschedule", "review", "sweep",
]  # fmt: skip
