"""When a Cloud PC should be ready, as a range: learned from the tenant's own builds (docs/decisions/0165).

Of each step two durations are kept for each finished build: how long it took, and how long it then was from its begin
until the Cloud PC was ready, with everything that came in between (further attempts, waits for capacity). The second
makes the range; the first says when a step takes longer than usual.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from pydantic import Field

from shared.domain.cloud_pcs.build import ORDER, Step, TimelineEntry
from shared.domain.networks.connection import JoinType
from shared.domain.values import Value

EARLIEST, LIKELY, LATEST = 0.05, 0.5, 0.95
"""The shares of builds that are ready by the begin, the middle and the end of a range."""
ENOUGH = 50
"""From this many builds on, a tenant's own durations alone make its estimates."""
_MOST = 400
"""Beyond this many builds all counts are halved, so that new builds count more than old ones."""

_SHORTEST, _GROWTH = 5.0, 1.15
"""Seconds of the first class of durations; each further one is longer by this factor, a seventh."""


class Histogram(Value):
    """Durations in classes of growing width: how many are in each."""

    counts: dict[int, int] = Field(default_factory=dict)

    def with_duration(self, seconds: float) -> "Histogram":
        """Return it with one duration more."""
        return self.with_counts({_class_of(seconds): 1})

    def with_counts(self, more: Mapping[int, int]) -> "Histogram":
        """Return it with more durations."""
        names = self.counts.keys() | more.keys()
        return self.but(counts={name: self.counts.get(name, 0) + more.get(name, 0) for name in sorted(names)})

    def halved(self) -> "Histogram":
        """Return it with half of its durations."""
        return self.but(counts={name: count // 2 for name, count in self.counts.items() if count > 1})

    def quantile(self, share: float, beyond: float = 0.0) -> float | None:
        """Return the seconds in which *share* of the durations longer than *beyond* end; None if there are none."""
        parts = [(*_bounds(name), count) for name, count in sorted(self.counts.items())]
        longer = [
            (max(low, beyond), high, count * (high - max(low, beyond)) / (high - low))
            for low, high, count in parts
            if high > beyond
        ]
        left = share * sum(weight for _, _, weight in longer)
        for low, high, weight in longer:
            if weight >= left:
                return low + (high - low) * (left / weight)
            left -= weight
        return longer[-1][1] if longer else None


def _class_of(seconds: float) -> int:
    return max(0, math.ceil(math.log(max(seconds, _SHORTEST) / _SHORTEST, _GROWTH)))


def _bounds(name: int) -> tuple[float, float]:
    """Return the shortest and the longest duration of a class, in seconds."""
    high = _SHORTEST * _GROWTH**name
    return (high / _GROWTH if name else 0.0), high


def histogram(minutes: Iterable[float]) -> Histogram:
    """Return the histogram of durations in minutes."""
    made = Histogram()
    for each in minutes:
        made = made.with_duration(each * 60)
    return made


class StepTimes(Value):
    """Durations of one step: of itself, and from its begin until the Cloud PC was ready."""

    spent: Histogram = Field(default_factory=Histogram)
    left: Histogram = Field(default_factory=Histogram)

    def __add__(self, other: "StepTimes") -> "StepTimes":
        """Return the durations of both."""
        return StepTimes(
            spent=self.spent.with_counts(other.spent.counts), left=self.left.with_counts(other.left.counts)
        )

    def halved(self) -> "StepTimes":
        """Return half of the durations."""
        return StepTimes(spent=self.spent.halved(), left=self.left.halved())


class BuildTimes(Value):
    """Durations of the builds of a tenant with one join type, by step."""

    tenant_id: str
    join_type: JoinType
    builds: int = 0
    steps: dict[Step, StepTimes] = Field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id of the record within its tenant."""
        return self.join_type.value

    def of(self, step: Step | None) -> StepTimes:
        """Return the durations of a step, or of the first step where none has begun."""
        at = step or ORDER[0]
        own, elsewhere = self.steps.get(at, StepTimes()), recorded(self.join_type).get(at, StepTimes())
        return own if self.builds >= ENOUGH else own + elsewhere

    def with_build(self, entries: Iterable[TimelineEntry], ready_at: datetime) -> "BuildTimes":
        """Return it with a build that has made a Cloud PC ready. *entries*: of its timeline."""
        steps = dict(self.steps)
        for entry in entries:
            known = steps.get(entry.step, StepTimes())
            if entry.ended_at and entry.outcome in {"succeeded", "warned"}:
                known = known.but(spent=known.spent.with_duration((entry.ended_at - entry.started_at).total_seconds()))
            left = known.left.with_duration((ready_at - entry.started_at).total_seconds())
            steps[entry.step] = known.but(left=left)
        added = self.but(builds=self.builds + 1, steps=steps)
        return added if added.builds <= _MOST else added.halved()

    def halved(self) -> "BuildTimes":
        """Return half of the durations."""
        return self.but(builds=self.builds // 2, steps={step: each.halved() for step, each in self.steps.items()})


class EndRange(Value):
    """The moments between which something should end, and the likely one."""

    earliest: datetime
    likely: datetime
    latest: datetime

    def no_earlier(self, than: datetime) -> "EndRange":
        """Return the range behind a moment."""
        return EndRange(earliest=max(self.earliest, than), likely=max(self.likely, than), latest=max(self.latest, than))


_OVERDUE = (0.0, 0.1, 0.5)
"""Shares of the time spent so far that are added when nothing known has taken that long."""


def end_range(durations: Histogram, began: datetime, now: datetime) -> EndRange:
    """Return the range in which work should end that began at *began*, by the durations longer than it has taken."""
    spent = max(0.0, (now - began).total_seconds())
    ends = [durations.quantile(share, spent) for share in (EARLIEST, LIKELY, LATEST)]
    seconds = [spent * (1 + more) if end is None else end for end, more in zip(ends, _OVERDUE, strict=True)]
    earliest, likely, latest = (max(now, began + timedelta(seconds=int(each))) for each in seconds)
    return EndRange(earliest=earliest, likely=likely, latest=latest)


@dataclass(frozen=True, slots=True)
class Estimates:
    """The facts for the estimates of a tenant. *places*: the queue positions of waiting Cloud PCs by id, from 1."""

    times: Mapping[JoinType, BuildTimes] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)

    def of(self, join: JoinType, step: Step | None) -> StepTimes:
        """Return the durations of a step."""
        return self.times.get(join, BuildTimes(tenant_id="", join_type=join)).of(step)

    def longer_than_usual(self, join: JoinType, step: Step, spent: timedelta) -> bool:
        """Return whether a step takes longer than it nearly always does."""
        most = self.of(join, step).spent.quantile(LATEST)
        return most is not None and spent.total_seconds() > most


# Minutes at 5 %, 15 %, ... 95 % of builds on the simulated cloud's `real` profile, whose durations are Azure's, with
# the failures and waits of `python -m bench estimates:11`, which prints them.
_SPENT: Mapping[Step, tuple[float, ...]] = {
    Step.CLEAN_UP: (0.9, 0.9, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.8),
    Step.ALLOCATE_CAPACITY: (0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 2.1, 2.2, 2.3),
    Step.CREATE_VM: (1.6, 1.7, 2.4, 2.5, 2.9, 3.4, 4.1, 4.7, 5.6, 6.9),
    Step.JOIN_DIRECTORY: (1.2, 1.4, 1.7, 1.8, 2.1, 2.3, 2.4, 2.8, 3.2, 4.6),
    Step.ENROLL_IN_INTUNE: (1.1, 1.9, 2.6, 3.4, 4.9, 7.1, 10.0, 14.5, 18.9, 41.0),
    Step.ASSIGN_PRIMARY_USER: (0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.5),
    Step.CONFIGURE_WINDOWS: (0.5, 0.6, 0.6, 1.1, 1.4, 1.4, 1.4, 1.4, 1.4, 1.8),
    Step.ASSIGN_USER: (3.0, 3.7, 4.5, 4.9, 5.4, 6.1, 6.6, 7.4, 8.4, 9.8),
    Step.AWAIT_SIGN_IN_RIGHTS: (0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0),
}
_LEFT: Mapping[Step, tuple[float, ...]] = {
    Step.CLEAN_UP: (13.4, 15.3, 17.0, 18.3, 19.4, 21.5, 26.8, 32.3, 44.8, 65.2),
    Step.ALLOCATE_CAPACITY: (12.4, 14.3, 15.9, 17.8, 18.9, 21.4, 26.2, 29.7, 37.1, 55.5),
    Step.CREATE_VM: (12.4, 14.3, 15.9, 17.8, 18.9, 21.4, 26.2, 29.7, 37.1, 55.5),
    Step.JOIN_DIRECTORY: (9.5, 10.8, 12.3, 13.3, 16.2, 18.2, 22.3, 24.8, 32.3, 52.0),
    Step.ENROLL_IN_INTUNE: (7.6, 8.4, 9.2, 10.5, 12.3, 15.8, 19.0, 21.1, 28.0, 48.8),
    Step.ASSIGN_PRIMARY_USER: (4.2, 5.0, 5.3, 6.0, 6.8, 7.3, 8.0, 8.8, 9.5, 11.3),
    Step.CONFIGURE_WINDOWS: (4.1, 4.9, 5.2, 6.0, 6.7, 7.2, 7.9, 8.8, 9.4, 11.2),
    Step.ASSIGN_USER: (3.0, 3.7, 4.5, 4.9, 5.4, 6.1, 6.6, 7.4, 8.4, 9.8),
    Step.AWAIT_SIGN_IN_RIGHTS: (0.1, 0.1, 0.1, 0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0),
}
_SPENT_ON_SCRIPTS = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 30.0)
"""Minutes of scripts, which nobody has measured: a tenant's own soon count more."""
_HYBRID: Mapping[Step, tuple[float, ...]] = {Step.JOIN_DIRECTORY: (6, 9, 12, 15, 18, 21, 24, 27, 30, 34)}
"""A hybrid join waits for Entra Connect, which synchronises every half an hour."""


@cache
def recorded(join: JoinType) -> Mapping[Step, StepTimes]:
    """Return the durations for tenants that have had few builds."""
    waited = _HYBRID if join is JoinType.HYBRID_AZURE_AD_JOIN else {}
    joined = ORDER.index(Step.JOIN_DIRECTORY)

    def left(step: Step) -> Iterable[float]:
        before_join = step not in ORDER[joined + 1 :]
        more = waited.get(Step.JOIN_DIRECTORY) if before_join else None
        return map(sum, zip(_LEFT[step], more, strict=True)) if more else _LEFT[step]

    found = {
        step: StepTimes(spent=histogram(waited.get(step, _SPENT[step])), left=histogram(left(step))) for step in _SPENT
    }
    after = map(sum, zip(_SPENT_ON_SCRIPTS, _LEFT[Step.ASSIGN_USER], strict=True))
    return found | {Step.RUN_SCRIPTS: StepTimes(spent=histogram(_SPENT_ON_SCRIPTS), left=histogram(after))}
