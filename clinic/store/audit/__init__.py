"""The audit log: written, read, chained."""
