"""What an operator does: figures, keys, whether it is ready, what is kept how long, ZIP codes."""
