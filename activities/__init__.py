"""Thin adapters: a contract in, one effect that is safe to repeat, a contract out; grouped by the system they touch."""
