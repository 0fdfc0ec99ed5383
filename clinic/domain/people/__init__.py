"""Patients, callers, and what the staff may do."""
