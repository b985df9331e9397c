"""Checks of the health of the service and of each tenant, in the background, and the use cases of its page."""
