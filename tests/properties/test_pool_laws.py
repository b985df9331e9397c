"""Laws of the plan of a warm pool."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.lifecycle import Event, Status
from shared.domain.policies.warm_pool import AT_ONCE, WarmPool
from shared.domain.pools.member import PoolMember, new_member, retired
from shared.domain.pools.plan import LEAD, MOST_FAILURES, PoolPlan, PoolRecord, is_claimable, plan_pool
from tests.integration import things

NOW = things.NOW
HOUR = timedelta(hours=1)
FRESH = things.snapshot()
OLDER = FRESH.but(image_display_name="Windows 11 of last month")
RECORD = PoolRecord(id="pool", tenant_id=things.TENANT_ID)
CONNECTIONS = ("c1", "c2")
ERROR = Failure(code="joinFailed", message="it did not join")


def member(number: int, **changes: Any) -> PoolMember:
    made = new_member(f"{number:020x}", things.TENANT_ID, things.plan(), FRESH, None, NOW)
    return made.but(**changes)


def built(pool_member: PoolMember, **changes: Any) -> PoolMember:
    started = pool_member.after(Event.STARTED, at=pool_member.created_date_time)
    ready = started.after(Event.SUCCEEDED, at=pool_member.created_date_time)
    return ready.but(ready_at=pool_member.created_date_time, **changes)


@st.composite
def members(draw: st.DrawFn) -> list[PoolMember]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        age = timedelta(hours=draw(st.integers(0, 500)))
        one = member(number, created_date_time=NOW - age, last_modified_date_time=NOW - age)
        if draw(st.booleans()):
            one = one.with_current(snapshot=draw(st.sampled_from([FRESH, OLDER, FRESH.but(connection_id="c2")])))
        if draw(st.booleans()):
            one = one.but(plan=draw(st.sampled_from([things.plan(), things.plan("CPC_E_4C_16GB_128GB")])))
        if draw(st.integers(0, 3)):
            ill = draw(st.sampled_from([None, None, NOW - 2 * HOUR, NOW]))
            parked = draw(st.sampled_from([None, None, None, NOW]))
            one = built(one, unhealthy_since=ill, parked_at=parked)
        if not draw(st.integers(0, 4)):
            one = retired(one, "the pool is smaller", NOW)
        found.append(one)
    return found


pools = st.builds(
    WarmPool,
    plan=st.just(things.plan()),
    desired=st.integers(0, 15),
    minimum=st.integers(0, 5),
    maximum=st.integers(1, 20),
    ttl_hours=st.sampled_from([24, 336, 480]),
    use_outdated=st.booleans(),
)
records = st.builds(
    RECORD.but,
    failures=st.integers(0, MOST_FAILURES),
    failed_at=st.sampled_from([NOW, NOW - HOUR]),
    last_error=st.just(ERROR),
)


def plan(pool: WarmPool | None, there: list[PoolMember], record: PoolRecord = RECORD) -> PoolPlan:
    return plan_pool(pool, there, FRESH, CONNECTIONS, record, NOW)


def carried_out(there: list[PoolMember], made: PoolPlan) -> list[PoolMember]:
    left = [retired(each, made.retired[each.id], NOW) if each.id in made.retired else each for each in there]
    return [*left, *(member(1000 + len(there) * 100 + number) for number in range(made.create))]


@given(pools, members())
def test_each_member_is_in_one_group(pool: WarmPool, there: list[PoolMember]) -> None:
    made = plan(pool, there)
    groups = (made.eligible, made.starting, made.held, made.parked, made.deleting, tuple(made.retired))
    assert sorted(each for group in groups for each in group) == sorted(each.id for each in there)


@given(pools, members(), records)
def test_planning_again_after_a_plan_was_carried_out_changes_nothing(
    pool: WarmPool, there: list[PoolMember], record: PoolRecord
) -> None:
    made = plan(pool, there, record)
    again = plan(pool, carried_out(there, made), record)
    assert again.retired == {}
    whole = made.create < AT_ONCE and len(made.starting) < AT_ONCE
    assert not whole or again.create == 0


@given(pools, members(), records)
def test_there_are_never_more_than_wanted_nor_than_the_most(
    pool: WarmPool, there: list[PoolMember], record: PoolRecord
) -> None:
    made = plan(pool, there, record)
    stays = [*made.eligible, *made.starting, *made.held]
    assert len(stays) + made.create <= max(pool.maximum, len(stays))
    assert len(stays) <= max(pool.size_at(NOW), 0) * 2
    young = [e for e in there if e.id in stays and NOW - e.created_date_time < timedelta(hours=pool.ttl_hours) - LEAD]
    fresh = [e for e in young if e.current.snapshot != OLDER and e.plan == pool.plan]
    assert len(fresh) + made.create <= max(pool.size_at(NOW), len(fresh))
    assert len(made.starting) + made.create <= max(AT_ONCE, len(made.starting))


@given(pools, members())
def test_whoever_may_be_claimed_is_ready_healthy_young_and_of_its_plan(pool: WarmPool, there: list[PoolMember]) -> None:
    of = {each.id: each for each in there}
    for one in (of[member_id] for member_id in plan(pool, there).eligible):
        assert (one.is_ready, one.parked_at, one.plan) == (True, None, pool.plan)
        assert NOW - one.created_date_time < timedelta(hours=pool.ttl_hours)
        assert pool.use_outdated or one.current.snapshot != OLDER


@given(pools, members())
def test_nobody_gets_a_member_that_is_going(pool: WarmPool, there: list[PoolMember]) -> None:
    made = plan(pool, there)
    for one in there:
        gone = retired(one, "retired", NOW)
        assert not is_claimable(pool, gone, FRESH, CONNECTIONS, NOW)
        assert one.id not in made.deleting or not is_claimable(pool, one, FRESH, CONNECTIONS, NOW)


@given(pools, members())
def test_nothing_stays_beyond_its_age_limit(pool: WarmPool, there: list[PoolMember]) -> None:
    made = plan(pool, there)
    stays = {*made.eligible, *made.starting, *made.held}
    assert all(NOW - e.created_date_time < timedelta(hours=pool.ttl_hours) for e in there if e.id in stays)


@given(members())
def test_a_pool_that_is_gone_is_drained_at_once(there: list[PoolMember]) -> None:
    made = plan(None, there)
    assert (made.create, made.eligible, made.starting, made.held) == (0, (), (), ())
    assert {*made.retired, *made.parked, *made.deleting} == {each.id for each in there}


@given(pools, members())
def test_what_somebody_has_parked_is_neither_counted_nor_removed(pool: WarmPool, there: list[PoolMember]) -> None:
    made = plan(pool, there)
    parked = {each.id for each in there if each.parked_at and not each.is_going}
    assert set(made.parked) == parked
    others = plan(pool, [each for each in there if each.id not in parked])
    assert others.but(parked=made.parked) == made


@given(pools, members())
def test_nothing_is_built_after_failures_in_a_row(pool: WarmPool, there: list[PoolMember]) -> None:
    halted = RECORD.but(failures=MOST_FAILURES, failed_at=NOW - timedelta(days=9), last_error=ERROR)
    made = plan(pool, there, halted)
    assert made.create == 0
    assert made.retired == plan(pool, there).retired  # but what is too much goes
    paused = plan(pool, there, RECORD.failed(ERROR, NOW))
    assert paused.create == 0


def test_a_successor_is_built_before_the_old_one_goes() -> None:
    pool = WarmPool(plan=things.plan(), desired=1)
    old = built(member(1, created_date_time=NOW - timedelta(hours=334)))
    assert (plan(pool, [old]).create, plan(pool, [old]).eligible) == (1, (old.id,))
    new = member(2)
    assert (plan(pool, [old, new]).create, plan(pool, [old, new]).eligible) == (0, (old.id,))
    made = plan(pool, [old, built(new)])
    assert (made.eligible, made.extraneous) == ((new.id,), (old.id,))


def test_after_a_change_of_the_policy_old_members_are_given_only_where_that_is_wanted() -> None:
    old = built(member(1).with_current(snapshot=OLDER))
    strict, lax = (WarmPool(plan=things.plan(), desired=1, use_outdated=lax) for lax in (False, True))
    assert (plan(strict, [old]).outdated, plan(strict, [old]).create) == ((old.id,), 1)
    assert (plan(lax, [old]).eligible, plan(lax, [old]).create) == ((old.id,), 1)
    made = plan(lax, [old, built(member(2))])
    assert made.outdated == (old.id,)


def test_another_grace_period_or_name_of_the_policy_makes_no_member_outdated() -> None:
    pool = WarmPool(plan=things.plan(), desired=1)
    one = built(member(1))
    fresh = FRESH.but(policy_name="All", grace_period_in_hours=1)
    assert plan_pool(pool, [one], fresh, CONNECTIONS, RECORD, NOW).eligible == (one.id,)


def test_a_member_of_a_connection_that_the_policy_has_no_more_is_outdated() -> None:
    pool = WarmPool(plan=things.plan(), desired=1)
    assert plan_pool(pool, [built(member(1))], FRESH, ("c2",), RECORD, NOW).outdated


def test_while_nothing_can_be_built_nothing_goes() -> None:
    pool = WarmPool(plan=things.plan(), desired=2)
    made = plan_pool(pool, [built(member(1))], None, (), RECORD, NOW)
    assert (made.create, made.retired, made.held) == (0, {}, (member(1).id,))
    assert "are gone" in made.why


def test_the_states_of_a_member() -> None:
    one = member(1)
    assert (one.status, one.is_ready) == (Status.PENDING_PROVISION, False)
    assert built(one).is_ready
    assert retired(built(one), "too much", NOW).status is Status.DEPROVISIONING
    assert retired(one, "too much", NOW).current.reason == "too much"
