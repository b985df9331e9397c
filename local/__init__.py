"""Runs the whole service on one machine: never deployed, never imported by the app."""
