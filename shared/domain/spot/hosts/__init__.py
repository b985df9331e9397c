"""Session hosts: observed, planned, released and adopted."""
