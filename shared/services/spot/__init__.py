"""Spot Groups: the groups, their members, session hosts, releases and image sets."""
