"""Visits, rosters, openings, and the rules of a visit's states."""
