"""Find a clinic: the one box, the results, the clinics' own pages."""

from clinic.web.locator.views import blueprint

__all__ = ["blueprint"]
