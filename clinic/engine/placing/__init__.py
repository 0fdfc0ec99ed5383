"""A visit is held, booked, moved, cancelled; it expects its session and never commits."""
