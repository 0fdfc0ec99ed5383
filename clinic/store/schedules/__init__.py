"""When a clinic can be booked: hours, closures, and what is taken, as timelines."""
