"""The records, in Table Storage: every write names the ETag it replaces."""
