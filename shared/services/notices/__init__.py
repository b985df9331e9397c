"""Notices: events leave the records' tables, are kept, and are delivered."""
