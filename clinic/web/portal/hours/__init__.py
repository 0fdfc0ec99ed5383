"""When a specialist works: seen week by week, changed by small forms, and nothing saved before its effect was seen."""

from clinic.web.portal.hours.views import install

__all__ = ["install"]
