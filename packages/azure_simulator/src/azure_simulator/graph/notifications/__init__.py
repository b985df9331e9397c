"""Change notifications: subscriptions, and what their receivers are sent."""
