"""Policies: who gets a Cloud PC, the reasons, and forecasts of changes."""
