"""The staff's tasks and calls."""
