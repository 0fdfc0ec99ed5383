"""What people are told, and what is read aloud."""
