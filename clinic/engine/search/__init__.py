"""Openings near a place, at a clinic, of a specialist; and what else there is."""
