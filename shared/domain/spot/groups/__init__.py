"""Spot Groups: settings, record, members, and foresight."""
