"""An immediate release of a group in use, in a model: its duration against the lower bound, and missing seats.

Building a host takes as long as it was drawn to; so many are built at a time as the target allows. The plan is asked
after every change, and every minute. Users sign in again, on another host, a minute after they were signed off.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.spot_policies import MONDAY
from shared.domain.spot.engine.plan import plan
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.target import GroupTarget, Method, Release
from shared.domain.spot.hosts.host_plan import EngineAction, PlannedStep
from shared.domain.spot.hosts.observed import HostState, ObservedHost

OLD, NEW = "1.0.0", "1.1.0"
BUILD_MEDIAN, BUILD_SIGMA = 18 * 60.0, 0.2
START, STOP, REMOVE, PROOF = 120.0, 45.0, 90.0, 120.0
SIGN_IN_AGAIN = 60.0
LONGEST = timedelta(hours=12)


@dataclass(slots=True)
class ReleaseOutcome:
    """Results of a release: seconds until every host has the version; the bound; minutes with too few seats."""

    seconds: float = 0.0
    bound: float = 0.0
    minutes_below: float = 0.0
    without_desktop: int = 0  # signed off, and no seat was free when they signed in again
    builds: list[float] = field(default_factory=list)


class ReleaseModel:
    """*hosts* with *online* of them on and *sessions* sessions, and the release of a new version to all of them."""

    def __init__(self, hosts: int, online: int, sessions: int, seed: int, target: GroupTarget) -> None:
        self.target, self.now, self.outcome = target, MONDAY + timedelta(hours=11), ReleaseOutcome()
        self._chance = random.Random(seed)  # noqa: S311 - no secret is drawn
        self._began, self._number = self.now, hosts
        self._events: list[tuple[datetime, int, str, dict[str, object] | None]] = []
        self.hosts = {host.id: host for host in (self._old(n, online, sessions) for n in range(hosts))}
        self._seats = self._open_seats() + sessions

    def run(self) -> ReleaseOutcome:
        """Play the release until nothing is left to do; raise if it does not end."""
        while not self._is_over():
            self._decide()
            next_minute = self.now + timedelta(minutes=1)
            happens = min((self._events[0][0], next_minute)) if self._events else next_minute
            if self._open_seats() + self._sessions() < min(self._seats, self._floor()):
                self.outcome.minutes_below += (happens - self.now).total_seconds() / 60
            self.now = happens
            while self._events and self._events[0][0] <= self.now:
                _, _, host_id, changes = heapq.heappop(self._events)
                self._change(host_id, changes)
            if self.now - self._began > LONGEST:
                raise AssertionError("the release does not end")
        self.outcome.seconds = (self.now - self._began).total_seconds()
        self.outcome.bound = self._bound()
        return self.outcome

    def _old(self, number: int, online: int, sessions: int) -> ObservedHost:
        on, taken = number < online, sessions // online + (number < sessions % online)
        return ObservedHost(
            id=f"h{number:03d}",
            version=OLD,
            state=HostState.RUNNING if on else HostState.STOPPED,
            since=self.now - timedelta(hours=2),
            online_at=self.now - timedelta(hours=2),
            allow_new_sessions=on,
            active=taken if on else 0,
            proven=True,
        )

    def _decide(self) -> None:
        for step in plan(self.target, self.hosts.values(), self.now).steps:
            self._take(step)

    def _take(self, step: PlannedStep) -> None:
        host_id = step.host_id or ""
        match step.action:
            case EngineAction.BUILD:
                self._build()
            case EngineAction.UNDRAIN:
                self._change(host_id, {"allow_new_sessions": True, "closed_since": None})
            case EngineAction.DRAIN:
                self._change(host_id, {"allow_new_sessions": False, "closed_since": self.now})
            case EngineAction.NOTIFY:
                self._change(host_id, {"notified_at": self.now})
            case EngineAction.SIGN_OFF:
                for _ in range(self.hosts[host_id].active):
                    self._later(SIGN_IN_AGAIN, "", None)
                self._change(host_id, {"active": 0, "empty_since": self.now})
            case EngineAction.START | EngineAction.WAKE:
                self._change(
                    host_id, {"state": HostState.STARTING, "allow_new_sessions": step.action is EngineAction.START}
                )
                self._later(START, host_id, {"state": HostState.RUNNING})
            case EngineAction.STOP:
                self._change(host_id, {"state": HostState.STOPPING})
                self._later(STOP, host_id, {"state": HostState.STOPPED})
            case EngineAction.REMOVE:
                self._change(host_id, {"state": HostState.REMOVING})
                self._later(REMOVE, host_id, {})
            case _:
                raise AssertionError(f"the model has no {step.action}")

    def _build(self) -> None:
        host_id, self._number = f"h{self._number:03d}", self._number + 1
        took = BUILD_MEDIAN * self._chance.lognormvariate(0, BUILD_SIGMA)
        self.outcome.builds.append(took)
        self.hosts[host_id] = ObservedHost(
            id=host_id,
            version=NEW,
            state=HostState.BUILDING,
            since=self.now,
            allow_new_sessions=False,
            closed_since=self.now,
        )
        self._later(took, host_id, {"state": HostState.RUNNING})
        self._later(took + PROOF, host_id, {"proven": True})

    def _later(self, seconds: float, host_id: str, changes: dict[str, object] | None) -> None:
        order = len(self._events) + self._number * 1000
        heapq.heappush(self._events, (self.now + timedelta(seconds=seconds), order, host_id, changes))

    def _change(self, host_id: str, changes: dict[str, object] | None) -> None:
        if changes is None:
            self._sign_in()
        elif not changes:
            del self.hosts[host_id]
        else:
            times = {"since": self.now, "online_at": self.now, "empty_since": self.now} if "state" in changes else {}
            self.hosts[host_id] = self.hosts[host_id].model_copy(update={**times, **changes})

    def _sign_in(self) -> None:
        free = [host for host in self.hosts.values() if host.is_open and host.sessions < self.target.seats]
        if not free:
            self.outcome.without_desktop += 1
            return
        host = min(free, key=lambda each: (each.sessions, each.id))
        self._change(host.id, {"active": host.active + 1, "empty_since": None})

    def _open_seats(self) -> int:
        return sum(self.target.seats - host.sessions for host in self.hosts.values() if host.is_open)

    def _sessions(self) -> int:
        return sum(host.sessions for host in self.hosts.values())

    def _floor(self) -> int:
        """Return the seats that are promised: for every session, and the buffer."""
        return self._sessions() + -(-self._sessions() * self.target.buffer_percent // 100)

    def _is_over(self) -> bool:
        new = [host for host in self.hosts.values() if host.version == NEW and host.state is not HostState.BUILDING]
        return len(new) == len(self.hosts) == self.target.hosts

    def _bound(self) -> float:
        """Return a lower bound: the canary and its proof, all builds in groups of the allowed size, notice, removal.

        The last sessions can be warned when the last host that they need is built; the bound lets all of that and the
        builds of hosts that nobody needs happen meanwhile.
        """
        canary, *others = self.outcome.builds
        at_once = self.target.max_builds
        building = max([sum(others) / at_once, *others], default=0.0)
        return canary + PROOF + building + REMOVE


def release_of(hosts: int, seed: int) -> ReleaseOutcome:
    """Return the course of the immediate release of a pooled group of *hosts*, with nine of ten open seats taken."""
    target = GroupTarget(
        kind=LicenseType.POOLED,
        quantity=hosts * 10,
        version=NEW,
        release=Release(method=Method.IMMEDIATE),
        max_builds=10,
    )
    online = hosts * 9 // 10
    return ReleaseModel(hosts, online, online * 9, seed, target).run()
