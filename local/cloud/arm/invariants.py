"""What must hold whatever the application believes: judged by names and tags only."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from local.cloud.arm import diskbody, machine
from local.cloud.core.times import SECOND

if TYPE_CHECKING:
    from local.cloud.core.answers import Json
    from local.cloud.core.resources import Resource
    from local.cloud.core.world import World

OWNER = "deskwright:"
"""The tags that make a resource ours; `config.tagPrefix` names another application's."""
NIC_TYPE = "Microsoft.Network/networkInterfaces"
TAGGED = (machine.TYPE, NIC_TYPE, diskbody.TYPE)


def orphans(world: World) -> list[Json]:
    """Find our interfaces and disks whose machine is gone, each with its age in seconds."""
    found = []
    for resource in (r for kind in (NIC_TYPE, diskbody.TYPE) for r in world.resources.of_type(kind)):
        owner = resource.body.get("managedBy") or resource.properties.get("virtualMachine", {}).get("id")
        if _ours(world, resource) and (not owner or world.resources.get(owner) is None):
            age = (world.now_us - resource.created_us) // SECOND
            found.append({"id": resource.id, "ageSeconds": age, "tags": resource.body.get("tags")})
    return found


def twins(world: World) -> list[Json]:
    """Find Cloud PC ids that more than one machine carries."""
    by_id: dict[str, list[str]] = defaultdict(list)
    for vm in world.resources.of_type(machine.TYPE):
        tag = vm.body.get("tags", {}).get(f"{_prefix(world)}cloudpc")
        if tag:
            by_id[tag].append(vm.id)
    return [{"cloudpc": tag, "machines": ids} for tag, ids in by_id.items() if len(ids) > 1]


def untagged(world: World) -> list[Json]:
    """Find machines, interfaces and disks without a tag of ours."""
    everything = (r for kind in TAGGED for r in world.resources.of_type(kind))
    return [{"id": r.id} for r in everything if not _ours(world, r)]


def _prefix(world: World) -> str:
    return str(world.config.get("tagPrefix", OWNER))


def _ours(world: World, resource: Resource) -> bool:
    prefix = _prefix(world)
    return any(tag.startswith(prefix) for tag in resource.body.get("tags") or {})
