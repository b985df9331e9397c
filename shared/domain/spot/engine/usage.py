"""Usage of a Spot Group, counted from the looks of the engine by intervals of five minutes. Pure.

The first look of an interval says how many hosts and sessions there are; what happens until its end is added. The point
is recorded at the first look after it, so that each interval has one.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from shared.domain.spot.hosts.host import HostStatus, SessionHost
from shared.domain.spot.hosts.host_plan import Figures
from shared.domain.spot.hosts.observed import HostState
from shared.domain.usage import (
    Aggregation,
    Average,
    Interval,
    Mark,
    Maximum,
    Point,
    Total,
    UsagePoint,
    marked,
    series_of,
)
from shared.domain.values import Value

RECORDED = Interval.FIVE_MINUTES
"""The interval in which the usage of a Spot Group is recorded."""


PARK = "park"
"""The action of the mark of a host that waits, because Azure has refused capacity."""


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

    *full*: whether nobody could sign in at once at that look. *parked*: hosts for which Azure had no capacity.
    """

    at: datetime
    looked_at: datetime
    full: bool = False
    values: dict[str, int] = Field(default_factory=dict)
    parked: tuple[Mark, ...] = ()

    @property
    def point(self) -> Point:
        """The point of the interval until its latest look."""
        return Point(self.at, self.values, self.parked)


def was_seen(hosts: Sequence[SessionHost], silent: Collection[str]) -> bool:
    """Whether Azure said how any host is, or has not to be asked; a look without an answer is missing in the usage."""
    return not silent or any(host.seen is not None and host.id not in silent for host in hosts)


def later(there: OpenUsage | None, made: OpenUsage | None) -> OpenUsage | None:
    """Return the usage of the later look: an order that comes late does not take the newer one's place."""
    if there is None or made is None:
        return there or made
    return made if made.looked_at >= there.looked_at else there


class Look(NamedTuple):
    """One look at a group: when, the figures of its plan, its hosts, and how many users signed in since the last one.

    *start_seconds*: how long hosts took that have just begun to serve.
    """

    at: datetime
    figures: Figures
    hosts: Sequence[SessionHost]
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
    since = known.looked_at if known else look.at
    parked = marked([*(known.parked if known and same else ()), *_parked(look.hosts, since)])
    opened = OpenUsage(at=begin, looked_at=look.at, full=not look.figures.free, values=values, parked=parked)
    return opened, known.point if known and not same else None


def _parked(hosts: Sequence[SessionHost], since: datetime) -> Iterator[Mark]:
    """Yield a mark for each host that was parked after *since*; it begins with the code of Azure's refusal."""
    for host in hosts:
        if host.parked_because is not None and host.parked_since is not None and host.parked_since > since:
            yield Mark(action=PARK, reason=host.parked_because.partition(":")[0], text=host.parked_because)


def _of_look(known: OpenUsage | None, look: Look) -> dict[str, int]:
    seen = [each.seen for each in look.hosts if each.seen is not None and each.status is HostStatus.READY]
    active, disconnected = sum(each.active for each in seen), sum(each.disconnected for each in seen)
    since = known.looked_at if known else look.at
    changed = [each for each in seen if each.online_at is not None and each.online_at > since]
    risen = [each for each in changed if each.state == HostState.RUNNING]
    waited = sum(each.active + each.disconnected for each in risen) if known and known.full else 0
    longest = max(look.start_seconds, default=int((look.at - since).total_seconds())) if waited else 0
    return {
        "seats": active + disconnected + look.figures.free,
        "activeSessions": active,
        "disconnectedSessions": disconnected,
        "peakSessions": active + disconnected,
        "builtHosts": look.figures.hosts,
        "runningHosts": sum(each.state == HostState.RUNNING for each in seen),
        "onlineHosts": look.figures.online,
        "signIns": look.sign_ins,
        "startedHosts": len(risen),
        "stoppedHosts": len(changed) - len(risen),
        "usersWaited": waited,
        "longestWaitInSeconds": longest,
    }
