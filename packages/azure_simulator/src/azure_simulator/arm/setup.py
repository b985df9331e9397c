"""Plug Azure Resource Manager into the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import (
    async_operations,
    latencies,
    locks,
    plain_resources,
    provider_registrations,
    removals,
    resource_groups,
    resource_lists,
    settings,
)
from azure_simulator.arm.plane import ArmPlane
from azure_simulator.authorization import role_assignments
from azure_simulator.compute import invariants
from azure_simulator.compute.capacity import counters, reservations
from azure_simulator.compute.disks import disks, snapshots
from azure_simulator.compute.images import galleries, managed_images, marketplace
from azure_simulator.compute.machines import (
    active_directory,
    attachments,
    extensions,
    lists,
    machines,
    power,
    run_commands,
)
from azure_simulator.network import network_interfaces, security_rules, virtual_networks

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World

MODULES = (
    async_operations,
    attachments,
    role_assignments,
    counters,
    disks,
    plain_resources,
    extensions,
    galleries,
    resource_groups,
    network_interfaces,
    locks,
    lists,
    machines,
    managed_images,
    marketplace,
    virtual_networks,
    power,
    provider_registrations,
    reservations,
    resource_lists,
    run_commands,
    security_rules,
    snapshots,
)


def install(cloud: Cloud) -> None:
    """Serve ARM."""
    cloud.plane(ArmPlane())
    for module in MODULES:
        cloud.add(module.ROUTES)
    cloud.latencies(latencies.KINDS)
    settings.declare(cloud)
    cloud.state("capacity", counters.Counters)
    cloud.state("addresses", dict)
    cloud.state("imageUse", dict)
    cloud.state("identities", dict)
    cloud.state("providers", dict)
    cloud.state("actions", lambda: provider_registrations.Actions(cloud.router.routes))
    cloud.state("domains", dict)
    cloud.seeder("domains", _seed_domains)
    cloud.on("domain_seeded", lambda world, **entry: active_directory.add_domain(world, _entry(entry)))
    cloud.on("resource_removed", removals.removed)
    cloud.on("configured", counters.note_change)
    cloud.invariant("orphans", invariants.orphans)
    cloud.invariant("orphaned snapshots", invariants.orphaned_snapshots)
    cloud.invariant("counted", invariants.counted)
    cloud.invariant("twins", invariants.twins)
    cloud.invariant("tags", invariants.untagged)
    cloud.view("capacity", lambda world, _: _capacity(world))
    cloud.view("domains", lambda world, _: _domains(world))


def _seed_domains(world: World, data: list[Json]) -> None:
    for entry in data:
        active_directory.add_domain(world, entry)


def _entry(event: Json) -> Json:
    return {"name": event["domain"], **{k: v for k, v in event.items() if k != "domain"}}


def _capacity(world: World) -> Json:
    found = counters.counters(world)
    return {
        "cores": {"/".join(key): number for key, number in found.cores.items() if number},
        "placed": {"/".join(key): number for key, number in found.placed.items() if number},
    }


def _domains(world: World) -> list[Json]:
    return [
        {"name": each.name, "ous": sorted(each.units), "computers": each.computers}
        for each in active_directory.domains(world).values()
    ]
