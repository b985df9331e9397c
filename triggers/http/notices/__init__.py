"""Routes of notices: endpoints, their deliveries, and types of events."""
