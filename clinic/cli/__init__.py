"""`flask clinic …`: as thin as a room of the web. Each command imports what it needs when it runs."""

from clinic.cli import checks, data, staff, upkeep, worker  # noqa: F401 (they fill the group)
from clinic.cli.group import clinic

__all__ = ["clinic"]
