"""One person and their Cloud PC in a model: the engine's looks, starts that may be refused, stops, sign-ins.

The engine, the record and the rule for the next look are the app's. Azure is drawn: how long a start takes, and on one
morning whether it is refused. Nobody else has an effect on a person, so that each is played alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bench.power_weeks import Person, Presence
from shared.domain.power.arrivals import when_expected
from shared.domain.power.engine import PowerDecision, PowerFacts, PowerStep, decide
from shared.domain.power.hours import hold_until
from shared.domain.power.record import CloudPcPower, actor_of, begun, seen, switched
from shared.domain.power.state import DesiredPower, ObservedPower
from shared.services.power.acting import next_look

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
START_MEDIAN_S, START_SIGMA = 75.0, 0.35
_LATE_ARRIVALS = 2 * MINUTE
_DEALLOCATION = MINUTE
_AGAIN = 15 * MINUTE
_QUICK = timedelta(seconds=5)


@dataclass
class Outcome:
    """Figures of a person's weeks, without the weeks in which the service learns."""

    host_minutes: float = 0.0
    waits: list[tuple[timedelta, bool]] = field(default_factory=list)
    """The wait of each sign-in, and whether the sign-in was in working hours."""
    stopped_active: int = 0
    decisions: int = 0
    explained: int = 0
    looks: int = 0
    refused: int = 0


@dataclass
class Life:
    """A person and their machine. *refusals*: when starts are refused, and how often of all; *unread*: sessions."""

    person: Person
    begins: datetime
    measured: datetime
    ends: datetime
    refusals: tuple[datetime, datetime, float]
    unread: tuple[datetime, datetime]
    seed: int

    def __post_init__(self) -> None:
        self._chance = random.Random(f"{self.seed}/{self.person.id}")  # noqa: S311 - no secret is drawn
        self._power = CloudPcPower(id=self.person.id, tenant_id="t", since=self.begins)
        self._on_since: datetime | None = self.begins
        self._ready_at = self._off_at = self.begins
        self.outcome = Outcome()

    def play(self) -> Outcome:
        """Play all weeks; return their figures."""
        now, waiting = self.begins, list(self.person.presences)
        while now < self.ends:
            arrival = waiting[0].begins if waiting else self.ends
            if arrival <= now:
                self._sign_in(waiting.pop(0))
                continue
            later = self._look(now)
            while waiting and waiting[0].begins < later:
                self._sign_in(waiting.pop(0))
            now = later
        self._off(self.ends)
        return self.outcome

    def _sign_in(self, presence: Presence) -> None:
        """Connect the user, which starts a machine that is off; while it starts they wait."""
        at = presence.begins
        if self._on_since is None:
            self._on(max(at, self._off_at))
        wait = max(timedelta(), self._ready_at - at)
        if at >= self.measured:
            self.outcome.waits.append((wait, self.person.works_at(at)))

    def _on(self, at: datetime) -> None:
        self._on_since = at
        self._ready_at = at + timedelta(seconds=START_MEDIAN_S * self._chance.lognormvariate(0, START_SIGMA))

    def _off(self, at: datetime) -> None:
        if self._on_since is not None:
            begun_at = max(self._on_since, self.measured)
            self.outcome.host_minutes += max(0.0, (at - begun_at) / MINUTE)
        self._on_since, self._off_at = None, at

    def _look(self, now: datetime) -> datetime:
        """Look as ``power_due`` does; return the time of the next look."""
        readable = not self.unread[0] <= now < self.unread[1]
        observed = ObservedPower.DEALLOCATED if self._on_since is None else ObservedPower.RUNNING
        power = self._power
        if self._on_since is None:
            power = power.with_sessions(0, 0, now)
        elif readable:
            power = power.with_sessions(*self.person.sessions_at(now), now, self.person.came_at(now))
        power = seen(power, observed, now, hold_until(self.person.schedule, now, DAY))
        facts = self._facts(power, now, readable=readable or self._on_since is None)
        decision = decide(facts, now)
        self._count(decision, now)
        self._power = power.planned(decision, None)
        if decision.step is PowerStep.WARN and decision.stops_at is not None:
            self._power = self._power.warned(decision.stops_at)
        if decision.step is PowerStep.START:
            return self._start(decision, now)
        if decision.step in {PowerStep.DEALLOCATE, PowerStep.HIBERNATE}:
            return self._stop(decision, now)
        return next_look(power, facts, decision, now) or self.ends

    def _facts(self, power: CloudPcPower, now: datetime, *, readable: bool) -> PowerFacts:
        schedule = self.person.schedule
        expected = when_expected(schedule, power.arrivals, now, power.id)
        return power.facts(readable=readable, schedule=schedule, schedule_name=self.person.shape, **expected)

    def _count(self, decision: PowerDecision, now: datetime) -> None:
        if now >= self.measured:
            self.outcome.looks += 1
            if decision.step is not None or decision.desired is not DesiredPower.LEAVE:
                self.outcome.decisions += 1
                self.outcome.explained += bool(decision.winner and decision.winner.why)

    def _start(self, decision: PowerDecision, now: datetime) -> datetime:
        first, last, share = self.refusals
        if first <= now < last and self._chance.random() < share:
            self.outcome.refused += 1
            self._power = self._power.with_refusal("AllocationFailed", "no hardware", now)
            refused = self._power.refused
            return max(refused.next_try, now + timedelta(seconds=20)) if refused else now + MINUTE
        self._begin(decision, PowerStep.START, now)
        self._on(now)
        self._power = switched(self._power, ObservedPower.RUNNING, None, self._ready_at)
        return self._ready_at

    def _stop(self, decision: PowerDecision, now: datetime) -> datetime:
        """Close the host, wait for late arrivals, read again, and stop only then."""
        self._begin(decision, PowerStep.DEALLOCATE, now)
        closed = now + _LATE_ARRIVALS
        if self.person.sessions_at(closed)[0]:
            self._power = self._power.but(step=None)
            return now + _AGAIN
        stopped = closed + _DEALLOCATION
        self.outcome.stopped_active += self.person.active_since(closed, stopped)
        self._off(stopped)
        self._power = switched(self._power, ObservedPower.DEALLOCATED, None, stopped)
        return stopped

    def _begin(self, decision: PowerDecision, step: PowerStep, now: datetime) -> None:
        why = decision.winner.why if decision.winner else ""
        self._power = begun(self._power, step, now, actor_of(decision, None), why)


def waited(outcomes: Sequence[Outcome], *, working: bool) -> list[timedelta]:
    """Return the waits of the sign-ins in working hours, or of those outside them."""
    return sorted(wait for outcome in outcomes for wait, within in outcome.waits if within is working)


def slow(waits: Sequence[timedelta]) -> int:
    """Return how many waits are longer than five seconds."""
    return sum(wait > _QUICK for wait in waits)
