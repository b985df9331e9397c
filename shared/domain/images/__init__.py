"""Images of machines. Pure."""
