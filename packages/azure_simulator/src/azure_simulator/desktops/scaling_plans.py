"""Scaling plans: Azure's own starts and stops of the hosts of host pools. They are kept, and switch nothing here.

Sources: learn.microsoft.com/rest/api/desktopvirtualization/scaling-plans (2024-04-03), and for the rules of pools
learn.microsoft.com/azure/virtual-desktop/autoscale-create-assign-scaling-plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.resource_types import EXACT, ResourceType
from azure_simulator.arm.time_zones import TIME_ZONES
from azure_simulator.arm.value_rules import one_of
from azure_simulator.core.answers import Answer
from azure_simulator.desktops.bodies import (
    check_choice,
    created,
    gone,
    invalid,
    listed,
    nulls,
    paged,
    patched,
    properties_of,
    put_tracked,
    show,
    shown,
    shown_id,
)
from azure_simulator.desktops.host_pools import HOST_POOLS
from azure_simulator.desktops.provider import DESKTOPS, HOST_POOL, IDENTITY, KIND, NAMING, SDK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

SCALING_PLANS = ResourceType(
    name="Microsoft.DesktopVirtualization/scalingPlans",
    provider=DESKTOPS,
    params=("plan",),
    models=BodyModels(SDK, "ScalingPlan", "ScalingPlanPatch"),
    naming=NAMING,
    values={"kind": KIND, "properties.timeZone": one_of(TIME_ZONES)},
    immutable={"properties.hostPoolType": EXACT},
    together=(IDENTITY,),
)
OPERATIONS = Operations(SCALING_PLANS)
OPERATIONS.reads(get="scalingPlan.get", show=shown)
nulls(
    SCALING_PLANS.name,
    "tags kind identity",
    empty="schedules hostPoolReferences",
    inside="description friendlyName exclusionTag",
)


@OPERATIONS.put("scalingPlan.put")
def put_plan(call: Call) -> Answer:
    """Create or replace a scaling plan."""
    wanted = {"hostPoolType": "Pooled", **properties_of(call)}
    check_choice(wanted, "hostPoolType", ("Pooled", "Personal"))
    known = call.world.resources.get(call.path)
    wanted["hostPoolReferences"] = list(_checked(call, wanted, str(call.object().get("location", ""))))
    plan = put_tracked(call, SCALING_PLANS, wanted)
    return Answer(show(plan)) if known else created(plan)


@OPERATIONS.patch("scalingPlan.patch")
def patch_plan(call: Call) -> Answer:
    """Change a scaling plan; a list of references replaces the one before."""
    plan, body = call.resource(), call.object()
    wanted = properties_of(call)
    if wanted.get("hostPoolReferences") is not None:
        merged = {**plan.properties, **wanted}
        wanted["hostPoolReferences"] = list(_checked(call, merged, plan.body["location"]))
    patched(call, plan, {**body, "properties": wanted})
    return Answer(show(plan))


def _checked(call: Call, properties: Json, location: str) -> Iterator[Json]:
    """Yield the references to pools: each is of the plan's type and region, and has no other plan."""
    for each in properties.get("hostPoolReferences") or ():
        path = str(each.get("hostPoolArmPath") or "")
        pool = call.world.resources.get(path)
        if pool is None or pool.type != HOST_POOL:
            raise invalid(f"The host pool '{path}' does not exist.")
        if pool.properties["hostPoolType"] != properties["hostPoolType"]:
            raise invalid(f"The host pool '{pool.name}' is not {properties['hostPoolType']}.")
        if pool.body["location"] != location.replace(" ", "").lower():
            raise invalid(f"The host pool '{pool.name}' is in another region.")
        if any(plan.key != call.path.lower() for plan, _ in _plans_of(call, pool)):
            raise invalid(f"The host pool '{pool.name}' already has a scaling plan.")
        yield {"hostPoolArmPath": shown_id(pool.id), "scalingPlanEnabled": bool(each.get("scalingPlanEnabled"))}


def _plans_of(call: Call, pool: Resource) -> Iterator[tuple[Resource, Json]]:
    """Yield the plans that refer to a pool, with the reference."""
    for plan in call.world.resources.of_type(SCALING_PLANS.name):
        for each in plan.properties["hostPoolReferences"]:
            if each["hostPoolArmPath"].lower() == pool.key:
                yield plan, each


@OPERATIONS.delete("scalingPlan.delete")
def delete_plan(call: Call) -> Answer:
    """Delete a scaling plan; its pools stay."""
    plan = call.world.resources.get(call.path)
    if plan is None:
        return Answer(status=204)
    call.world.resources.remove(plan.id)
    return gone(plan)


@OPERATIONS.list_group("scalingPlan.list")
@OPERATIONS.list_subscription("scalingPlan.listAll")
def list_plans(call: Call) -> Answer:
    """List the scaling plans of a resource group or subscription."""
    return listed(call, SCALING_PLANS)


@OPERATIONS.operation(
    "scalingPlan.listPool", "GET", f"{HOST_POOLS.one}/scalingPlans", action=f"{HOST_POOL}/scalingPlans/read"
)
def list_plans_of_pool(call: Call) -> Answer:
    """List the scaling plans that refer to a pool: one or none."""
    pool = call.need(call.path.rpartition("/")[0])
    return paged(call, [show(plan) for plan, _ in _plans_of(call, pool)])
