"""Warm pools: machines that are built before they have a user."""
