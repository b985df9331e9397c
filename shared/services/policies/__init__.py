"""Policies: who gets a Cloud PC, why, and what a change would do."""
