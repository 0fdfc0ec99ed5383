"""Patients, what they said, and who may be one of them."""
