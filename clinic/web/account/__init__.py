"""The staff's sign-in: two steps, one's own account, and who else is on the staff."""

from clinic.web.account.views import blueprint

__all__ = ["blueprint"]
