"""Warm pools as people set and see them, on real tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.operations.operation import Actor
from shared.domain.policies.warm_pool import PoolKey
from shared.errors import InvalidError
from shared.services.operations.action_context import ActionContext
from shared.services.pools.reports import pool_statuses, pool_times
from shared.services.pools.setting import PoolForm, PoolsForm, set_pools
from shared.storage.due import DueKind
from tests.integration import things
from tests.integration.pool_things import LOOK, here, ready
from tests.integration.services import PaperServices
from tests.integration.test_reconciliation import plan, records

__all__ = ["here"]


def context(here: PaperServices, **changes: Any) -> ActionContext:
    actor = Actor(id="admin", name="admin", kind="user")
    verb = "Microsoft.CloudPC/provisioningPolicies/update"
    return ActionContext(here, actor, things.tenant(**changes), verb, "trace", here.clock.now(), ("seed",))


async def test_hits_misses_and_times_are_counted(here: PaperServices) -> None:
    await ready(here)
    await plan("ada")
    await plan("bob")
    ada = (await records(here))["ada"]
    later = things.NOW + timedelta(seconds=30)
    made = ada.current.resources.but(assigned_at=later)
    done = ada.with_current(resources=made).but(provisioned_date_time=later + timedelta(minutes=10))
    await here.cloud_pcs.change("contoso", ada.id, lambda _: done)
    (status,) = await pool_statuses(context(here))
    assert (status.policy_id, status.desired, status.eligible, status.missing) == ("p1", 2, 0, 2)
    assert (status.usage.claimed, status.usage.missed, status.usage.hit_rate) == (1, 1, 0.5)
    assert status.usage.to_assigned is not None
    assert status.usage.to_usable is not None
    assert (status.usage.to_assigned.median_in_seconds, status.usage.to_usable.p95_in_seconds) == (30, 630)
    assert (status.next_action, status.next_step) == ("build", "2 members missing")
    assert (status.size, status.advice.asked, status.advice.desired, status.cost_of_day) == (2, 2, None, 0)


async def test_members_are_shown_with_their_group(here: PaperServices) -> None:
    member = await ready(here)
    (status,) = await pool_statuses(context(here))
    assert [(each.id, each.group) for each in status.members] == [(member.id, "eligible")]


async def test_a_pool_is_set_and_looked_at(here: PaperServices) -> None:
    stored = await here.policies.get("contoso", "p1")
    form = PoolsForm(pools=(PoolForm(service_plan_id="sku-1", desired=5),))
    after = await set_pools(context(here), stored, form)
    pool = after.value.pool_named(PoolKey("p1", "sku-1"))
    assert pool is not None
    assert (pool.desired, pool.plan) == (5, things.plan())
    assert await here.due.due(DueKind.POOL, things.NOW) == [LOOK]


@pytest.mark.parametrize(
    ("pool", "why"),
    [
        ({"service_plan_id": "sku-9"}, "no such licence"),
        ({"minimum": 5, "maximum": 2}, "more than the maximum"),
        ({"desired": 1, "region": "mars"}, "no connection of the policy builds in mars; its regions are: "),
        ({"desired": 1, "state": "hibernated"}, "none is kept hibernated"),
        ({"schedule": {"timeZone": "Europe/Nowhere"}}, "no such time zone"),
    ],
)
async def test_what_cannot_be_prepared_is_refused(here: PaperServices, pool: dict[str, Any], why: str) -> None:
    stored = await here.policies.get("contoso", "p1")
    form = PoolsForm(pools=(PoolForm.model_validate({"service_plan_id": "sku-1", **pool}),))
    with pytest.raises(InvalidError, match=why):
        await set_pools(context(here), stored, form)


async def test_a_template_with_the_name_of_the_user_is_refused(here: PaperServices) -> None:
    await here.policies.change(
        "contoso", "p1", lambda p: p.but(configuration=p.configuration.but(naming_template="C-%USERNAME:4%-%RAND:5%"))
    )
    stored = await here.policies.get("contoso", "p1")
    with pytest.raises(InvalidError, match="leave %USERNAME% out"):
        await set_pools(context(here), stored, PoolsForm(pools=(PoolForm(service_plan_id="sku-1", desired=1),)))


async def test_the_times_of_a_policy_are_of_claims_and_of_builds(here: PaperServices) -> None:
    await ready(here)
    await plan("ada")
    await plan("bob")
    there = await records(here)
    for name, minutes in (("ada", 2), ("bob", 95)):
        pc = there[name]
        done = pc.but(provisioned_date_time=things.NOW + timedelta(minutes=minutes))
        made = pc.current.resources.but(assigned_at=things.NOW + timedelta(seconds=30))
        stored = await here.cloud_pcs.get("contoso", pc.id)
        await here.cloud_pcs.replace(done.with_current(resources=made) if name == "ada" else done, seen=stored.etag)
    (times,) = await pool_times(context(here))
    assert (times.policy_id, times.policy_name, times.window_in_days) == ("p1", "Everybody", 30)
    assert (times.claimed, times.missed, times.hit_rate) == (1, 1, 0.5)
    spans = (times.to_claimed, times.to_assigned, times.to_usable, times.built_to_usable)
    assert [(each.count, each.median_in_seconds, each.p95_in_seconds) for each in spans if each] == [
        (1, 0, 0),
        (1, 30, 30),
        (1, 120, 120),
        (1, 5700, 5700),
    ]
    here.hand.advance(timedelta(days=31))
    (later,) = await pool_times(context(here))
    assert (later.claimed, later.missed, later.to_usable, later.built_to_usable) == (0, 0, None, None)


async def test_a_policy_without_a_pool_has_no_times(here: PaperServices) -> None:
    await here.policies.change("contoso", "p1", lambda policy: policy.but(pools=()))
    assert await pool_times(context(here)) == []


async def test_whoever_gets_no_member_sees_why(here: PaperServices) -> None:
    await ready(here, 1, unhealthy_since=things.NOW)
    await ready(here, 2, parked_at=things.NOW)
    await ready(here, 3, ready_at=None)
    await plan("ada")
    use = (await records(here))["ada"].current.pool
    assert use is not None
    assert use.why == "no member of the pool was ready: 1 being built, 1 unhealthy, 1 stopped by hand"
