"""Clinics, services, specialists and places, as anybody may read of them."""
