"""Limits lower than the published ones: how many calls are refused, and how long the builds take.

``python -m bench limits:200`` builds 200 Cloud PCs with half of every rate limit, and again with a quarter.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bench.figures import Figure
from bench.makespan import TOO_MANY, figures, run

_PARTS = (0.5, 0.25)
_LEARNING = timedelta(minutes=1)
_GOAL = 0.01


def main(cloud_pcs: str = "200") -> list[Figure]:
    """Measure one run with each part of the limits."""
    return [figure for part in _PARTS for figure in _measured(int(cloud_pcs), part)]


def _measured(cloud_pcs: int, part: float) -> list[Figure]:
    how = f", limits {part:g} of the published"
    done = run(cloud_pcs, part)
    times = [datetime.fromisoformat(request["at"]) for request in done.requests]
    statuses = [
        request["status"] for request, at in zip(done.requests, times, strict=True) if at >= min(times) + _LEARNING
    ]
    name = f"calls answered 429 / calls after the first minute, {cloud_pcs} Cloud PCs{how}"
    share = Figure(name, statuses.count(TOO_MANY), len(statuses), "calls", 1, _GOAL)
    return [share, *figures(done, how)]
