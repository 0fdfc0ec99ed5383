"""The staff's room: their day, their hours, and what there is to do."""

from clinic.web.portal.views import blueprint

__all__ = ["blueprint"]
