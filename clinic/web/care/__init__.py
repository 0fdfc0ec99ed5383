"""What the clinics do, in plain words."""

from clinic.web.care.views import blueprint

__all__ = ["blueprint"]
