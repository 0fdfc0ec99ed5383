"""The staff: accounts, roles, sessions, calendars that they keep."""
