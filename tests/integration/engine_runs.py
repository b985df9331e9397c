"""Runs of the engine of a Spot Group in the tests: the group with its version, its hosts, one run and its steps."""

from __future__ import annotations

from typing import Any

from shared.contracts.spot_groups import (
    OBSERVE_SPOT_HOSTS,
    PLAN_SPOT_HOSTS,
    TAKE_HOST_STEPS,
    EngineOrder,
    HostPlanOrder,
    HostsPlanned,
    HostStepsOrder,
    StepsTaken,
)
from shared.domain.spot.engine.state import SpotGroupState
from tests.integration import things
from tests.integration.desks import (
    GROUP_ID,
    Desk,
    PaperDesks,
    image_version,
    on_paper,
    session_host,
    spot_group,
)
from tests.integration.services import PaperServices, perform

ORDER = EngineOrder(tenant_id=things.TENANT_ID, spot_group_id=GROUP_ID)
IDS = {"tenant_id": things.TENANT_ID, "spot_group_id": GROUP_ID}


async def furnish(services: PaperServices) -> None:
    """Save a Spot Group of thirty users with its version, and no host."""
    await services.spot_groups.insert(spot_group())
    await services.image_versions.insert(image_version())
    await services.spot_states.insert(SpotGroupState(id=GROUP_ID, tenant_id=things.TENANT_ID))
    on_paper(services)


async def run(host: Any = None) -> HostsPlanned:
    """Run the engine once, and take its steps."""
    observed = await perform(OBSERVE_SPOT_HOSTS, ORDER)
    planned = await perform(PLAN_SPOT_HOSTS, HostPlanOrder(**IDS, observed=observed))
    assert isinstance(planned, HostsPlanned)
    if host is not None and planned.steps:
        taken = await perform(TAKE_HOST_STEPS, HostStepsOrder(**IDS, steps=planned.steps), host)
        assert isinstance(taken, StepsTaken)
    return planned


def steps(planned: HostsPlanned) -> list[tuple[str, str]]:
    return [(step.action.value, step.session_host_id) for step in planned.steps]


async def state(services: PaperServices) -> SpotGroupState:
    return (await services.spot_states.get(things.TENANT_ID, GROUP_ID)).value


async def hosts_of(services: PaperServices) -> dict[str, Any]:
    return {each.value.id: each.value async for each in services.session_hosts.each(things.TENANT_ID)}


async def built(services: PaperServices, **desks: Desk) -> PaperDesks:
    for name in desks:
        await services.session_hosts.insert(session_host(int(name[1:])))
    return on_paper(services, **desks)
