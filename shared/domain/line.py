"""The line in front of one rate limit: whose turn it is among the tenants, and what the limit really is.

Places come at a rate, and as many as the limit holds at once when nobody asked for a while. A tenant that finds none
free stands in line: his tickets are numbered, and are served in their order. Between tenants places are shared by
start-time fair queueing (Goyal, Vin, Cheng, 1996) with equal weights: each place goes to the tenant whose turn has the
least tag, and raises that tag by one. Nobody starves, no place is kept from one who waits, and whoever asks for little
is served as if the others were not there.

What is published of a limit is only the first guess. The other side says what is left; from that the line corrects how
many places it has, and learns how fast they come and how many there can be. Where nothing is said, a refusal lowers the
guess and time raises it again.

Everything is a function of the state and of the time, and to move on by two steps is to move on by their sum, so that
workers who share the state through a table agree. Times are seconds since the epoch.
"""

from __future__ import annotations

import heapq
from dataclasses import asdict, dataclass, field
from typing import Any, Self

_NEARLY = 1e-6
"""Sums of fractions of a place come to a little less than the place."""
_MARGIN = 0.1
"""The part of a limit that is never handed out: for calls that the network delays into one another."""
_LEAST = 2.0
"""No limit holds less: of one place the margin would leave none to hand out."""
_HALF_LIFE, _HALF_LIFE_PLACES = 10.0, 30.0
"""Of what was handed out and not heard of again, half is believed lost after so long, or when so many places have come
since: tickets are dropped."""
_LEARNS_EVERY = 5.0
_GAIN = 0.5
_STEP = 1.5
"""The rate changes by no more than this factor at a time."""
_RANGE = 64.0
"""The rate stays within this factor of what is published: a wrong number must not stop a service for good."""
_CUT, _CUT_UNTOLD = 0.5, 0.7
"""Less where nothing but time raises the guess again."""
_CUTS_EVERY = 3.0
_RECOVERS_IN = 1200.0
"""From nothing back to what is published, where only refusals teach."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What is published: places per second, and how many there can be at once."""

    per_second: float
    burst: float


@dataclass(slots=True)
class Turn:
    """A tenant's part of the line: tickets up to *granted* may be spent, those up to *issued* wait."""

    tag: int
    granted: int
    issued: int

    @property
    def waiting(self) -> int:
        """How many of his tickets wait."""
        return self.issued - self.granted


@dataclass(slots=True)
class Line:
    """The state of one limit at a time."""

    at: float
    rate: float
    size: float  # as many places there can be at once, the margin not taken off
    places: float  # free now; below nothing after a correction
    out: float = 0.0  # handed out, and not heard of yet
    closed: float = 0.0  # until when the other side wants to hear nothing
    tag: int = 0  # of the last place that was handed out
    number: int = 0  # the highest there is
    told: float = 0.0  # when we were last told what is left; 0: never
    learned: float = 0.0
    drift: float = 0.0  # what the corrections since then came to
    cut: float = 0.0
    turns: dict[str, Turn] = field(default_factory=dict)

    @classmethod
    def begin(cls, limit: Limit, now: float) -> Self:
        """Return a line nobody has stood in."""
        return cls(at=now, rate=limit.per_second, size=limit.burst, places=limit.burst * (1 - _MARGIN), learned=now)

    @classmethod
    def read(cls, body: dict[str, Any]) -> Self:
        """Return the line that ``written`` wrote."""
        turns = {tenant: Turn(*turn) for tenant, turn in body["turns"].items()}
        return cls(**{**body, "turns": turns})

    def written(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**asdict(self), "turns": {name: [t.tag, t.granted, t.issued] for name, t in self.turns.items()}}

    @property
    def waiting(self) -> int:
        """How many tickets wait, of all tenants."""
        return sum(turn.waiting for turn in self.turns.values())

    @property
    def burst(self) -> float:
        """As many places are handed out at once at most."""
        return self.size * (1 - _MARGIN)

    # Time and turns
    def advance(self, now: float) -> None:
        """Move on to *now*: places come, and go to those who wait."""
        if now > self.at:
            self.places += max(0.0, now - max(self.at, self.closed)) * self.rate
            self.out *= 0.5 ** ((now - self.at) / max(_HALF_LIFE, _HALF_LIFE_PLACES / self.rate))
            self.at = now
        self._grant()
        self.places = min(self.places, self.burst)

    def join(self, tenant: str, n: int = 1) -> int:
        """Stand in line for *n* places; return the number of the last of them."""
        turn = self.turns.get(tenant)
        if turn is None:
            # Numbers only rise, also for one who comes back after he was forgotten: an old ticket is a spent one.
            number = max(int(self.at * 1e6), self.number)
            turn = self.turns[tenant] = Turn(self.tag, number, number)
        elif not turn.waiting:
            turn.tag = max(turn.tag, self.tag)
        turn.issued += n
        self.number = max(self.number, turn.issued)
        self._grant()
        return turn.issued

    def spare(self, n: int) -> int:
        """Take up to *n* free places for nobody in particular; none while somebody waits."""
        if self.at < self.closed or any(turn.waiting for turn in self.turns.values()):
            return 0
        taken = max(0, min(n, int(self.places + _NEARLY)))
        self.places -= taken
        self.out += taken
        return taken

    def wait(self, tenant: str, number: int) -> float:
        """Return in how many seconds a ticket may be spent, as it looks now; 0: now."""
        shut = max(0.0, self.closed - self.at)
        turn = self.turns.get(tenant)
        if turn is None or number <= turn.granted:
            return shut
        last = turn.tag + number - turn.granted - 1  # the tag of the place that this ticket gets
        before = sum(
            min(other.waiting, max(0, last - other.tag + (name < tenant)))
            for name, other in self.turns.items()
            if name != tenant
        )
        return shut + (number - turn.granted + before - self.places) / self.rate

    def _grant(self) -> None:
        if self.places + _NEARLY < 1 or self.at < self.closed:
            return
        heap = [(turn.tag, tenant) for tenant, turn in self.turns.items() if turn.waiting]
        heapq.heapify(heap)
        while heap and self.places + _NEARLY >= 1:
            self.tag, tenant = heap[0]
            turn = self.turns[tenant]
            turn.tag, turn.granted = turn.tag + 1, turn.granted + 1
            self.places, self.out = self.places - 1, self.out + 1
            if turn.waiting:
                heapq.heapreplace(heap, (turn.tag, tenant))
            else:
                heapq.heappop(heap)
        # Whoever was just served is remembered until the others have caught up: coming back is no shorter way.
        self.turns = {name: turn for name, turn in self.turns.items() if turn.waiting or turn.tag > self.tag}

    # Learning
    def hear(self, answered: int, left: int | None, limit: Limit) -> None:
        """Learn from *answered* calls, after the last of which *left* more were possible (None: not said)."""
        self.out = max(0.0, self.out - answered)
        if left is None:
            if not self.told:
                self._recover(limit)
            return
        self.size = max(self.size if self.told else _LEAST, left + 1.0)
        full = self.places >= self.burst - 1 or left >= self.burst
        error = left - self.out - self.size * _MARGIN - self.places
        self.places = min(self.places + error, self.burst)
        if full or not self.told:
            self.drift, self.learned = 0.0, self.at  # what overflows says nothing about the rate
        else:
            self.drift += error
        self.told = self.at
        self._learn(limit)
        self._grant()

    def refuse(self, after: float, limit: Limit) -> None:
        """Learn from a refusal: the limit was empty, and nobody may come for *after* seconds."""
        self.closed = max(self.closed, self.at + after)
        self.places = min(self.places, -self.out)  # who has a place still comes, and finds nothing either
        if self.at - self.cut < _CUTS_EVERY:
            return  # the same mistake: calls were on their way when the first of them was refused
        cut = _CUT if self.told else _CUT_UNTOLD
        self.rate = max(self.rate * cut, limit.per_second / _RANGE)
        self.size = max(self.size * cut, _LEAST)
        self.cut = self.learned = self.at
        self.drift = 0.0

    def _learn(self, limit: Limit) -> None:
        length = self.at - self.learned
        if length < _LEARNS_EVERY:
            return
        wished = self.rate + _GAIN * self.drift / length
        wished = min(max(wished, self.rate / _STEP), self.rate * _STEP)
        self.rate = min(max(wished, limit.per_second / _RANGE), limit.per_second * _RANGE)
        self.drift, self.learned = 0.0, self.at

    def _recover(self, limit: Limit) -> None:
        part, self.learned = (self.at - self.learned) / _RECOVERS_IN, self.at
        self.rate = max(self.rate, min(self.rate + limit.per_second * part, limit.per_second))
        self.size = max(self.size, min(self.size + limit.burst * part, limit.burst))
