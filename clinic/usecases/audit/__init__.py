"""The audit log: read, sealed into a chain, verified."""
