"""Capacity that machines need before they run: sizes that are offered, quota, hardware, reservations."""
