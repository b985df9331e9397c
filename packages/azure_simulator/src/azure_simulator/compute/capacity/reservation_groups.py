"""Capacity reservation groups (docs/notes.md 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import location_of, need_group, tags_of, unchangeable
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.compute.capacity.placement import GROUP_TYPE
from azure_simulator.compute.capacity.reservations import shown_use, zones_of
from azure_simulator.compute.provider import COMPUTE, NAMING, SDK
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.resources import Resource

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

RESERVATION_GROUPS = ResourceType(
    name=GROUP_TYPE,
    provider=COMPUTE,
    params=("group",),
    models=BodyModels(SDK, "CapacityReservationGroup", "CapacityReservationGroupUpdate"),
    naming=NameRule(NAMING, "capacityReservationGroupName"),
)
OPERATIONS = Operations(RESERVATION_GROUPS)


def _shown_group(call: Call, group: Resource) -> Json:
    reservations = call.world.resources.collection(f"{group.id}/capacityReservations")
    machines = [vm_id for each in reservations for vm_id in each.facts["associated"].values()]
    properties: Json = {
        "capacityReservations": [{"id": each.id} for each in reservations],
        "virtualMachinesAssociated": [{"id": vm_id} for vm_id in machines],
    }
    if call.query.get("$expand", "").lower() == "instanceview":
        views = [{"name": each.name, **shown_use(call.world, each)} for each in reservations]
        properties["instanceView"] = {"capacityReservations": views}
    return {**group.body, "properties": {**group.properties, **properties}}


OPERATIONS.reads(
    get="reservations.get", group="reservations.list", subscription="reservations.list_all", show=_shown_group
)


@OPERATIONS.put("reservations.put")
def put_group(call: Call) -> Answer:
    """Create a group, or change its tags; its zones stay."""
    need_group(call)
    body, region = call.object(), location_of(call)
    zones = zones_of(body, region)
    found = call.world.resources.get(call.path)
    if found is not None:
        if (found.body["location"], found.body.get("zones", [])) != (region, zones):
            raise unchangeable("zones")
        found.replace({**found.body, "tags": tags_of(body)}, call.now_us)
        return Answer(_shown_group(call, found))
    new: Json = {"id": call.path, "name": call.param("group"), "type": GROUP_TYPE, "location": region}
    new |= {"tags": tags_of(body), "properties": {}, **({"zones": zones} if zones else {})}
    return Answer(_shown_group(call, call.world.resources.add(Resource(call.path, GROUP_TYPE, new, call.now_us))), 201)


@OPERATIONS.patch("reservations.update")
def patch_group(call: Call) -> Answer:
    """Change a group's tags."""
    found = call.resource()
    if "tags" in call.object():
        found.replace({**found.body, "tags": tags_of(call.object())}, call.now_us)
    return Answer(_shown_group(call, found))


@OPERATIONS.delete("reservations.delete")
def delete_group(call: Call) -> Answer:
    """Delete an empty group."""
    found = call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    if call.world.resources.collection(f"{found.id}/capacityReservations"):
        raise Problem(
            409,
            "OperationNotAllowed",
            f"Capacity reservation group '{found.name}' cannot be deleted since it has capacity reservations.",
        )
    call.world.resources.remove(found.id)
    return Answer()
