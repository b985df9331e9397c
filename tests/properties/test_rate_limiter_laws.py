"""Laws of the rate limiter, for any number of tenants, any demand, and any times."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.rate_limiter import Limit, RateLimiter, behind

LIMIT = Limit(per_second=2, burst=10)
AT_ONCE = 9
START = 1_800_000_000.0
TENANTS = st.sampled_from(["alpha", "beta", "gamma", "delta"])
QUEUES = st.one_of(TENANTS, TENANTS.map(behind))
DEMANDS = st.lists(st.tuples(QUEUES, st.integers(1, 40), st.floats(0, 20, allow_nan=False)), min_size=1, max_size=30)
Demand = list[tuple[str, int, float]]


def empty_limiter() -> RateLimiter:
    limiter = RateLimiter.full(LIMIT, START)
    limiter.tokens = 0.0
    return limiter


def granted(limiter: RateLimiter, tickets: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [ticket for ticket in tickets if limiter.delay(*ticket) == 0]


def run(limiter: RateLimiter, demands: Demand) -> list[tuple[str, int]]:
    """Let every demand enter its queue after its pause; return all tickets in the order in which they were issued."""
    tickets = []
    for tenant, n, pause in demands:
        limiter.advance(limiter.at + pause)
        last = limiter.enqueue(tenant, n)
        tickets += [(tenant, number) for number in range(last - n + 1, last + 1)]
    return tickets


@given(DEMANDS)
def test_a_tenants_tickets_are_granted_in_order(demands: Demand) -> None:
    limiter = RateLimiter.full(LIMIT, START)
    tickets = run(limiter, demands)
    up = set(granted(limiter, tickets))
    by_tenant = defaultdict(list)
    for ticket in tickets:
        by_tenant[ticket[0]].append(ticket in up)
    for states in by_tenant.values():
        assert states == sorted(states, reverse=True)


@given(DEMANDS)
def test_ticket_numbers_are_unique(demands: Demand) -> None:
    tickets = run(RateLimiter.full(LIMIT, START), demands)
    assert len(set(tickets)) == len(tickets)


@given(DEMANDS)
def test_no_token_stays_free_while_a_ticket_waits(demands: Demand) -> None:
    limiter = RateLimiter.full(LIMIT, START)
    for tenant, n, pause in demands:
        limiter.advance(limiter.at + pause)
        limiter.enqueue(tenant, n)
        assert limiter.tokens < 1 or limiter.waiting == 0


@given(DEMANDS)
def test_no_more_tokens_are_granted_than_were_added(demands: Demand) -> None:
    limiter = RateLimiter.full(LIMIT, START)
    tickets = run(limiter, demands)
    assert len(granted(limiter, tickets)) <= AT_ONCE + (limiter.at - START) * LIMIT.per_second + 1e-3


@given(DEMANDS)
def test_every_ticket_is_granted_once_enough_tokens_were_added(demands: Demand) -> None:
    limiter = RateLimiter.full(LIMIT, START)
    tickets = run(limiter, demands)
    limiter.advance(limiter.at + limiter.waiting / LIMIT.per_second + 1)
    assert granted(limiter, tickets) == tickets


@given(DEMANDS)
def test_an_estimated_delay_is_never_too_long(demands: Demand) -> None:
    limiter = RateLimiter.full(LIMIT, START)
    for tenant, number in run(limiter, demands)[-3:]:
        delay = limiter.delay(tenant, number)
        if delay:
            before = RateLimiter.from_json(limiter.to_json())
            before.advance(limiter.at + delay - 1e-3)
            assert before.delay(tenant, number) > 0


@given(DEMANDS)
def test_an_estimated_delay_is_exact_when_no_other_call_comes(demands: Demand) -> None:
    limiter = RateLimiter.full(LIMIT, START)
    tickets = run(limiter, demands)
    limiter.advance(limiter.at + limiter.delay(*tickets[-1]) + 1e-3)
    assert limiter.delay(*tickets[-1]) == 0


@given(st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_work_that_nobody_waits_for_comes_after_all_other(people: int, refill: int, before: bool) -> None:  # noqa: FBT001
    limiter, alone = empty_limiter(), empty_limiter()
    if before:
        limiter.enqueue(behind("alpha"), refill)
    mine, expected = limiter.enqueue("alpha", people), alone.enqueue("alpha", people)
    last = limiter.enqueue(behind("beta"), refill)
    assert limiter.delay("alpha", mine) == alone.delay("alpha", expected)
    assert limiter.delay(behind("beta"), last) >= (people + refill) / LIMIT.per_second
    for _ in range(people):
        limiter.advance(limiter.at + 1 / LIMIT.per_second)
        assert limiter.delay(behind("beta"), last) > 0
    assert limiter.delay("alpha", mine) == 0
    limiter.advance(limiter.at + 2 * refill / LIMIT.per_second + 1)
    assert limiter.delay(behind("beta"), last) == 0


@given(st.lists(st.tuples(TENANTS, st.integers(20, 60)), min_size=2, max_size=4, unique_by=lambda each: each[0]))
def test_tenants_that_all_need_more_than_there_is_get_the_same(needs: list[tuple[str, int]]) -> None:
    limiter = empty_limiter()
    tickets = run(limiter, [(tenant, n, 0.0) for tenant, n in needs])
    limiter.advance(START + 10)
    counts = Counter(dict.fromkeys((tenant for tenant, _ in needs), 0))
    counts.update(tenant for tenant, _ in granted(limiter, tickets))
    assert sum(counts.values()) == 20
    assert max(counts.values()) - min(counts.values()) <= 1


@given(st.integers(1, 3), st.integers(1, 2000))
def test_a_tenant_that_needs_few_tokens_does_not_wait_longer_because_another_needs_many(few: int, many: int) -> None:
    limiter = empty_limiter()
    limiter.enqueue("greedy", many)
    last = limiter.enqueue("modest", few)
    assert limiter.delay("modest", last) <= 2 * few / LIMIT.per_second


@given(st.integers(2, 30))
def test_calling_again_at_once_gives_no_advantage(times: int) -> None:
    limiter = empty_limiter()
    limiter.enqueue("patient", 1000)
    last, served = limiter.enqueue("eager"), 0
    for second in range(1, times + 1):
        limiter.advance(START + second / LIMIT.per_second)
        if limiter.delay("eager", last) == 0:
            served, last = served + 1, limiter.enqueue("eager")
    assert abs(served - times / 2) <= 1


@given(DEMANDS, st.lists(st.floats(0.01, 30), min_size=1, max_size=8))
def test_advancing_in_steps_equals_advancing_by_their_sum(demands: Demand, steps: list[float]) -> None:
    one = RateLimiter.full(LIMIT, START)
    tickets = run(one, demands)
    other = RateLimiter.from_json(one.to_json())
    for step in steps:
        one.advance(one.at + step)
    other.advance(one.at)
    assert one.tokens == pytest.approx(other.tokens, abs=1e-3)
    assert abs(len(granted(one, tickets)) - len(granted(other, tickets))) <= 1


@given(DEMANDS)
def test_a_rate_limiter_survives_its_row(demands: Demand) -> None:
    limiter = RateLimiter.full(LIMIT, START)
    run(limiter, demands)
    assert RateLimiter.from_json(limiter.to_json()) == limiter


def call_the_cloud(seconds: int, limit: Limit, limiter: RateLimiter) -> list[bool]:
    """Make many calls as the limiter allows against a true *limit*; return for each whether it was refused."""
    tokens, refused = limit.burst, []
    tickets = [("one", number) for number in range(limiter.enqueue("one", 100_000) - 99_999, 2**62)[:100_000]]
    used = 0
    for tick in range(seconds * 10):
        now = START + tick / 10
        tokens = min(limit.burst, tokens + limit.per_second / 10) if tick else tokens
        limiter.advance(now)
        answered, left = 0, None
        while used < len(tickets) and limiter.delay(*tickets[used]) == 0:
            used, answered = used + 1, answered + 1
            if tokens >= 1:
                tokens, left = tokens - 1, int(tokens - 1)
                refused.append(False)
            else:
                refused.append(True)
                limiter.back_off(1.0, LIMIT_OF_ARM)
        limiter.observe(answered, left, LIMIT_OF_ARM)
    return refused


LIMIT_OF_ARM = Limit(per_second=10, burst=200)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0, 2.0])
def test_the_true_limit_is_learned_and_used(share: float) -> None:
    truth = Limit(LIMIT_OF_ARM.per_second * share, LIMIT_OF_ARM.burst * share)
    minutes = 10
    refused = call_the_cloud(60 * minutes, truth, RateLimiter.full(LIMIT_OF_ARM, START))
    assert sum(refused[int(truth.burst + 60 * truth.per_second) :]) == 0
    assert len(refused) >= 0.95 * (truth.burst * 0.9 + truth.per_second * 60 * minutes)


def test_a_limit_that_is_never_reported_recovers_from_refusals() -> None:
    limiter = RateLimiter.full(LIMIT, START)
    rates = [limiter.rate]
    for minute in range(1, 4):
        limiter.advance(START + 60 * minute)
        limiter.back_off(5, LIMIT)
        rates.append(limiter.rate)
    assert all(after < before for before, after in pairwise(rates))
    limiter.advance(START + 3600)
    limiter.observe(1, None, LIMIT)
    assert (limiter.rate, limiter.size) == (LIMIT.per_second, LIMIT.burst)
