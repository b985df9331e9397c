"""Places in a rate limit: taken before the call, shared by workers and tenants, and travelling as tickets."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from shared.clients.pacing import Bucket, Pacing
from shared.contracts.tickets import SPENT, TICKETS, PacedError, on_behalf_of
from shared.domain.line import Limit
from tests.lines import MemoryLines

START = datetime(2026, 1, 1, tzinfo=UTC)
WRITES = Bucket("p/s//arm-writes", Limit(10, 20), block=6, header="left")
SLOW = Bucket("p/s//PutVM", Limit(1, 3), block=1)
AT_ONCE = 18  # of WRITES: a tenth is kept back


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
def lines() -> MemoryLines:
    return MemoryLines()


@pytest.fixture
def pacing(clock: HandClock, lines: MemoryLines) -> Pacing:
    return Pacing(lines, clock)


@pytest.fixture(autouse=True)
def _no_tickets() -> Iterator[None]:
    held, spent = TICKETS.set(()), SPENT.set(None)
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


async def test_a_full_bucket_gives_its_burst_at_once(pacing: Pacing) -> None:
    assert await until_paced(pacing, WRITES) == AT_ONCE


async def test_a_block_of_places_costs_one_look_at_the_table(pacing: Pacing, lines: MemoryLines) -> None:
    for _ in range(AT_ONCE):
        await pacing.reserve(WRITES)
    assert lines.changes == AT_ONCE // WRITES.block


async def test_a_crowd_costs_one_look_at_the_table_after_the_first(pacing: Pacing, lines: MemoryLines) -> None:
    outcomes = await asyncio.gather(*(pacing.reserve(WRITES) for _ in range(100)), return_exceptions=True)
    assert sum(isinstance(each, PacedError) for each in outcomes) == 100 - AT_ONCE
    assert lines.changes == 2


async def test_an_empty_bucket_refills_at_its_rate(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, WRITES)
    clock.move(1)
    assert await until_paced(pacing, WRITES) == 9  # one of ten went to the caller who was paced


async def test_two_workers_share_a_bucket(lines: MemoryLines, clock: HandClock) -> None:
    one, other = Pacing(lines, clock), Pacing(lines, clock)
    assert await until_paced(one, WRITES) + await until_paced(other, WRITES) == AT_ONCE


async def test_whoever_is_paced_has_a_place_of_his_own(pacing: Pacing) -> None:
    await until_paced(pacing, SLOW)
    places = [(await paced(pacing, SLOW)).after for _ in range(3)]
    assert places == sorted(set(places))


async def test_a_ticket_is_a_place_for_one_call(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, SLOW)
    clock.move(error.after.total_seconds())
    TICKETS.set(error.tickets)
    await pacing.reserve(SLOW)
    assert TICKETS.get() == ()


async def test_a_ticket_is_honoured_by_another_worker(lines: MemoryLines, clock: HandClock) -> None:
    one, other = Pacing(lines, clock), Pacing(lines, clock)
    await until_paced(one, SLOW)
    error = await paced(one, SLOW)
    TICKETS.set(error.tickets)
    await paced(other, SLOW)
    clock.move(error.after.total_seconds())
    await other.reserve(SLOW)


async def test_whoever_comes_before_his_turn_keeps_his_ticket_and_takes_no_other(pacing: Pacing) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, SLOW)
    TICKETS.set(error.tickets)
    again = await paced(pacing, SLOW)
    assert again.tickets == ()
    assert again.after == error.after
    assert TICKETS.get() == error.tickets


async def test_a_call_on_two_buckets_keeps_its_place_in_the_one_that_had_room(pacing: Pacing) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, WRITES, SLOW)
    assert {ticket.bucket for ticket in error.tickets} == {WRITES.name, SLOW.name}


async def test_nobody_stands_in_the_second_line_while_he_waits_in_the_first(pacing: Pacing, lines: MemoryLines) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, SLOW, WRITES)
    assert [ticket.bucket for ticket in error.tickets] == [SLOW.name]
    assert WRITES.name not in lines.rows


async def test_a_tenant_who_wants_much_does_not_make_another_wait(pacing: Pacing) -> None:
    with on_behalf_of("greedy"):
        await asyncio.gather(*(pacing.reserve(WRITES) for _ in range(1000)), return_exceptions=True)
    with on_behalf_of("modest"):
        error = await paced(pacing, WRITES)
    assert error.after <= timedelta(seconds=2 / WRITES.limit.per_second)


async def test_after_a_429_nobody_calls_before_its_time(pacing: Pacing, clock: HandClock) -> None:
    await pacing.reserve(WRITES)
    await pacing.close(WRITES, timedelta(seconds=60))
    assert (await paced(pacing, WRITES)).after >= timedelta(seconds=60)
    clock.move(61)
    assert 0 < await until_paced(pacing, WRITES) < AT_ONCE


async def test_a_ticket_that_has_come_up_waits_out_a_429(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, SLOW)
    error = await paced(pacing, SLOW)
    clock.move(error.after.total_seconds())
    await pacing.close(SLOW, timedelta(seconds=30))
    TICKETS.set(error.tickets)
    assert (await paced(pacing, SLOW)).after == timedelta(seconds=30)


async def test_what_the_cloud_says_is_left_counts_when_it_is_less(pacing: Pacing) -> None:
    await pacing.reserve(WRITES)
    await pacing.hear(WRITES, 0)
    assert await until_paced(pacing, WRITES) == 0


async def test_what_the_cloud_says_is_left_costs_no_look_at_the_table_while_it_is_as_expected(
    pacing: Pacing, lines: MemoryLines
) -> None:
    for left in range(AT_ONCE - 1, AT_ONCE - 1 - WRITES.block, -1):
        await pacing.reserve(WRITES)
        await pacing.hear(WRITES, left + 2)
    assert lines.changes == 1


async def test_places_nobody_took_do_not_add_to_a_later_burst(pacing: Pacing, clock: HandClock) -> None:
    await pacing.reserve(WRITES)
    clock.move(3600)
    assert await until_paced(pacing, WRITES) <= AT_ONCE


async def test_an_activity_that_begins_anew_has_a_place_for_each_call_that_it_makes_again(pacing: Pacing) -> None:
    SPENT.set([])
    await pacing.reserve(SLOW)
    await pacing.reserve(SLOW)
    error = await paced(pacing, SLOW)
    assert [ticket.bucket for ticket in error.tickets] == [SLOW.name] * 3
    assert error.after == timedelta(seconds=2.3)  # three places, of which 0.7 have come


async def test_an_activity_begins_only_when_all_its_places_have_come(pacing: Pacing, clock: HandClock) -> None:
    await until_paced(pacing, SLOW)
    tickets = [*(await paced(pacing, SLOW)).tickets, *(await paced(pacing, SLOW)).tickets]
    SPENT.set([])
    TICKETS.set(tuple(tickets))
    clock.move(2)
    assert (await paced(pacing, SLOW)).tickets == ()
    clock.move(1)
    await pacing.reserve(SLOW)
    await pacing.reserve(SLOW)


async def test_a_refused_call_comes_back_with_a_place_when_the_cloud_wants_to_hear_of_it(pacing: Pacing) -> None:
    SPENT.set([])
    await pacing.reserve(WRITES)
    error = await pacing.call_again(timedelta(seconds=30))
    assert [ticket.bucket for ticket in error.tickets] == [WRITES.name]
    assert error.after == timedelta(seconds=30)
