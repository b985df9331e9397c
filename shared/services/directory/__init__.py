"""Readings of the directories of tenants: users, groups and licences."""
