"""Notices: the events that people and programs are told of, who is told, and how it is tried."""
