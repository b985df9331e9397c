"""Activities of every kind of work: its audit events, its operations, and whether it goes on."""
