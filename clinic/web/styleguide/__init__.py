"""Every part of the pages in every state, for those who build pages. Served in demo mode only."""

from clinic.web.styleguide.views import blueprint

__all__ = ["blueprint"]
