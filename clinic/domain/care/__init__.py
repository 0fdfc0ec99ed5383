"""The care pathway and what to do before a visit."""
