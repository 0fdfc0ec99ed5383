"""Messages: what is due, to whom, and how it ended."""
