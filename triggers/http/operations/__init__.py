"""Routes of operations, the audit log and the service itself."""
