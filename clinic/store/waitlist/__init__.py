"""Who waits for a time, and what was offered."""
