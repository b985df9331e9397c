"""Health checks of a customer's own network."""

from __future__ import annotations

from typing import Any

from activities.checking import FaultError, Seen, Subject, refuse_anothers
from shared.clients.arm import ResourceId, parse_id, properties
from shared.contracts.refusals import MissingError
from shared.dependencies import dependencies
from shared.domain.networks.connection import Connection, HealthStatus, SubnetUsage
from shared.domain.planning.demand import awaiting_addresses

_SCARCE = 0.1
_OTHERS = ("serviceAssociationLinks", "resourceNavigationLinks")


async def subnet_ip_usage(subject: Subject) -> Seen | None:
    """Check that the subnets exist, belong to no other service, and have addresses for the Cloud PCs to be built."""
    connection = subject.connection
    if connection.network.hosted:
        return None
    network = await _virtual_network(connection)
    found = {str(s.get("id", "")).casefold(): s for s in properties(network).get("subnets") or ()}
    for subnet_id in connection.network.subnet_ids:
        subnet = found.get(subnet_id.casefold())
        if subnet is None:
            action = "Choose a subnet of the connection's virtual network."
            raise FaultError("resourceAvailabilityCheckSubnetInvalid", f"{subnet_id} does not exist", action)
        _refuse_occupied(subnet_id, properties(subnet))
    return await _free_addresses(connection)


def _refuse_occupied(subnet_id: str, subnet: dict[str, Any]) -> None:
    """Refuse a subnet that belongs to a service of Azure. Raises: FaultError."""
    if delegated := [d.get("name") for d in subnet.get("delegations") or ()]:
        action = "Choose a subnet without delegations: Azure reserves it for the delegated service."
        detail = f"{subnet_id} is delegated to {', '.join(map(str, delegated))}"
        raise FaultError("resourceAvailabilityCheckSubnetDelegationFailed", detail, action)
    if others := [str(link.get("name")) for name in _OTHERS for link in subnet.get(name) or ()]:
        action = "Choose a subnet that no other Azure service uses."
        detail = f"{subnet_id} is used by {', '.join(others)}"
        raise FaultError("resourceAvailabilityCheckSubnetWithExternalResources", detail, action)


async def _free_addresses(connection: Connection) -> Seen:
    subnets = await subnet_usages(connection)
    free, total = sum(s.free for s in subnets), sum(s.total for s in subnets)
    cloud_pcs = [stored.value async for stored in dependencies().cloud_pcs.each(connection.tenant_id)]
    awaited = awaiting_addresses(cloud_pcs, connection.id)
    detail = f"{free} of {total} addresses are free; {awaited} Cloud PC(s) are still to be built"
    code, warning = "resourceAvailabilityCheckNoSubnetIP", HealthStatus.WARNING
    if free <= 0:
        action = "Add a subnet to the connection, or enlarge the one it has."
        raise FaultError(code, detail, action, subnets=subnets)
    if free < awaited:
        action = f"Add a subnet: {awaited - free} of them will have no address."
        raise FaultError(code, detail, action, warning, subnets)
    if free < total * _SCARCE:
        action = "Plan for another subnet: each Cloud PC takes one address."
        raise FaultError(code, detail, action, warning, subnets)
    return Seen(detail, subnets)


async def subnet_usages(connection: Connection) -> tuple[SubnetUsage, ...]:
    """Return the number of addresses of the connection's subnets, in the connection's order."""
    vnet = _vnet_id(connection)
    networks = dependencies().network(vnet.subscription_id).virtual_networks
    found: dict[str, SubnetUsage] = {}
    async for usage in networks.list_usage(vnet.resource_group, vnet.name):
        total, used = int(usage.limit or 0), int(usage.current_value or 0)
        found[str(usage.id).casefold()] = SubnetUsage(subnet_id=str(usage.id), total=total, free=max(0, total - used))
    return tuple(found[each.casefold()] for each in connection.network.subnet_ids if each.casefold() in found)


async def virtual_network_region(subject: Subject) -> Seen | None:
    """Check that the virtual network is in the site's region: an interface must be in its network's region."""
    if subject.connection.network.hosted:
        return None
    location = str((await _virtual_network(subject.connection)).location or "").replace(" ", "").lower()
    if location != subject.site.region:
        detail = f"the network is in {location}, the site in {subject.site.region}"
        action = "Choose a network in the site's region, or a site in the network's."
        raise FaultError("resourceAvailabilityCheckUnsupportedVNetRegion", detail, action)
    return Seen(f"the network is in {location}")


def _vnet_id(connection: Connection) -> ResourceId:
    try:
        return parse_id(connection.network.virtual_network_id or "")
    except ValueError as error:
        raise FaultError(
            "resourceAvailabilityCheckVNetInvalid", str(error), "Choose the virtual network again."
        ) from error


async def _virtual_network(connection: Connection) -> Any:  # noqa: ANN401 - the SDK's VirtualNetwork
    vnet = _vnet_id(connection)
    try:
        found = await dependencies().network(vnet.subscription_id).virtual_networks.get(vnet.resource_group, vnet.name)
    except MissingError as missing:
        detail = f"{connection.network.virtual_network_id}: {missing.message}"
        action = "Choose a network that exists, or give the service's identity Network Contributor on it."
        raise FaultError("resourceAvailabilityCheckVNetInvalid", detail, action) from missing
    refuse_anothers("VNet", vnet.name, found.tags, connection)
    return found
