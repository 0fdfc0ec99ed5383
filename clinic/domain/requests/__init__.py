"""What an agent types while a caller talks."""
