"""What machines are made as, and can go back to. Pure."""
