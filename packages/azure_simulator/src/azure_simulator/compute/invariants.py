"""Invariants of the cloud that do not depend on the application's records, found by names and tags only."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from azure_simulator.compute.capacity import counters, placement
from azure_simulator.compute.disks import disk_bodies
from azure_simulator.compute.provider import VIRTUAL_MACHINE
from azure_simulator.core.times import SECOND, iso
from azure_simulator.network import address_pools
from azure_simulator.network.ip_configurations import NIC_TYPE

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

OWNER = "deskwright:"
"""The tags that make a resource ours; `config.tagPrefix` names another application's."""
TAGGED = (VIRTUAL_MACHINE, NIC_TYPE, disk_bodies.TYPE, disk_bodies.SNAPSHOT_TYPE)


def orphans(world: World) -> list[Json]:
    """Find our interfaces and disks whose machine is gone, each with its age in seconds."""
    found = []
    for resource in (r for kind in (NIC_TYPE, disk_bodies.TYPE) for r in world.resources.of_type(kind)):
        owner = resource.body.get("managedBy") or resource.properties.get("virtualMachine", {}).get("id")
        if _ours(world, resource) and (not owner or world.resources.get(owner) is None):
            age = (world.now_us - resource.created_us) // SECOND
            found.append({"id": resource.id, "ageSeconds": age, "tags": resource.body.get("tags")})
    return found


KEPT_FOR_US = 3600 * SECOND
"""The time for which a snapshot may stay after the moment of its tag."""


def orphaned_snapshots(world: World) -> list[Json]:
    """Find our snapshots of disks that are gone, when no machine has the Cloud PC's tag any more.

    One with the tag ``keptuntil`` may stay until that moment, and no longer than an hour after it.
    """
    tag, kept = f"{_prefix(world)}cloudpc", f"{_prefix(world)}keptuntil"
    alive = {(vm.body.get("tags") or {}).get(tag) for vm in world.resources.of_type(VIRTUAL_MACHINE)} - {None}
    found = []
    for each in world.resources.of_type(disk_bodies.SNAPSHOT_TYPE):
        source = world.resources.get(str(each.properties["creationData"].get("sourceResourceId", "-")))
        tags = each.body.get("tags") or {}
        if tags.get(kept, "") > iso(world.now_us - KEPT_FOR_US):
            continue
        if _ours(world, each) and source is None and tags.get(tag) not in alive:
            age = (world.now_us - each.created_us) // SECOND
            found.append({"id": each.id, "ageSeconds": age, "tags": tags})
    return found


def counted(world: World) -> list[Json]:
    """Count cores, hardware, slots and addresses anew, and compare the counters with the existing resources."""
    cores: Counter[tuple[str, str, str]] = Counter()
    placed: Counter[tuple[str, str, str]] = Counter()
    for place, units in (*_machines(world), *_reservations(world)):
        for name in (place.size.family.lower(), "cores"):
            cores[place.sub.lower(), place.region, name] += units[0] * place.size.cores
        placed[place.region, place.zone, place.size.name.lower()] += units[1]
    found = counters.counters(world)
    rows = [("cores", cores, found.cores), ("placed", placed, found.placed)]
    return [
        {"what": what, "key": "/".join(key), "counted": held[key], "there": there[key]}
        for what, there, held in rows
        for key in sorted({*there, *held})
        if there[key] != held[key]
    ] + _addresses(world)


def _machines(world: World) -> list[tuple[placement.Placement, tuple[int, int]]]:
    """Return every machine outside a reservation with its quota and hardware."""
    places = ((placement.placement_of(world, vm), vm) for vm in world.resources.of_type(VIRTUAL_MACHINE))
    return [(place, (1, int(vm.facts["allocated"]))) for place, vm in places if place and not place.reservation]


def _reservations(world: World) -> list[tuple[placement.Placement, tuple[int, int]]]:
    """Return every reservation with the quota and hardware of its slots and of those beyond them."""
    inside: dict[str, list[bool]] = defaultdict(list)
    for vm in world.resources.of_type(VIRTUAL_MACHINE):
        inside[vm.facts.get("reservation", "")].append(vm.facts["allocated"])
    rows = []
    for each in world.resources.of_type(placement.TYPE):
        place, slots = placement.placement_of_reservation(world, each), each.facts["slots"]
        if place is not None:
            rows.append((place, (max(slots, len(inside[each.id])), max(slots, sum(inside[each.id])))))
    return rows


def _addresses(world: World) -> list[Json]:
    """Compare the addresses in use with those that interfaces have."""
    there: Counter[str] = Counter()
    for nic in world.resources.of_type(NIC_TYPE):
        for configuration in nic.properties["ipConfigurations"]:
            there[configuration["properties"]["subnet"]["id"].lower()] += 1
    held = {key: len(pool.used) for key, pool in address_pools.pools(world).items()}
    keys = sorted({*there, *held})
    wrong = [key for key in keys if there[key] != held.get(key, 0)]
    return [{"what": "addresses", "key": key, "counted": held.get(key, 0), "there": there[key]} for key in wrong]


def twins(world: World) -> list[Json]:
    """Find Cloud PC ids that more than one machine carries, but for pairs of which one replaces the other."""
    prefix = _prefix(world)
    by_id: dict[str, list[Resource]] = defaultdict(list)
    for vm in world.resources.of_type(VIRTUAL_MACHINE):
        tag = vm.body.get("tags", {}).get(f"{prefix}cloudpc")
        if tag:
            by_id[tag].append(vm)
    many = {tag: vms for tag, vms in by_id.items() if len(vms) > 1 and not _replacing(vms, f"{prefix}replaces")}
    return [{"cloudpc": tag, "machines": [vm.id for vm in vms]} for tag, vms in many.items()]


def _replacing(vms: list[Resource], tag: str) -> bool:
    names = {vm.name.lower() for vm in vms}
    replaced = {str(vm.body["tags"].get(tag, "")).lower() for vm in vms} & names
    return len(vms) == 2 and bool(replaced)  # noqa: PLR2004 - a pair


def untagged(world: World) -> list[Json]:
    """Find machines, interfaces, disks and snapshots without a tag of ours."""
    everything = (r for kind in TAGGED for r in world.resources.of_type(kind))
    return [{"id": r.id} for r in everything if not _ours(world, r)]


def _prefix(world: World) -> str:
    return str(world.config.get("tagPrefix", OWNER))


def _ours(world: World, resource: Resource) -> bool:
    prefix = _prefix(world)
    return any(tag.startswith(prefix) for tag in resource.body.get("tags") or {})


def install(cloud: Cloud) -> None:
    """Check all of it."""
    cloud.setting("tagPrefix", str, f"the tags that the invariants go by ({OWNER})")
    cloud.invariant("orphans", orphans)
    cloud.invariant("orphaned snapshots", orphaned_snapshots)
    cloud.invariant("counted", counted)
    cloud.invariant("twins", twins)
    cloud.invariant("tags", untagged)
