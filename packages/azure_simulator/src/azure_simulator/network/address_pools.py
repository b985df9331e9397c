"""Subnet addresses: Azure keeps the first four and the last one of every subnet."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv4Address, IPv4Network, ip_address
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from azure_simulator.core.world import World

KEPT_FIRST = 4
KEPT_LAST = 1


@dataclass(slots=True)
class Pool:
    """The addresses of one subnet: offsets in use, given back, and never used yet."""

    network: IPv4Network
    used: dict[int, str] = field(default_factory=dict)
    returned: list[int] = field(default_factory=list)
    fresh: int = KEPT_FIRST

    @property
    def limit(self) -> int:
        """Return the number of addresses for machines."""
        return max(0, self.network.num_addresses - KEPT_FIRST - KEPT_LAST)

    def take(self, owner: str) -> str | None:
        """Assign the lowest free address to an owner, and return it; `None` when the subnet is full."""
        while self.returned:
            offset = heapq.heappop(self.returned)
            if offset not in self.used:
                return self._give(offset, owner)
        last = self.network.num_addresses - KEPT_LAST
        while self.fresh < last:
            offset, self.fresh = self.fresh, self.fresh + 1
            if offset not in self.used:
                return self._give(offset, owner)
        return None

    def demand(self, address: str, owner: str) -> None:
        """Give a certain address to an owner; raise a `Problem` when it is not to be had."""
        if not is_address(address) or IPv4Address(address) not in self.network:
            text = f"Private static IP address {address} does not belong to the range of subnet prefix {self.network}."
            raise Problem(400, "PrivateIPAddressNotInSubnet", text)
        offset = int(IPv4Address(address)) - int(self.network.network_address)
        if not KEPT_FIRST <= offset < self.network.num_addresses - KEPT_LAST:
            text = f"Private IP address {address} falls within reserved IP range of subnet prefix {self.network}."
            raise Problem(400, "PrivateIPAddressInReservedRange", text)
        if offset in self.used:
            text = f"IP configuration {owner} is using the private IP address {address} which is already allocated to "
            raise Problem(400, "PrivateIPAddressIsAllocated", f"{text}resource {self.used[offset]}.")
        self._give(offset, owner)

    def give_back(self, address: str) -> None:
        """Free an address."""
        offset = int(ip_address(address)) - int(self.network.network_address)
        if self.used.pop(offset, None) is not None:
            heapq.heappush(self.returned, offset)

    def free(self, address: str) -> bool:
        """Return whether an address could be claimed."""
        offset = int(ip_address(address)) - int(self.network.network_address)
        return KEPT_FIRST <= offset < self.network.num_addresses - 1 and offset not in self.used

    def _give(self, offset: int, owner: str) -> str:
        self.used[offset] = owner
        return str(self.network[offset])


def is_address(text: object) -> bool:
    """Return whether a text is an IPv4 address."""
    try:
        IPv4Address(str(text))
    except AddressValueError:
        return False
    return True


def pools(world: World) -> dict[str, Pool]:
    """Return the pools of all subnets by lower-cased id."""
    found: dict[str, Pool] = world.state("addresses")
    return found


def pool(world: World, subnet_id: str) -> Pool:
    """Return the pool of a subnet."""
    return pools(world)[subnet_id.lower()]


def check_pool(world: World, subnet_id: str, prefix: str) -> None:
    """Refuse another prefix for a subnet whose addresses are in use."""
    before = pools(world).get(subnet_id.lower())
    if before is not None and before.used and before.network != IPv4Network(prefix):
        raise Problem(
            400,
            "InUsePrefixCannotBeDeleted",
            f"IpPrefix {before.network} on Subnet {subnet_id} has active allocations and cannot be deleted.",
        )


def open_pool(world: World, subnet_id: str, prefix: str) -> None:
    """Make the pool of a subnet, or keep the one it has; `check_pool` came first."""
    network = IPv4Network(prefix)
    before = pools(world).get(subnet_id.lower())
    if before is None or before.network != network:
        pools(world)[subnet_id.lower()] = Pool(network)


def close_pool(world: World, subnet_id: str) -> None:
    """Forget the pool of a subnet."""
    pools(world).pop(subnet_id.lower(), None)
