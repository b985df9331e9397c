"""Laws of the line in front of a rate limit, for any number of tenants, any demand, and any moments."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.line import Limit, Line

LIMIT = Limit(per_second=2, burst=10)
AT_ONCE = 9
START = 1_800_000_000.0
TENANTS = st.sampled_from(["alpha", "beta", "gamma", "delta"])
DEMANDS = st.lists(st.tuples(TENANTS, st.integers(1, 40), st.floats(0, 20, allow_nan=False)), min_size=1, max_size=30)
Demand = list[tuple[str, int, float]]


def empty_line() -> Line:
    line = Line.begin(LIMIT, START)
    line.places = 0.0
    return line


def granted(line: Line, tickets: list[tuple[str, int]]) -> list[tuple[str, int]]:
    return [ticket for ticket in tickets if line.wait(*ticket) == 0]


def played(line: Line, demands: Demand) -> list[tuple[str, int]]:
    """Let every demand join after its pause; return all tickets in the order in which they were issued."""
    tickets = []
    for tenant, n, pause in demands:
        line.advance(line.at + pause)
        last = line.join(tenant, n)
        tickets += [(tenant, number) for number in range(last - n + 1, last + 1)]
    return tickets


@given(DEMANDS)
def test_a_tenants_tickets_come_up_in_their_order(demands: Demand) -> None:
    line = Line.begin(LIMIT, START)
    tickets = played(line, demands)
    up = set(granted(line, tickets))
    by_tenant = defaultdict(list)
    for ticket in tickets:
        by_tenant[ticket[0]].append(ticket in up)
    for states in by_tenant.values():
        assert states == sorted(states, reverse=True)


@given(DEMANDS)
def test_numbers_are_given_once(demands: Demand) -> None:
    tickets = played(Line.begin(LIMIT, START), demands)
    assert len(set(tickets)) == len(tickets)


@given(DEMANDS)
def test_no_place_is_kept_from_one_who_waits(demands: Demand) -> None:
    line = Line.begin(LIMIT, START)
    for tenant, n, pause in demands:
        line.advance(line.at + pause)
        line.join(tenant, n)
        assert line.places < 1 or line.waiting == 0


@given(DEMANDS)
def test_no_more_is_given_than_comes(demands: Demand) -> None:
    line = Line.begin(LIMIT, START)
    tickets = played(line, demands)
    assert len(granted(line, tickets)) <= AT_ONCE + (line.at - START) * LIMIT.per_second + 1e-3


@given(DEMANDS)
def test_everybodys_turn_comes_when_all_demands_could_be_met(demands: Demand) -> None:
    line = Line.begin(LIMIT, START)
    tickets = played(line, demands)
    line.advance(line.at + line.waiting / LIMIT.per_second + 1)
    assert granted(line, tickets) == tickets


@given(DEMANDS)
def test_an_estimate_is_never_too_late(demands: Demand) -> None:
    line = Line.begin(LIMIT, START)
    for tenant, number in played(line, demands)[-3:]:
        wait = line.wait(tenant, number)
        if wait:
            before = Line.read(line.written())
            before.advance(line.at + wait - 1e-3)
            assert before.wait(tenant, number) > 0


@given(DEMANDS)
def test_an_estimate_holds_when_nobody_else_comes(demands: Demand) -> None:
    line = Line.begin(LIMIT, START)
    tickets = played(line, demands)
    line.advance(line.at + line.wait(*tickets[-1]) + 1e-3)
    assert line.wait(*tickets[-1]) == 0


@given(st.lists(st.tuples(TENANTS, st.integers(20, 60)), min_size=2, max_size=4, unique_by=lambda each: each[0]))
def test_tenants_who_all_want_more_than_there_is_get_the_same(wants: list[tuple[str, int]]) -> None:
    line = empty_line()
    tickets = played(line, [(tenant, n, 0.0) for tenant, n in wants])
    line.advance(START + 10)
    counts = Counter(dict.fromkeys((tenant for tenant, _ in wants), 0))
    counts.update(tenant for tenant, _ in granted(line, tickets))
    assert sum(counts.values()) == 20
    assert max(counts.values()) - min(counts.values()) <= 1


@given(st.integers(1, 3), st.integers(1, 2000))
def test_whoever_wants_little_waits_as_long_as_if_the_other_wanted_little_too(few: int, many: int) -> None:
    line = empty_line()
    line.join("greedy", many)
    last = line.join("modest", few)
    assert line.wait("modest", last) <= 2 * few / LIMIT.per_second


@given(st.integers(2, 30))
def test_coming_back_at_once_is_no_way_past_the_others(times: int) -> None:
    line = empty_line()
    line.join("patient", 1000)
    last, served = line.join("eager"), 0
    for second in range(1, times + 1):
        line.advance(START + second / LIMIT.per_second)
        if line.wait("eager", last) == 0:
            served, last = served + 1, line.join("eager")
    assert abs(served - times / 2) <= 1


@given(DEMANDS, st.lists(st.floats(0.01, 30), min_size=1, max_size=8))
def test_to_move_on_by_steps_is_to_move_on_by_their_sum(demands: Demand, steps: list[float]) -> None:
    one = Line.begin(LIMIT, START)
    tickets = played(one, demands)
    other = Line.read(one.written())
    for step in steps:
        one.advance(one.at + step)
    other.advance(one.at)
    assert one.places == pytest.approx(other.places, abs=1e-3)
    assert abs(len(granted(one, tickets)) - len(granted(other, tickets))) <= 1


@given(DEMANDS)
def test_a_line_survives_its_row(demands: Demand) -> None:
    line = Line.begin(LIMIT, START)
    played(line, demands)
    assert Line.read(line.written()) == line


def bucket_of_the_cloud(seconds: int, limit: Limit, line: Line) -> list[bool]:
    """Let a crowd call as the line allows against a true *limit*; return, call by call, whether it was refused."""
    tokens, refused = limit.burst, []
    tickets = [("one", number) for number in range(line.join("one", 100_000) - 99_999, 2**62)[:100_000]]
    used = 0
    for tick in range(seconds * 10):
        now = START + tick / 10
        tokens = min(limit.burst, tokens + limit.per_second / 10) if tick else tokens
        line.advance(now)
        heard, left = 0, None
        while used < len(tickets) and line.wait(*tickets[used]) == 0:
            used, heard = used + 1, heard + 1
            if tokens >= 1:
                tokens, left = tokens - 1, int(tokens - 1)
                refused.append(False)
            else:
                refused.append(True)
                line.refuse(1.0, LIMIT_OF_ARM)
        line.hear(heard, left, LIMIT_OF_ARM)
    return refused


LIMIT_OF_ARM = Limit(per_second=10, burst=200)


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0, 2.0])
def test_the_true_limit_is_learned_and_used(share: float) -> None:
    truth = Limit(LIMIT_OF_ARM.per_second * share, LIMIT_OF_ARM.burst * share)
    minutes = 10
    refused = bucket_of_the_cloud(60 * minutes, truth, Line.begin(LIMIT_OF_ARM, START))
    assert sum(refused[int(truth.burst + 60 * truth.per_second) :]) == 0
    assert len(refused) >= 0.95 * (truth.burst * 0.9 + truth.per_second * 60 * minutes)


def test_a_limit_nothing_is_said_about_recovers_from_refusals() -> None:
    line = Line.begin(LIMIT, START)
    rates = [line.rate]
    for minute in range(1, 4):
        line.advance(START + 60 * minute)
        line.refuse(5, LIMIT)
        rates.append(line.rate)
    assert all(after < before for before, after in pairwise(rates))
    line.advance(START + 3600)
    line.hear(1, None, LIMIT)
    assert (line.rate, line.size) == (LIMIT.per_second, LIMIT.burst)
