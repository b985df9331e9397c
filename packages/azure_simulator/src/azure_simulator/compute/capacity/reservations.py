"""Capacity reservations: a number of machines of a size, for which quota and hardware are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import (
    invalid,
    location_of,
    missing,
    need_group,
    read,
    tags_of,
    unchangeable,
)
from azure_simulator.arm.regions import REGIONS
from azure_simulator.arm.resource_types import FIXED, Immutable, NameRule, ResourceType
from azure_simulator.compute.capacity import counters, placement
from azure_simulator.compute.capacity.sizes import Size, size_of
from azure_simulator.compute.provider import COMPUTE, NAMING, SDK
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import iso

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

RESERVATIONS = ResourceType(
    name=placement.TYPE,
    provider=COMPUTE,
    params=("group", "reservation"),
    models=BodyModels(SDK, "CapacityReservation", "CapacityReservationUpdate"),
    naming=NameRule(NAMING, "capacityReservationName"),
    immutable={"sku.name": FIXED, "zones": Immutable([])},
    lacks={"properties.scheduleProfile": "A block reservation"},
    latencies={"reservation.put": about(15, 60, 3), "reservation.delete": about(8, 30, 2)},  # the first is a guess
    removed=placement.dissolve,
)
OPERATIONS = Operations(RESERVATIONS)


def _shown(call: Call, found: Resource) -> Json:
    del call
    machines = [{"id": vm_id} for vm_id in found.facts["associated"].values()]
    return {**found.body, "properties": {**found.properties, "virtualMachinesAssociated": machines}}


OPERATIONS.reads(group="reservation.list", show=_shown)


@OPERATIONS.put("reservation.put")
def put_reservation(call: Call) -> Answer:
    """Reserve a number of machines of a size, or change the number."""
    need_group(call)
    group = call.need(call.path[: call.path.lower().rindex("/capacityreservations/")])
    body, region = call.object(), location_of(call)
    size, slots = _size(call.world, body), _slots(body)
    if region != group.body["location"]:
        raise invalid("location", "A capacity reservation must be in the location of its group.")
    zones = zones_of(body, region)
    if len(zones) > 1 or bool(zones) != bool(group.body.get("zones")) or set(zones) - set(group.body.get("zones", [])):
        raise invalid("zones", "A capacity reservation must be in one of the zones of its group, if that has any.")
    found = call.world.resources.get(call.path)
    if found is not None:
        if found.body.get("zones", []) != zones:
            raise unchangeable("zones")
        return _resize(call, found, slots, {"tags": tags_of(body)})
    _check_only(call, group, size, zones)
    return _reserve(call, size, slots, zones)


@OPERATIONS.patch("reservation.update")
def patch_reservation(call: Call) -> Answer:
    """Change tags or how many machines are reserved."""
    found, body = call.resource(), call.object()
    slots = _slots(body) if "sku" in body else int(found.body["sku"]["capacity"])
    return _resize(call, found, slots, {"tags": tags_of(body)} if "tags" in body else {})


@OPERATIONS.get("reservation.get")
def get_reservation(call: Call) -> Answer:
    """Show a reservation; `$expand=instanceView` tells how full it is."""
    found = call.resource()
    if call.query.get("$expand", "").lower() != "instanceview":
        return Answer(_shown(call, found))
    view = {"instanceView": shown_use(call.world, found)}
    return Answer({**_shown(call, found), "properties": {**_shown(call, found)["properties"], **view}})


@OPERATIONS.delete("reservation.delete")
def delete_reservation(call: Call) -> Answer:
    """Delete a reservation that no machine is associated with."""
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    if found.facts["associated"]:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"Capacity reservation '{found.name}' cannot be deleted since it has virtual machines "
            "associated. Disassociate them first. See https://aka.ms/CapacityReservation.",
        )

    def done(_: object) -> None:
        placement.grant(world, found, 0)
        world.resources.remove(found.id)

    operation = begin(call, "reservation.delete", found.id, Course(done), region=found.body["location"])
    return accepted(call, operation, 202, monitor=True)


def _reserve(call: Call, size: Size, slots: int, zones: list[str]) -> Answer:
    world, region, zone = call.world, location_of(call), zones[0] if zones else ""
    counters.check_offered(world, region, zone, size)
    counters.check_quota(world, call.param("sub"), region, size, number=slots)
    error = counters.shortage(world, region, zone, size.name, slots)
    new: Json = {"id": call.path, "name": call.param("reservation"), "type": placement.TYPE, "location": region}
    new |= {"tags": tags_of(call.object()), "sku": {"name": size.name, "capacity": slots}}
    new["properties"] = {
        "reservationId": world.guid("reservation", call.path),
        "platformFaultDomainCount": 1 if zone else 3,
        "provisioningState": "Creating",
        "timeCreated": iso(call.now_us),
    }
    if zones:
        new["zones"] = zones
    facts: Json = {"slots": 0, "associated": {}, "allocated": {}}
    return _begin(
        call, world.resources.add(Resource(call.path, placement.TYPE, new, call.now_us, facts)), slots, error, 201
    )


def _resize(call: Call, found: Resource, slots: int, changes: Json) -> Answer:
    world, region = call.world, found.body["location"]
    zones = found.body.get("zones", [])
    size = _size(world, found.body)
    quota, hardware = placement.need(found, slots)
    if quota > 0:
        counters.check_quota(world, call.param("sub"), region, size, number=quota)
    error = counters.shortage(world, region, zones[0] if zones else "", size.name, hardware) if hardware > 0 else None
    new = {**found.body, **changes, "sku": {**found.body["sku"], "capacity": slots}}
    found.replace({**new, "properties": {**found.properties, "provisioningState": "Updating"}}, call.now_us)
    return _begin(call, found, slots, error, 200)


def _begin(call: Call, found: Resource, slots: int, error: Problem | None, status: int) -> Answer:
    """Take the slots at once, so that no other request gets them; give them back when it fails."""
    world, before = call.world, int(found.facts["slots"])
    if error is None:
        placement.grant(world, found, slots)

    def done(_: object) -> None:
        found.set(world.now_us, provisioningState="Succeeded", provisioningTime=iso(world.now_us))

    def failed(_: object) -> None:
        placement.grant(world, found, before)
        sku = {**found.body["sku"], "capacity": before}
        properties = {**found.properties, "provisioningState": "Failed"}
        found.replace({**found.body, "sku": sku, "properties": properties}, world.now_us)

    course = Course(done, failed, error=error)
    operation = begin(call, "reservation.put", found.id, course, region=found.body["location"])
    return accepted(call, operation, status, _shown(call, found))


def _check_only(call: Call, group: Resource, size: Size, zones: list[str]) -> None:
    for other in call.world.resources.collection(f"{group.id}/capacityReservations"):
        if other.body["sku"]["name"].lower() == size.name.lower() and other.body.get("zones", []) == zones:
            raise Problem(
                409,
                "OperationNotAllowed",
                f"Capacity reservation group '{group.name}' has a capacity reservation for '{size.name}' "
                f"already: '{other.name}'.",
            )


def _size(world: World, body: Json) -> Size:
    name = read(body, "sku.name", "string")
    size = size_of(world, name)
    if size is None:
        raise invalid("sku.name", f"The value {name} provided for the VM size is not valid.")
    return size


def _slots(body: Json) -> int:
    slots = read(body, "sku.capacity", "integer", None)
    if slots is None:
        raise missing("sku.capacity")
    if slots < 0:
        raise invalid("sku.capacity", f"The capacity {slots} is negative.")
    return int(slots)


def zones_of(body: Json, region: str) -> list[str]:
    """Return the zones a body asks for; raise a `Problem` for those that the region does not have."""
    zones = [str(each) for each in read(body, "zones", "array", [])]
    if region not in REGIONS or set(zones) - set(REGIONS[region]):
        raise Problem(400, "InvalidAvailabilityZone", f"The zones '{','.join(zones)}' are not supported in '{region}'.")
    return zones


def shown_use(world: World, found: Resource) -> Json:
    """Return the machines in a reservation; more than its capacity is over-allocation."""
    state = found.properties["provisioningState"]
    status = {"code": f"ProvisioningState/{state.lower()}", "level": "Info", "time": iso(world.now_us)}
    allocated = [{"id": vm_id} for vm_id in found.facts["allocated"].values()]
    return {
        "utilizationInfo": {"currentCapacity": found.facts["slots"], "virtualMachinesAllocated": allocated},
        "statuses": [{**status, "displayStatus": f"Provisioning {state.lower()}"}],
    }
