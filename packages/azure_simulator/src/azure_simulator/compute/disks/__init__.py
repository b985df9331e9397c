"""Managed disks and snapshots."""
