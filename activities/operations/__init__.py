"""Activities for all kinds of work: audit events, operations, and whether the work still runs."""
