"""Places in a rate limit: reserved before the call, shared, and travelling as tickets."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shared.clients.pacing import Bucket, Pacing
from shared.contracts.tickets import TICKETS, PacedError

START = datetime(2026, 1, 1, tzinfo=UTC)
WRITES = Bucket("p/s//arm-writes", timedelta(seconds=0.1), burst=20, block=5)
SLOW = Bucket("p/s//PutVM", timedelta(seconds=1), burst=2, block=1)


@dataclass
class HandClock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class MemoryLeases:
    """The table's rule, in memory."""

    free: dict[str, datetime] = field(default_factory=dict)
    leased: int = 0

    async def lease(self, bucket: str, n: int, at: datetime, *, every: timedelta, burst: int = 1) -> datetime:
        self.leased += 1
        first = max(self.free.get(bucket, datetime.min.replace(tzinfo=UTC)), at - every * (burst - 1))
        self.free[bucket] = first + every * n
        return first

    async def close_until(self, bucket: str, at: datetime) -> None:
        self.free[bucket] = max(at, self.free.get(bucket, at))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def leases() -> MemoryLeases:
    return MemoryLeases()


@pytest.fixture
def pacing(clock: HandClock, leases: MemoryLeases) -> Pacing:
    return Pacing(leases, clock)


@pytest.fixture(autouse=True)
def _no_tickets() -> Iterator[None]:
    held = TICKETS.set(())
    yield
    TICKETS.reset(held)


async def until_paced(pacing: Pacing, bucket: Bucket, most: int = 1000) -> int:
    for made in range(most):
        try:
            await pacing.reserve(bucket)
        except PacedError:
            return made
    raise AssertionError("never paced")


async def test_a_full_bucket_gives_its_burst_at_once(pacing: Pacing) -> None:
    assert await until_paced(pacing, WRITES) == WRITES.burst


async def test_a_block_of_places_costs_one_look_at_the_table(pacing: Pacing, leases: MemoryLeases) -> None:
    for _ in range(WRITES.burst):
        await pacing.reserve(WRITES)
    assert leases.leased == WRITES.burst // WRITES.block


async def test_an_empty_bucket_refills_at_its_rate(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, WRITES)
    clock.move(1)
    assert await until_paced(pacing, WRITES) == 9  # one of ten was reserved by the caller who was paced


async def test_two_workers_share_a_bucket(leases: MemoryLeases, clock: HandClock) -> None:
    one, other = Pacing(leases, clock), Pacing(leases, clock)
    assert await until_paced(one, WRITES) + await until_paced(other, WRITES) == WRITES.burst


async def test_whoever_is_paced_has_a_place_of_his_own(pacing: Pacing) -> None:
    await until_paced(pacing, SLOW)
    places = []
    for _ in range(3):
        with pytest.raises(PacedError) as paced:
            await pacing.reserve(SLOW)
        places.append(paced.value.after)
    assert places == sorted(set(places))


async def test_a_ticket_is_a_place_for_one_call(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, SLOW)
    with pytest.raises(PacedError) as paced:
        await pacing.reserve(SLOW)
    clock.move(paced.value.after.total_seconds())
    TICKETS.set(paced.value.tickets)
    await pacing.reserve(SLOW)
    assert TICKETS.get() == ()


async def test_a_call_on_two_buckets_keeps_its_place_in_the_one_that_had_room(pacing: Pacing) -> None:
    await until_paced(pacing, SLOW)
    with pytest.raises(PacedError) as paced:
        await pacing.reserve(WRITES, SLOW)
    assert {ticket.bucket for ticket in paced.value.tickets} == {WRITES.name, SLOW.name}


async def test_after_a_429_nobody_calls_before_its_time(pacing: Pacing, clock: HandClock) -> None:
    await pacing.reserve(WRITES)
    await pacing.close(WRITES, timedelta(seconds=60))
    with pytest.raises(PacedError) as paced:
        await pacing.reserve(WRITES)
    assert paced.value.after >= timedelta(seconds=60)
    clock.move(61)
    assert await until_paced(pacing, WRITES) < WRITES.burst


async def test_what_the_cloud_says_is_left_counts_when_it_is_little(pacing: Pacing) -> None:
    await pacing.reserve(WRITES)
    await pacing.believe(WRITES, 0)
    assert await until_paced(pacing, WRITES) <= 1


async def test_places_nobody_took_do_not_add_to_a_later_burst(pacing: Pacing, clock: HandClock) -> None:
    await pacing.reserve(WRITES)
    clock.move(3600)
    assert await until_paced(pacing, WRITES) <= WRITES.burst
