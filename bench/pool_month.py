"""A month of a warm pool in a model: people come as drawn, members take as long as drawn, the plan is the service's.

Nothing here is Azure. A look comes every five minutes while something is built or removed, where the service looks each
minute and at each claim, and else each quarter of an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from shared.domain.cloud_pcs.lifecycle import Event
from shared.domain.policies.warm_pool import PoolSchedule, PoolSize, SizeException, SizePhase, WarmPool
from shared.domain.pools.advice import SizeAdvice, advised
from shared.domain.pools.member import PoolMember, new_member, retired
from shared.domain.pools.plan import PoolRecord, is_claimable, plan_pool
from tests.integration import things

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)
_BUSY, _QUIET = 5 * _MINUTE, timedelta(minutes=15)
_USUAL_A_DAY = 3
_WORKING_DAYS = 5
_FRESH = things.snapshot()
_RECORD = PoolRecord(id="pool", tenant_id=things.TENANT_ID)


def arrivals(first: date, onboarding: Sequence[date], many: int, seed: int) -> list[datetime]:
    """Return when people come in thirty days: some on each working day, *many* on an onboarding day before noon."""
    random, found = Random(seed), list[datetime]()  # noqa: S311 - a scenario, not a secret
    for number in range(30):
        day = first + number * _DAY
        if day.weekday() >= _WORKING_DAYS:
            continue
        morning = datetime.combine(day, time(8), UTC)
        found += [morning + timedelta(seconds=random.randrange(8 * 3600)) for _ in range(_USUAL_A_DAY)]
        if day in onboarding:
            found += [morning + timedelta(seconds=random.randrange(4 * 3600)) for _ in range(many)]
    return sorted(found)


def scheduled(advice: SizeAdvice, onboarding: Sequence[date]) -> WarmPool:
    """Return a pool of the advised sizes; the days of the month before say how many come on an onboarding day."""
    usual = advice.desired or 0
    busy = max((each.size for each in advice.busy_days), default=usual)
    phases = (SizePhase(begins=time(8), size=busy), SizePhase(begins=time(12), size=usual))
    schedule = PoolSchedule(
        time_zone="UTC",
        phases=(SizePhase(begins=time(0), size=usual),),
        exceptions=tuple(SizeException(on=day, phases=phases) for day in onboarding),
    )
    return WarmPool(plan=things.plan(), desired=usual, schedule=schedule)


@dataclass
class Month:
    """Counts of a month: requests and hits, machine-hours of members, and the greatest age of a member."""

    hits: int = 0
    asked: int = 0
    member_hours: float = 0.0
    oldest: timedelta = timedelta()
    members: list[PoolMember] = field(default_factory=list)
    ready_at: dict[str, datetime] = field(default_factory=dict)


def play(pool: WarmPool, people: Sequence[datetime], first: date, seed: int) -> Month:
    """Play thirty days, after two in which the pool is filled."""
    random, month = Random(seed), Month()  # noqa: S311 - a scenario, not a secret
    now = datetime.combine(first, time(), UTC) - 2 * _DAY
    ends, waiting, number = now + 32 * _DAY, list(people), 0
    while now < ends:
        number, busy = _look(month, pool, now, number, random)
        after = min(now + (_BUSY if busy else _QUIET), ends)
        if waiting and waiting[0] <= after:
            after = max(now + timedelta(seconds=1), waiting[0])
            while waiting and waiting[0] <= after:
                waiting.pop(0)
                _claim(month, pool, after)
        month.member_hours += len(month.members) * (after - now) / timedelta(hours=1)
        now = after
    return month


def _look(month: Month, pool: WarmPool, now: datetime, number: int, random: Random) -> tuple[int, bool]:
    """Carry out the plan of a moment; return the number of the next member, and whether a look follows soon."""
    built = [
        each
        if each.ready_at or month.ready_at[each.id] > now
        else each.after(Event.STARTED, at=now).after(Event.SUCCEEDED, at=now).but(ready_at=now)
        for each in month.members
    ]
    made = plan_pool(pool, built, _FRESH, ("c1",), _RECORD, now)
    month.members = [each for each in built if each.id not in made.retired]
    gone = [retired(each, made.retired[each.id], now) for each in built if each.id in made.retired]
    month.oldest = max([month.oldest, *(now - each.created_date_time for each in (*month.members, *gone))])
    for _ in range(made.create):
        number += 1
        member = new_member(f"{number:020x}", things.TENANT_ID, pool.plan, _FRESH, None, now)
        month.members.append(member)
        month.ready_at[member.id] = now + timedelta(minutes=_building(random))
    return number, bool(made.create or made.starting or made.retired)


def _building(random: Random) -> float:
    """Return the minutes of a build: a quarter of an hour and Intune's delay, with its long tail up to an hour."""
    return 16 + min(60.0, random.lognormvariate(1.6, 1.0))


def _claim(month: Month, pool: WarmPool, now: datetime) -> None:
    month.asked += 1
    numbers = (n for n, each in enumerate(month.members) if is_claimable(pool, each, _FRESH, ("c1",), now))
    if (found := next(numbers, None)) is not None:
        month.hits += 1
        del month.members[found]


def history(first: date, onboarding: Sequence[date], many: int, seed: int) -> SizeAdvice:
    """Return the advice after a similar month with another seed."""
    return advised(arrivals(first, onboarding, many, seed), PoolSize())
