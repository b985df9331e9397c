"""A discrete-event model of one pooled group: a broker, hosts with start times, and a policy that runs hosts.

The broker gives a sign-in to an open host with a free seat. Without one the user waits, and has failed after
``GIVES_UP_AFTER``. Sessions never move. Whoever decides looks once a minute, and after every change of a host that it
made; it is never told of a sign-in. A host costs from the moment its start is accepted until its stop is.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import count

from bench.spot_week import Session

LOOK = 60.0
GIVES_UP_AFTER = 300.0
LATELY = 300.0
START_MEDIAN, START_SIGMA = 120.0, 0.42  # p95 is twice the median
STOP_SECONDS = 45.0


class Power(Enum):
    """The states of a host in the model."""

    OFF = "off"
    STARTING = "starting"
    ON = "on"
    STOPPING = "stopping"


@dataclass(slots=True)
class Host:
    """A host of the model; *seconds* is its cost so far."""

    id: str
    power: Power = Power.OFF
    is_open: bool = False
    sessions: dict[int, float] = field(default_factory=dict)  # sign-off by user
    began: dict[int, float] = field(default_factory=dict)  # of the sessions that it has, by user
    since: float = 0.0
    empty_since: float = 0.0
    closed_since: float = 0.0
    last_on: float = 0.0
    on_from: float = 0.0
    seconds: float = 0.0
    lately: deque[float] = field(default_factory=deque)

    @property
    def serves(self) -> bool:
        """Whether the broker may choose it."""
        return self.power is Power.ON and self.is_open


@dataclass(slots=True)
class Outcome:
    """Results of a run: host seconds, and seconds that each user waited, including users who gave up."""

    host_seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    failed: int = 0
    starts: int = 0
    most_on: int = 0

    def percentile(self, percent: float) -> float:
        """Return the nearest-rank percentile of the waits."""
        ordered = sorted(self.waits)
        return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)] if ordered else 0.0


class Model:
    """Plays *sessions* on *hosts* with *seats*, as *decide* chooses; *depth*: whether the fullest host comes first."""

    def __init__(self, hosts: int, seats: int, sessions: Sequence[Session], seed: int, end: float) -> None:
        self.hosts = [Host(f"h{number:03d}") for number in range(hosts)]
        self.seats, self.now, self.depth = seats, 0.0, False
        self.latest_starts: list[float] = []
        self.outcome = Outcome()
        self._chance = random.Random(seed)  # noqa: S311 - no secret is drawn
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._waiting: deque[Session] = deque()
        self._end = end
        self._changed = False
        for session in sessions:
            self.at(session.begins, lambda session=session: self._sign_in(session))  # type: ignore[misc]

    @property
    def waiting(self) -> list[Session]:
        """The sessions that wait for a host."""
        return list(self._waiting)

    def at(self, moment: float, happens: Callable[[], None]) -> None:
        """Let something happen at *moment*."""
        heapq.heappush(self._events, (moment, next(self._order), happens))

    def run(self, decide: Callable[[Model], None]) -> Outcome:
        """Play everything; *decide* changes the hosts by ``start``, ``stop``, ``open`` and ``close``."""

        def look() -> None:
            self._changed = True
            if self.now + LOOK <= self._end:
                self.at(self.now + LOOK, look)

        self.at(0.0, look)
        while self._events and self._events[0][0] <= self._end:
            self.now, _, happens = heapq.heappop(self._events)
            happens()
            if self._changed:
                self._changed = False
                decide(self)
        self.now = self._end
        for host in self.hosts:
            if host.power in {Power.STARTING, Power.ON}:
                host.seconds += self._end - host.on_from
        self.outcome.host_seconds = sum(host.seconds for host in self.hosts)
        return self.outcome

    def start(self, host: Host, *, opens: bool = True) -> None:
        """Start *host*, which is off."""
        host.power, host.since, host.on_from, host.is_open = Power.STARTING, self.now, self.now, opens
        took = START_MEDIAN * self._chance.lognormvariate(0, START_SIGMA)
        self.outcome.starts += 1
        self.at(self.now + took, lambda: self._started(host, took))

    def stop(self, host: Host) -> None:
        """Stop *host*; it must have no sessions."""
        if host.sessions:
            raise AssertionError(f"{host.id} was stopped with {len(host.sessions)} sessions")
        host.power, host.since, host.last_on = Power.STOPPING, self.now, self.now
        host.seconds += self.now - host.on_from
        self.at(self.now + STOP_SECONDS, lambda: self._stopped(host))

    def open(self, host: Host) -> None:
        """Let the broker choose *host*."""
        host.is_open = True
        self._serve_waiting()

    def close(self, host: Host) -> None:
        """Drain *host*."""
        host.is_open, host.closed_since = False, self.now

    def lately(self, host: Host) -> int:
        """Return how many sessions of *host* began lately."""
        while host.lately and host.lately[0] < self.now - LATELY:
            host.lately.popleft()
        return len(host.lately)

    def _started(self, host: Host, took: float) -> None:
        host.power, host.since, host.empty_since, self._changed = Power.ON, self.now, self.now, True
        self.latest_starts.append(took)
        on = sum(1 for each in self.hosts if each.power is Power.ON)
        self.outcome.most_on = max(self.outcome.most_on, on)
        self._serve_waiting()

    def _stopped(self, host: Host) -> None:
        host.power, host.since, self._changed = Power.OFF, self.now, True

    def _sign_in(self, session: Session) -> None:
        if not self._place(session):
            self._waiting.append(session)
            self.at(session.begins + GIVES_UP_AFTER, lambda: self._give_up(session))

    def _place(self, session: Session) -> bool:
        free = [host for host in self.hosts if host.serves and len(host.sessions) < self.seats]
        if not free:
            return False
        host = (
            max(free, key=lambda each: len(each.sessions)) if self.depth else min(free, key=lambda h: len(h.sessions))
        )
        host.sessions[session.user] = session.ends
        host.began[session.user] = self.now
        host.lately.append(self.now)
        self.outcome.waits.append(self.now - session.begins)
        self.at(max(session.ends, self.now), lambda: self._sign_off(host, session.user))
        return True

    def _sign_off(self, host: Host, user: int) -> None:
        del host.sessions[user], host.began[user]
        if not host.sessions:
            host.empty_since = self.now
        self._serve_waiting()

    def _give_up(self, session: Session) -> None:
        if session in self._waiting:
            self._waiting.remove(session)
            self.outcome.failed += 1
            self.outcome.waits.append(GIVES_UP_AFTER)

    def _serve_waiting(self) -> None:
        while self._waiting and self._place(self._waiting[0]):
            self._waiting.popleft()
