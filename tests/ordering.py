"""The order of the files: what takes longest begins first, so that the workers of one run end together.

pytest-xdist hands the files to its workers in this order (``--dist loadfile --no-loadscope-reorder``).
"""

from collections import defaultdict
from collections.abc import Sequence

import pytest

LONGEST = (
    *("subscriptions", "month", "replay", "az", "az_commands", "benchmarks", "crashes", "survival", "demo"),
    *("broken_off", "bad_days", "scenarios_1", "scenarios_2", "scenarios_3"),
)
"""Files of which a single test takes longest, the longest first."""

SECONDS = {"start_stack": 20.0, "open_office": 4.0, "shared_office": 1.0, "stack": 0.5, "fresh_host": 1.0}
"""About how long a test takes that asks for such a fixture: it starts processes, or has a tenant of its own."""
SHORT = 0.1
"""The same of any other."""


def seconds(item: pytest.Item) -> float:
    """Guess how long a test takes, by what it asks for."""
    asked = getattr(item, "fixturenames", ())
    return max((SECONDS[name] for name in asked if name in SECONDS), default=SHORT)


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the tests with the longest files first; those of one file stay together, in their order."""
    whole: defaultdict[str, float] = defaultdict(float)
    for item in items:
        whole[str(item.path)] += seconds(item)
    place = {f"test_{name}": number for number, name in enumerate(LONGEST)}
    return sorted(items, key=lambda item: (place.get(item.path.stem, len(place)), -whole[str(item.path)]))
