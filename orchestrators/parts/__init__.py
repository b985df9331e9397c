"""Shared parts of procedures: each part is used by several of them, or is a long one of its own."""
