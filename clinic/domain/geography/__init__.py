"""Points, distances, ZIP codes, and what was typed as a place."""
