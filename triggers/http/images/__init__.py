"""Routes of device images."""
