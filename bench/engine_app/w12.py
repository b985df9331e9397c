"""The numbers of W12 (docs/performance.md, "The embedded host")."""

ACTIVITIES = 12
GROUP = 25
OPEN_AFTER = 3
"""Activities that an instance of the crowd calls before it waits."""
