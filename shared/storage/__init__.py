"""The records, in Table Storage: every write states the ETag it replaces."""
