"""Activities on device images: capture, import, and their records."""
