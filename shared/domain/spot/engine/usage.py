"""Usage of a Spot Group, counted from the looks of the engine by intervals of five minutes. Pure.

The first look of an interval says how many hosts and sessions there are; what happens until its end is added. The point
is recorded at the first look after it, so that each interval has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from shared.domain.spot.hosts.host import HostSeen
from shared.domain.spot.hosts.host_plan import Figures
from shared.domain.spot.hosts.observed import HostState
from shared.domain.usage import Aggregation, Average, Interval, Mark, Maximum, Point, Total, UsagePoint, series_of
from shared.domain.values import Value

RECORDED = Interval.FIVE_MINUTES
"""The interval in which the usage of a Spot Group is recorded."""


class SpotUsage(UsagePoint):
    """Usage of a Spot Group in one interval. Who waited, and for how long, is estimated from the looks."""

    seats: Average = Field(None, description="sessions, and seats that were free on open hosts")
    active_sessions: Average = None
    disconnected_sessions: Average = None
    peak_sessions: Maximum = Field(None, description="the most sessions at any look")
    built_hosts: Average = Field(None, description="hosts that exist, whether they run or not")
    running_hosts: Average = Field(None, description="hosts that run, those that drain included")
    online_hosts: Average = Field(None, description="hosts that take new sessions")
    sign_ins: Total = Field(None, description="sessions that began")
    started_hosts: Total = Field(None, description="hosts that began to serve")
    stopped_hosts: Total = Field(None, description="hosts that ceased to run")
    users_waited: Total = Field(None, description="users whose session began on a host that had to start first")
    longest_wait_in_seconds: Maximum = Field(None, description="how long that host took to start")
    marks: tuple[Mark, ...] = Field((), description="decisions of the engine, one for each action and reason")


class OpenUsage(Value):
    """The unfinished interval, which begins *at*, until the look of *looked_at*; *values*: by their series.

    *full*: whether nobody could sign in at once at that look.
    """

    at: datetime
    looked_at: datetime
    full: bool = False
    values: dict[str, int] = Field(default_factory=dict)

    @property
    def point(self) -> Point:
        """The point of the interval, as far as it has been seen."""
        return Point(self.at, self.values)


class Look(NamedTuple):
    """One look at a group: when, the figures of its plan, how its hosts were seen, and how many signed in since.

    *start_seconds*: how long hosts took that have just begun to serve.
    """

    at: datetime
    figures: Figures
    seen: Sequence[HostSeen]
    sign_ins: int = 0
    start_seconds: Sequence[int] = ()


def after_look(known: OpenUsage | None, look: Look) -> tuple[OpenUsage, Point | None]:
    """Return the open interval after a look, and the point of the one before it, if that is over now.

    A look that is not later than the latest one changes nothing: its order was late, or came again.
    """
    if known is not None and look.at <= known.looked_at:
        return known, None
    begin = RECORDED.begin(look.at)
    same = known is not None and known.at == begin
    values = dict(known.values) if known and same else {}
    for name, value in _of_look(known, look).items():
        match series_of(SpotUsage)[name]:
            case Aggregation.AVERAGE:
                values.setdefault(name, value)
            case Aggregation.MAXIMUM:
                values[name] = max(value, values.get(name, 0))
            case Aggregation.TOTAL:
                values[name] = values.get(name, 0) + value
    opened = OpenUsage(at=begin, looked_at=look.at, full=not look.figures.free, values=values)
    return opened, known.point if known and not same else None


def _of_look(known: OpenUsage | None, look: Look) -> dict[str, int]:
    active = sum(each.active for each in look.seen)
    disconnected = sum(each.disconnected for each in look.seen)
    since = known.looked_at if known else look.at
    changed = [each for each in look.seen if each.online_at is not None and each.online_at > since]
    risen = [each for each in changed if each.state == HostState.RUNNING]
    waited = sum(each.active + each.disconnected for each in risen) if known and known.full else 0
    longest = max(look.start_seconds, default=int((look.at - since).total_seconds())) if waited else 0
    return {
        "seats": active + disconnected + look.figures.free,
        "activeSessions": active,
        "disconnectedSessions": disconnected,
        "peakSessions": active + disconnected,
        "builtHosts": look.figures.hosts,
        "runningHosts": sum(each.state == HostState.RUNNING for each in look.seen),
        "onlineHosts": look.figures.online,
        "signIns": look.sign_ins,
        "startedHosts": len(risen),
        "stoppedHosts": len(changed) - len(risen),
        "usersWaited": waited,
        "longestWaitInSeconds": longest,
    }
