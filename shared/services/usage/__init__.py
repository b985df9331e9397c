"""Usage: recording it from readings that are made anyway, and reports."""
