"""Appointments and holds: how they are taken, confirmed, read by day."""
