"""Placement of a machine: on hardware of its own, or in a slot of a capacity reservation.

A reservation pays quota and holds hardware for all its slots, full or empty. Machines in a slot need
neither; those beyond the last slot (over-allocation) need both, as if there were no reservation.
Every change counts the difference only, so it costs the same however many machines there are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import read
from azure_simulator.compute.capacity import counters
from azure_simulator.compute.capacity.sizes import Size, size_of
from azure_simulator.core.answers import Json, Problem
from azure_simulator.core.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.world import World

GROUP_TYPE = "Microsoft.Compute/capacityReservationGroups"
TYPE = f"{GROUP_TYPE}/capacityReservations"


@dataclass(frozen=True, slots=True)
class Placement:
    """A place for a machine: region, zone and size, and the reservation it is in, if any."""

    sub: str
    region: str
    zone: str
    size: Size
    reservation: Resource | None = None


def group_of(body: Json) -> str:
    """Return the id of the reservation group a machine's body names; empty if none."""
    return str(read(body, "properties.capacityReservation.capacityReservationGroup.id", "string", ""))


def find_placement(world: World, body: Json, place: Placement) -> Placement:
    """Return the place with the reservation that fits; raise a `Problem` when its group has none."""
    group_id = group_of(body)
    if not group_id:
        return place
    group = world.resources.get(group_id)
    if group is None or group.type != GROUP_TYPE:
        raise Problem(404, "NotFound", f"The capacity reservation group '{group_id}' was not found.")
    for name, what in (("availabilitySet", "an availability set"), ("proximityPlacementGroup", "a placement group")):
        if name in body["properties"]:
            raise _refused(f"A VM in {what} cannot be associated with a capacity reservation group.")
    if body["properties"].get("priority", "Regular") != "Regular":
        raise _refused("Spot VMs cannot be associated with a capacity reservation group.")
    reservations = world.resources.collection(f"{group.id}/capacityReservations")
    found = next((each for each in reservations if _fits(each, place)), None)
    if found is None:
        where = f"zone '{place.zone}' of '{place.region}'" if place.zone else f"'{place.region}' without a zone"
        raise _refused(
            f"The capacity reservation group '{group.name}' has no capacity reservation for VM size "
            f"'{place.size.name}' in {where}."
        )
    return Placement(place.sub, place.region, place.zone, place.size, found)


def check_quota(world: World, place: Placement, *, instead_of: Size | None = None) -> None:
    """Refuse a machine without a free slot whose cores do not fit the quota."""
    if not _has_slot(place.reservation, "associated"):
        counters.check_quota(world, place.sub, place.region, place.size, instead_of=instead_of)


def check_offered(world: World, place: Placement) -> None:
    """Refuse a size that is not offered there, unless a slot waits for it."""
    if not _has_slot(place.reservation, "allocated"):
        counters.check_offered(world, place.region, place.zone, place.size)


def shortage(world: World, place: Placement) -> Problem | None:
    """Return the error of an allocation that finds neither slot nor hardware."""
    if _has_slot(place.reservation, "allocated"):
        return None
    return counters.shortage(world, place.region, place.zone, place.size.name)


def placement_of(world: World, vm: Resource) -> Placement | None:
    """Return a machine's place; `None` when its size is not offered any more."""
    size = size_of(world, vm.properties["hardwareProfile"]["vmSize"])
    if size is None:
        return None
    zones: list[str] = vm.body.get("zones", [])
    reservation = world.resources.get(vm.facts.get("reservation") or "-")
    return Placement(vm.id.split("/")[2], vm.body["location"], zones[0] if zones else "", size, reservation)


def placement_of_reservation(world: World, reservation: Resource) -> Placement | None:
    """Return the place a reservation holds."""
    size = size_of(world, reservation.body["sku"]["name"])
    zones: list[str] = reservation.body.get("zones", [])
    zone = zones[0] if zones else ""
    return Placement(reservation.id.split("/")[2], reservation.body["location"], zone, size) if size else None


def take(world: World, vm: Resource, place: Placement) -> None:
    """Count a machine, in its reservation or outside."""
    counters.count_machine(world, place.sub, place.region, 1)
    vm.facts["reservation"] = place.reservation.id if place.reservation else ""
    if place.reservation is None:
        counters.count(world, place.sub, place.region, place.size, 1)
    else:
        _change(world, place.reservation, lambda facts: facts["associated"].update({vm.key: vm.id}))


def leave(world: World, vm: Resource) -> None:
    """Count a machine no more; it is off its hardware already."""
    place = placement_of(world, vm)
    if place is None:
        return
    counters.count_machine(world, place.sub, place.region, -1)
    vm.facts["reservation"] = ""
    if place.reservation is None:
        counters.count(world, place.sub, place.region, place.size, -1)
    else:
        _change(world, place.reservation, lambda facts: facts["associated"].pop(vm.key, None))


def allocate(world: World, vm: Resource) -> None:
    """Put a machine on hardware."""
    place = placement_of(world, vm)
    if place is None or vm.facts["allocated"]:
        return
    vm.facts["allocated"] = True
    if place.reservation is None:
        counters.place(world, place.region, place.zone, place.size.name, 1)
    else:
        _change(world, place.reservation, lambda facts: facts["allocated"].update({vm.key: vm.id}))


def release(world: World, vm: Resource) -> None:
    """Take a machine off its hardware."""
    place = placement_of(world, vm)
    if place is None or not vm.facts["allocated"]:
        return
    vm.facts["allocated"] = False
    if place.reservation is None:
        counters.place(world, place.region, place.zone, place.size.name, -1)
    else:
        _change(world, place.reservation, lambda facts: facts["allocated"].pop(vm.key, None))


def move_out(world: World, vm: Resource, place: Placement) -> None:
    """Leave a machine where it is, outside of its reservation."""
    was_allocated = vm.facts["allocated"]
    release(world, vm)
    leave(world, vm)
    take(world, vm, replace(place, reservation=None))
    if was_allocated:
        allocate(world, vm)


def dissolve(world: World, reservation: Resource) -> None:
    """Leave the machines of other groups without their slots, before a reservation is removed with its group."""
    grant(world, reservation, 0)
    for vm_id in list(reservation.facts["associated"].values()):
        vm = world.resources.get(vm_id)
        place = placement_of(world, vm) if vm else None
        if vm is not None and place is not None:
            move_out(world, vm, place)


def grant(world: World, reservation: Resource, slots: int) -> None:
    """Set the number of a reservation's slots."""
    _change(world, reservation, lambda facts: facts.update({"slots": slots}))


def need(reservation: Resource, slots: int) -> tuple[int, int]:
    """Return how many more machines need quota and hardware if a reservation has a number of slots."""
    facts, before = reservation.facts, _units(reservation)
    quota = max(slots, len(facts["associated"])) - before[0]
    return quota, max(slots, len(facts["allocated"])) - before[1]


def _change(world: World, reservation: Resource, change: Callable[[Json], object]) -> None:
    """Change a reservation's facts, and count the difference in quota and hardware."""
    before = _units(reservation)
    change(reservation.facts)
    after = _units(reservation)
    place = placement_of_reservation(world, reservation)
    if place is None:
        return
    if after[0] != before[0]:
        counters.count(world, place.sub, place.region, place.size, after[0] - before[0])
    if after[1] != before[1]:
        counters.place(world, place.region, place.zone, place.size.name, after[1] - before[1])


def _units(reservation: Resource) -> tuple[int, int]:
    """Return the number of machines for which a reservation takes quota, and for which it takes hardware."""
    facts = reservation.facts
    return max(facts["slots"], len(facts["associated"])), max(facts["slots"], len(facts["allocated"]))


def _has_slot(reservation: Resource | None, kind: str) -> bool:
    return reservation is not None and len(reservation.facts[kind]) < reservation.facts["slots"]


def _fits(reservation: Resource, place: Placement) -> bool:
    zones = reservation.body.get("zones", [])
    same = reservation.body["sku"]["name"].lower() == place.size.name.lower()
    here = reservation.body["location"] == place.region and zones == ([place.zone] if place.zone else [])
    return bool(same and here)


def _refused(why: str) -> Problem:
    return Problem(409, "OperationNotAllowed", why)
