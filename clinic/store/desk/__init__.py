"""Who calls, what is held for them, and how the desk does."""
