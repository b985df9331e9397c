"""Routes of alert rules and alert records."""
