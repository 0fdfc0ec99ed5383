"""Every setting of the product: read once, checked at once, then frozen.

Settings come from environment variables named CLINIC_*. Nothing starts on a half configuration, and no secret has a
default: only demo mode fills gaps, and demo mode has to be asked for.
"""

from clinic.config.settings import RateLimits, Settings, SettingsError, environment, load
from clinic.config.variables import CONTENT, ROOT, VARIABLES

__all__ = ["CONTENT", "ROOT", "VARIABLES", "RateLimits", "Settings", "SettingsError", "environment", "load"]
