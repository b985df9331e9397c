"""Durations of starts and builds of a group's hosts, learned from those that did. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from shared.domain.values import Value

KEPT = 50
"""So many of the latest durations are learned from: a change of size or region is forgotten after as many starts."""

_ENOUGH = 5
"""With fewer durations the assumed ones count too: one quick start must not be taken for the rule."""


class Durations(Value):
    """The median and the 95th percentile of how long something took."""

    median: timedelta
    p95: timedelta


class StartTimes(Value):
    """Durations from the request until a host serves: *start* of a stopped one, *build* of a new one.

    The assumed start is a deallocated machine's and its agent's ("about 2 min", docs/notes/spotpc-avd.md 4.1); the
    assumed build includes join, registration and the proof that the host works.
    """

    start: Durations = Durations.model_construct(median=timedelta(minutes=2), p95=timedelta(minutes=4))
    build: Durations = Durations.model_construct(median=timedelta(minutes=18), p95=timedelta(minutes=30))


def learned(latest: Sequence[timedelta], assumed: Durations) -> Durations:
    """Return the durations learned from *latest* (oldest first); if these are few, *assumed* is counted with them."""
    counted = list(latest[-KEPT:])
    if not counted:
        return assumed
    if len(counted) < _ENOUGH:
        counted += [assumed.median, assumed.p95]
    ordered = sorted(counted)
    return Durations(median=_rank(ordered, 50), p95=_rank(ordered, 95))


def _rank(ordered: Sequence[timedelta], percent: int) -> timedelta:
    """Return the nearest-rank percentile: the least value that is not below *percent* of all."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
