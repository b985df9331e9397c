"""Plug Azure Resource Manager into the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import (
    accepted,
    activedirectory,
    attachments,
    authorization,
    capacity,
    disks,
    edges,
    extensions,
    galleries,
    groups,
    interfaces,
    invariants,
    latencies,
    locks,
    machinelists,
    machines,
    managedimages,
    marketplace,
    networks,
    power,
    providers,
    removals,
    reservations,
    resourcelists,
    runcommands,
    securityrules,
    settings,
    snapshots,
)
from azure_simulator.arm.plane import ArmPlane

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World

MODULES = (
    accepted,
    attachments,
    authorization,
    capacity,
    disks,
    edges,
    extensions,
    galleries,
    groups,
    interfaces,
    locks,
    machinelists,
    machines,
    managedimages,
    marketplace,
    networks,
    power,
    providers,
    reservations,
    resourcelists,
    runcommands,
    securityrules,
    snapshots,
)


def install(cloud: Cloud) -> None:
    """Serve ARM."""
    cloud.plane(ArmPlane())
    for module in MODULES:
        cloud.add(module.ROUTES)
    cloud.latencies(latencies.KINDS)
    settings.declare(cloud)
    cloud.shelf("capacity", capacity.Counters)
    cloud.shelf("addresses", dict)
    cloud.shelf("imageUse", dict)
    cloud.shelf("identities", dict)
    cloud.shelf("providers", dict)
    cloud.shelf("actions", lambda: providers.Actions(cloud.router.routes))
    cloud.shelf("domains", dict)
    cloud.seeder("domains", _seed_domains)
    cloud.on("domain_seeded", lambda world, **entry: activedirectory.add_domain(world, _entry(entry)))
    cloud.on("resource_removed", removals.removed)
    cloud.on("configured", capacity.note_change)
    cloud.invariant("orphans", invariants.orphans)
    cloud.invariant("orphaned snapshots", invariants.orphaned_snapshots)
    cloud.invariant("counted", invariants.counted)
    cloud.invariant("twins", invariants.twins)
    cloud.invariant("tags", invariants.untagged)
    cloud.view("capacity", lambda world, _: _capacity(world))
    cloud.view("domains", lambda world, _: _domains(world))


def _seed_domains(world: World, data: list[Json]) -> None:
    for entry in data:
        activedirectory.add_domain(world, entry)


def _entry(event: Json) -> Json:
    return {"name": event["domain"], **{k: v for k, v in event.items() if k != "domain"}}


def _capacity(world: World) -> Json:
    found = capacity.counters(world)
    return {
        "cores": {"/".join(key): number for key, number in found.cores.items() if number},
        "placed": {"/".join(key): number for key, number in found.placed.items() if number},
    }


def _domains(world: World) -> list[Json]:
    return [
        {"name": each.name, "ous": sorted(each.units), "computers": each.computers}
        for each in activedirectory.domains(world).values()
    ]
