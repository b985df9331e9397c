"""The numbers of W12 (performance.md, section 2)."""

ACTIVITIES = 12
GROUP = 25
OPEN_AFTER = 3
"""Activities that an instance of the crowd calls before it waits."""
