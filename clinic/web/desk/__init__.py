"""The call-center's room: one screen for a call, from who is calling to what came of it."""

from clinic.web.desk.views import blueprint

__all__ = ["blueprint"]
