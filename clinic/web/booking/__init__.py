"""Hold a time, say who comes, check, book; and later look at the visit and cancel it."""

from clinic.web.booking.views import blueprint

__all__ = ["blueprint"]
