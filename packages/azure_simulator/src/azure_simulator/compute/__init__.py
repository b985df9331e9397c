"""Microsoft.Compute: machines, disks, images, capacity.

A resource type is one module with `OPERATIONS`; `install` serves them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.arm import async_operations
from azure_simulator.compute import invariants
from azure_simulator.compute.capacity import counters, offers, reservation_groups, reservations
from azure_simulator.compute.disks import disks, snapshots
from azure_simulator.compute.images import (
    galleries,
    gallery_versions,
    managed_images,
    marketplace,
    marketplace_catalogue,
)
from azure_simulator.compute.machines import (
    active_directory,
    attachments,
    extensions,
    lists,
    machines,
    metrics,
    power,
    run_commands,
)
from azure_simulator.compute.provider import COMPUTE

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve Microsoft.Compute, seed domains, and check the invariants of machines and their parts."""
    arm.serve(
        cloud,
        machines.OPERATIONS,
        lists.OPERATIONS,
        power.OPERATIONS,
        attachments.OPERATIONS,
        extensions.OPERATIONS,
        run_commands.OPERATIONS,
        run_commands.ACTIONS,
        disks.OPERATIONS,
        snapshots.OPERATIONS,
        managed_images.OPERATIONS,
        galleries.OPERATIONS,
        galleries.DEFINITION_OPERATIONS,
        gallery_versions.OPERATIONS,
        marketplace.ROUTES,
        reservation_groups.OPERATIONS,
        reservations.OPERATIONS,
        offers.ROUTES,
        async_operations.routes(COMPUTE, "operation.get", "GetOperation"),
    )
    counters.install(cloud)
    marketplace_catalogue.install(cloud)
    active_directory.install(cloud)
    invariants.install(cloud)
    metrics.install(cloud)
