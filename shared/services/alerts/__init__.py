"""Judging alert rules in the background, and changing them."""
