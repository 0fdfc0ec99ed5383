"""HTTP, and only here."""
