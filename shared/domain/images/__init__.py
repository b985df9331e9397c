"""What machines are made from. Pure."""
