"""Find a clinic: the one box, the results, the pages of clinics and people."""

from clinic.web.locator import crawlers, people, places, times  # noqa: F401 (they fill the blueprint)
from clinic.web.locator.views import blueprint

__all__ = ["blueprint"]
