"""Provisioning policies, their snapshots, and pausing them. Pure."""
