"""Typed tables and selects. Functions take a Session and never commit."""
