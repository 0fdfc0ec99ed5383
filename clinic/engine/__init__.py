"""Search and place: what every use case needs. Takes a Session, never commits."""
