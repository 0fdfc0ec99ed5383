"""The outside world behind plain functions."""
