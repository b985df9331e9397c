"""The numbers of W12 (performance.md, section 2)."""

ACTIVITIES = 12
GROUP = 25
