"""What a resource gives back when its group goes: addresses, cores, slots, those who rely on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.compute.capacity import placement
from azure_simulator.compute.disks import disk_bodies
from azure_simulator.compute.images import galleries, image_references
from azure_simulator.compute.machines import lifecycle, machine_disks
from azure_simulator.network import address_pools, network_interfaces, public_ip_addresses, virtual_networks

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

FIRST = lifecycle.TYPE
"""Machines go before what they use."""


def blocking(world: World, group_id: str) -> list[str]:
    """List what outside a group uses the networks in it: such a group cannot be deleted."""
    inside = f"{group_id.lower()}/"
    found = []
    for subnet in world.resources.under(group_id):
        if subnet.type == virtual_networks.SUBNET_TYPE:
            owners = address_pools.pool(world, subnet.id).used.values()
            found += [owner for owner in owners if not owner.lower().startswith(inside)]
    return found


def removed(world: World, resource: Resource) -> None:
    """Undo what a resource means to others; the resource itself is removed by the caller."""
    undo = _UNDO.get(resource.type)
    if undo is not None and world.resources.get(resource.id) is resource:
        undo(world, resource)


def _reservation(world: World, reservation: Resource) -> None:
    """Leave the machines of other groups without their slots."""
    placement.grant(world, reservation, 0)
    for vm_id in list(reservation.facts["associated"].values()):
        vm = world.resources.get(vm_id)
        seat = placement.seat_of(world, vm) if vm else None
        if vm is not None and seat is not None:
            placement.move_out(world, vm, seat)


def _disk(world: World, disk: Resource) -> None:
    """Leave the machine of another group without a data disk."""
    vm = disk_bodies.owner_of(world, disk)
    if vm is not None:
        machine_disks.forget(world, vm, disk)


def _version(world: World, version: Resource) -> None:
    image_references.vanished(world, version.id)


def _gateway(world: World, gateway: Resource) -> None:
    public_ip_addresses.untie(world, gateway.id)


def _subnet(world: World, subnet: Resource) -> None:
    address_pools.close_pool(world, subnet.id)


_UNDO: dict[str, Callable[[World, Resource], None]] = {
    lifecycle.TYPE: lifecycle.remove,
    network_interfaces.TYPE: network_interfaces.remove,
    placement.TYPE: _reservation,
    disk_bodies.TYPE: _disk,
    galleries.VERSION_TYPE: _version,
    virtual_networks.SUBNET_TYPE: _subnet,
    "Microsoft.Network/natGateways": _gateway,
}
