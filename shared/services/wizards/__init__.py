"""Wizards: their choices, values, reviews and edits."""
