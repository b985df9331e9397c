"""Routes of the health page."""
