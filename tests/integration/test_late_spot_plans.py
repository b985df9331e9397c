"""Orders of a Spot Group's engine that are delivered again after a later plan: that plan counts."""

from typing import Any

import pytest

from activities.spot import steps
from shared.contracts.spot_groups import (
    BALANCE_SPOT_POOL,
    PREPARE_SPOT_POOL,
    TAKE_HOST_STEPS,
    BalancingOrder,
    HostStepsOrder,
    SpotGroupOrder,
)
from shared.domain.spot.engine.state import EngineStep, SpotGroupState
from shared.domain.spot.groups.schedule import LoadBalancing
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.spot.hosts.host_plan import EngineAction, Reason
from tests.integration import things
from tests.integration.desks import GROUP_ID, session_host, spot_group
from tests.integration.lives import Life
from tests.integration.test_late_hosts import AGAIN
from tests.integration.test_late_orders import life

__all__ = ["life"]
pytestmark = pytest.mark.simulator
T = things.TENANT_ID
GROUP: dict[str, Any] = {"tenant_id": T, "spot_group_id": GROUP_ID}


async def prepared(life: Life) -> str:
    """Make the pool of a group; return its ARM id."""
    await life.deps.spot_groups.insert(spot_group())
    await life.deps.spot_states.insert(SpotGroupState(id=GROUP_ID, tenant_id=T))
    pool = await life.do(PREPARE_SPOT_POOL, SpotGroupOrder(**GROUP))
    life.cloud.advance(60)
    return str(pool["hostPoolId"])


async def plan_again(life: Life) -> None:
    """Note a plan of now, as the engine does before it orders what it has planned."""
    at = life.now()
    await life.deps.spot_states.change(T, GROUP_ID, lambda there: there.but(planned_at=at))


async def balancer(life: Life, pool: str) -> str:
    return str((await life.cloud.arm("GET", pool))["properties"]["loadBalancerType"])


@pytest.mark.parametrize("by_hand", [False, True])
async def test_an_older_balancing_is_not_written_again(life: Life, *, by_hand: bool) -> None:
    """The group has been planned, or saved, since."""
    pool = await prepared(life)
    await plan_again(life)
    await life.do(BALANCE_SPOT_POOL, BalancingOrder(**GROUP, balancing=LoadBalancing.DEPTH_FIRST))
    assert await balancer(life, pool) == "DepthFirst"
    old = life.given[-1]
    life.cloud.advance(60)
    if by_hand:
        at = life.now()
        await life.deps.spot_groups.change(T, GROUP_ID, lambda there: there.but(last_modified_date_time=at))
    else:
        await plan_again(life)
    await life.do(BALANCE_SPOT_POOL, BalancingOrder(**GROUP, balancing=LoadBalancing.BREADTH_FIRST))
    life.cloud.advance(AGAIN)

    await life.deliver(old)
    assert await balancer(life, pool) == "BreadthFirst"
    state = (await life.deps.spot_states.get(T, GROUP_ID)).value
    assert state.load_balancing is LoadBalancing.BREADTH_FIRST


async def test_steps_of_an_older_plan_drain_nothing(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the host has not been seen since."""
    drained = []

    async def set_open(_deps: Any, host: SessionHost, *, is_open: bool) -> None:
        drained.append((host.id, is_open))

    monkeypatch.setattr(steps, "set_open", set_open)
    await prepared(life)
    await life.deps.session_hosts.insert(session_host(1, last_modified_date_time=life.now()))
    await plan_again(life)
    step = EngineStep(session_host_id="h1", action=EngineAction.DRAIN, reason=Reason.TOO_MANY_HOSTS, text="Too many.")
    await life.do(TAKE_HOST_STEPS, HostStepsOrder(**GROUP, steps=(step,)))
    assert drained == [("h1", False)]
    old = life.given[-1]
    life.cloud.advance(60)
    await plan_again(life)
    life.cloud.advance(AGAIN)
    await life.deliver(old)
    assert drained == [("h1", False)]


async def test_an_older_order_to_prepare_a_pool_writes_nothing_once_the_group_is_saved(life: Life) -> None:
    """The order of the later reconcile writes it: between the two its rights may have been given anew."""
    await prepared(life)
    old = life.given[-1]
    at = life.now()
    await life.deps.spot_groups.change(
        T, GROUP_ID, lambda there: there.but(description="Saved since", last_modified_date_time=at)
    )
    life.cloud.advance(AGAIN)
    before = life.resources()

    answer = await life.deliver(old)
    assert (answer["kind"], answer["code"]) == ("refused", "orderedEarlier")
    assert life.resources() == before
    assert (await life.do(PREPARE_SPOT_POOL, SpotGroupOrder(**GROUP)))["kind"] == "spotPool"
    assert life.resources() != before
