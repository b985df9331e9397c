"""Change notifications: subscriptions, and the notifications to their receivers."""
