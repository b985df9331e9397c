"""Tokens of a rate limit: taken before the call, shared by workers and tenants, and passed on as tickets."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from shared.clients.buckets import Bucket
from shared.clients.pacing import Pacing
from shared.contracts.calls import SPENT, TICKETS, PacedError, on_behalf_of
from shared.domain.rate_limiter import Limit
from tests.rate_limiters import MemoryRateLimiters

START = datetime(2026, 1, 1, tzinfo=UTC)
WRITES = Bucket("p/s//arm-writes", Limit(10, 20), block=6, header="left")
SLOW = Bucket("p/s//PutVM", Limit(1, 3), block=1)
AT_ONCE = 18  # of WRITES: a tenth is the margin


@dataclass
class HandClock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def move(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def limiters() -> MemoryRateLimiters:
    return MemoryRateLimiters()


@pytest.fixture
def pacing(clock: HandClock, limiters: MemoryRateLimiters) -> Pacing:
    return Pacing(limiters, clock)


@pytest.fixture(autouse=True)
def _no_tickets() -> Iterator[None]:
    held, spent = TICKETS.set(None), SPENT.set(None)
    yield
    TICKETS.reset(held)
    SPENT.reset(spent)


async def until_paced(pacing: Pacing, bucket: Bucket, most: int = 1000) -> int:
    for made in range(most):
        try:
            await pacing.reserve(bucket)
        except PacedError:
            return made
    raise AssertionError("never paced")


async def paced(pacing: Pacing, *buckets: Bucket) -> PacedError:
    with pytest.raises(PacedError) as raised:
        await pacing.reserve(*buckets)
    return raised.value


async def test_a_full_bucket_grants_its_burst_at_once(pacing: Pacing) -> None:
    assert await until_paced(pacing, WRITES) == AT_ONCE


async def test_a_block_of_tokens_costs_one_write_to_the_table(pacing: Pacing, limiters: MemoryRateLimiters) -> None:
    for _ in range(AT_ONCE):
        await pacing.reserve(WRITES)
    assert limiters.changes == AT_ONCE // WRITES.block


async def test_many_concurrent_calls_cost_one_write_after_the_first(
    pacing: Pacing, limiters: MemoryRateLimiters
) -> None:
    outcomes = await asyncio.gather(*(pacing.reserve(WRITES) for _ in range(100)), return_exceptions=True)
    assert sum(isinstance(each, PacedError) for each in outcomes) == 100 - AT_ONCE
    assert limiters.changes == 2


async def test_an_empty_bucket_refills_at_its_rate(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, WRITES)
    clock.move(1)
    assert await until_paced(pacing, WRITES) == 9  # one of ten went to the call that was paced


async def test_two_workers_share_a_bucket(limiters: MemoryRateLimiters, clock: HandClock) -> None:
    one, other = Pacing(limiters, clock), Pacing(limiters, clock)
    assert await until_paced(one, WRITES) + await until_paced(other, WRITES) == AT_ONCE


async def test_each_paced_call_has_a_delay_of_its_own(pacing: Pacing) -> None:
    await until_paced(pacing, SLOW)
    delays = [(await paced(pacing, SLOW)).after for _ in range(3)]
    assert delays == sorted(set(delays))


async def test_a_ticket_is_good_for_one_call(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, SLOW)
    clock.move(error.after.total_seconds())
    TICKETS.set(list(error.tickets))
    await pacing.reserve(SLOW)
    assert TICKETS.get() == []


async def test_a_ticket_that_one_task_of_an_activity_has_spent_is_spent_for_all(
    pacing: Pacing, clock: HandClock
) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, SLOW)
    clock.move(error.after.total_seconds())
    SPENT.set([])
    TICKETS.set(list(error.tickets))
    await asyncio.gather(pacing.reserve(SLOW))
    assert TICKETS.get() == []
    assert len((await paced(pacing, SLOW)).tickets) == 2  # for the call before, which is made again, and for this one


async def test_a_ticket_is_honoured_by_another_worker(limiters: MemoryRateLimiters, clock: HandClock) -> None:
    one, other = Pacing(limiters, clock), Pacing(limiters, clock)
    await until_paced(one, SLOW)
    error = await paced(one, SLOW)
    TICKETS.set(list(error.tickets))
    await paced(other, SLOW)
    clock.move(error.after.total_seconds())
    await other.reserve(SLOW)


async def test_a_call_that_comes_too_early_keeps_its_ticket_and_takes_no_other(pacing: Pacing) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, SLOW)
    TICKETS.set(list(error.tickets))
    again = await paced(pacing, SLOW)
    assert again.tickets == ()
    assert again.after == error.after
    assert TICKETS.get() == list(error.tickets)


async def test_a_call_on_two_buckets_keeps_its_ticket_for_the_one_that_had_a_token(pacing: Pacing) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, WRITES, SLOW)
    assert {ticket.bucket for ticket in error.tickets} == {WRITES.name, SLOW.name}


async def test_a_call_that_waits_in_the_first_queue_does_not_enter_the_second(
    pacing: Pacing, limiters: MemoryRateLimiters
) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, SLOW, WRITES)
    assert [ticket.bucket for ticket in error.tickets] == [SLOW.name]
    assert WRITES.name not in limiters.rows


async def test_a_tenant_that_makes_many_calls_does_not_delay_another(pacing: Pacing) -> None:
    with on_behalf_of("greedy"):
        await asyncio.gather(*(pacing.reserve(WRITES) for _ in range(1000)), return_exceptions=True)
    with on_behalf_of("modest"):
        error = await paced(pacing, WRITES)
    assert error.after <= timedelta(seconds=2 / WRITES.limit.per_second)


async def test_after_a_429_no_call_is_made_before_its_retry_after(pacing: Pacing, clock: HandClock) -> None:
    await pacing.reserve(WRITES)
    await pacing.back_off(WRITES, timedelta(seconds=60))
    assert (await paced(pacing, WRITES)).after >= timedelta(seconds=60)
    clock.move(61)
    assert 0 < await until_paced(pacing, WRITES) < AT_ONCE


async def test_a_ticket_that_is_due_waits_until_a_429_is_over(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, SLOW)
    clock.move(error.after.total_seconds())
    await pacing.back_off(SLOW, timedelta(seconds=30))
    TICKETS.set(list(error.tickets))
    assert (await paced(pacing, SLOW)).after == timedelta(seconds=30)


async def test_what_the_cloud_reports_as_left_counts_when_it_is_less(pacing: Pacing) -> None:
    await pacing.reserve(WRITES)
    await pacing.observe(WRITES, 0)
    assert await until_paced(pacing, WRITES) == 0


async def test_what_the_cloud_reports_as_left_costs_no_write_while_it_is_as_expected(
    pacing: Pacing, limiters: MemoryRateLimiters
) -> None:
    for left in range(AT_ONCE - 1, AT_ONCE - 1 - WRITES.block, -1):
        await pacing.reserve(WRITES)
        await pacing.observe(WRITES, left + 2)
    assert limiters.changes == 1


async def test_unused_tokens_do_not_add_to_a_later_burst(pacing: Pacing, clock: HandClock) -> None:
    await pacing.reserve(WRITES)
    clock.move(3600)
    assert await until_paced(pacing, WRITES) <= AT_ONCE


async def test_an_activity_that_starts_again_has_a_ticket_for_each_call_that_it_repeats(pacing: Pacing) -> None:
    SPENT.set([])
    await pacing.reserve(SLOW)
    await pacing.reserve(SLOW)
    error = await paced(pacing, SLOW)
    assert [ticket.bucket for ticket in error.tickets] == [SLOW.name] * 3
    assert error.after == timedelta(seconds=2.3)  # three tokens, of which 0.7 are there


async def test_an_activity_starts_only_when_all_its_tickets_are_due(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, SLOW)
    tickets = [*(await paced(pacing, SLOW)).tickets, *(await paced(pacing, SLOW)).tickets]
    SPENT.set([])
    TICKETS.set(list(tickets))
    clock.move(2)
    assert (await paced(pacing, SLOW)).tickets == ()
    clock.move(1)
    await pacing.reserve(SLOW)
    await pacing.reserve(SLOW)


async def test_a_throttled_call_comes_back_with_a_ticket_after_its_retry_after(pacing: Pacing) -> None:
    SPENT.set([])
    await pacing.reserve(WRITES)
    error = await pacing.call_again(timedelta(seconds=30))
    assert [ticket.bucket for ticket in error.tickets] == [WRITES.name]
    assert error.after == timedelta(seconds=30)
