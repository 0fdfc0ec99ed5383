"""What operators see and clear away."""
