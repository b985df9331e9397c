"""Whose a public address is: a NAT gateway's, an interface's, or nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import references
from azure_simulator.core.answers import Problem
from azure_simulator.core.resources import Index

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

TYPE = "Microsoft.Network/publicIPAddresses"
TIES = ("natGateway", "ipConfiguration")


def owner_of(address: Resource) -> str:
    """Give the id of what has an address; empty if nothing."""
    return next((str(address.properties[tie]["id"]) for tie in TIES if tie in address.properties), "")


def _holder(address: Resource) -> str | None:
    """Give the gateway or interface that has an address, without the configuration."""
    return owner_of(address).lower().partition("/ipconfigurations/")[0] or None


BY_HOLDER = Index(TYPE, _holder)


def check_free(call: Call, address_id: str, owner: str) -> None:
    """Refuse an address that is not there or that something else has."""
    address = references.need(call, address_id)
    now = owner_of(address)
    if now and now.lower() != owner.lower():
        raise Problem(
            400,
            "PublicIPAddressInUse",
            f"Resource {owner} is referencing public IP address {address.id} that is already allocated to resource "
            f"{now}.",
        )


def tie(world: World, address_id: str, kind: str, owner: str) -> None:
    """Give an address to its owner; `kind` is the property that tells so."""
    address = world.resources.get(address_id)
    if address is not None:
        address.set(world.now_us, **{kind: {"id": owner}})
        world.resources.refile(address)


def untie(world: World, holder: str) -> None:
    """Free the addresses of a gateway or an interface."""
    for address in world.resources.find(BY_HOLDER, holder.lower()):
        address.set(world.now_us, natGateway=None, ipConfiguration=None)
        world.resources.refile(address)
