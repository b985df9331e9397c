"""Networks: the tenant's hosted network, created on demand, and the interfaces of its machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from activities.machines.shared_resources import of_a_site
from activities.machines.vms import compares_each, is_newer
from activities.operations.asking_again import ask_again
from activities.operations.at_work import being_made
from shared.caching import TtlCache
from shared.clients.arm import ensure_group, parse_id, properties
from shared.contracts.calls import ordered_tag
from shared.contracts.machines import (
    CREATE_NIC,
    DELETE_NIC,
    PREPARE_HOSTED_NETWORK,
    HostedNetworkOrder,
    Machine,
    NetworkReady,
    NicOrder,
    NicReady,
)
from shared.contracts.outcomes import DeclinedError, Done, MissingError, NoCapacity, Pending, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.azure_errors import INTERFACE_IN_USE, NO_FREE_ADDRESS
from shared.domain.owner import ROLE_TAG
from shared.workflow import Blueprint, implements

bp = Blueprint()

SUBNET = "cpc"
_READY: TtlCache[NetworkReady] = TtlCache(timedelta(minutes=1))
_RESERVED = 180


@dataclass(frozen=True, slots=True)
class NetworkPart:
    """One resource of a hosted network; *operations* is the SDK's group of operations for it."""

    operations: str
    name: str
    body: dict[str, Any]
    needs: tuple[str, ...] = ()


def parts_of(order: HostedNetworkOrder) -> tuple[NetworkPart, ...]:
    """Return the parts of a hosted network, each after the parts that it needs.

    The NAT gateway is for outbound access: new subnets have none by default, and without it no machine can join.
    """
    name = naming.hosted_network_name(order.tenant_id, order.region)
    tags = {naming.TENANT_TAG: order.tenant_id, ROLE_TAG: "network"}
    common = {"location": order.region, "tags": tags}
    standard = {"sku": {"name": "Standard"}}
    address = {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4"}
    gateway = {"idleTimeoutInMinutes": 10, "publicIpAddresses": [{"id": _id(order, "publicIPAddresses", f"{name}-ip")}]}
    subnet = {
        "addressPrefix": order.address_space,
        "defaultOutboundAccess": False,
        "networkSecurityGroup": {"id": _id(order, "networkSecurityGroups", f"{name}-nsg")},
        "natGateway": {"id": _id(order, "natGateways", f"{name}-nat")},
    }
    # The subnet is part of the network's body: separate writes of subnets block each other (docs/notes/azure.md 1.4).
    network = {
        "addressSpace": {"addressPrefixes": [order.address_space]},
        "subnets": [{"name": SUBNET, "properties": subnet}],
    }
    return (
        # No inbound rule: desktops are reached through outbound connections only.
        NetworkPart("network_security_groups", f"{name}-nsg", {**common, "properties": {}}),
        NetworkPart("public_ip_addresses", f"{name}-ip", {**common, **standard, "properties": address}),
        NetworkPart("nat_gateways", f"{name}-nat", {**common, **standard, "properties": gateway}, (f"{name}-ip",)),
        NetworkPart("virtual_networks", name, {**common, "properties": network}, (f"{name}-nsg", f"{name}-nat")),
    )


@bp.activity_trigger(input_name="payload")
@implements(PREPARE_HOSTED_NETWORK, fence=of_a_site)
async def prepare_hosted_network(order: HostedNetworkOrder) -> NetworkReady | Pending | NoCapacity | Refused:
    """Read the parts of the hosted network, and begin to create missing parts whose prerequisites exist.

    Safe with concurrent callers: every part has one name and one body.
    """
    key = (order.subscription_id, order.resource_group, naming.hosted_network_name(order.tenant_id, order.region))
    if ready := _READY.get(dependencies(), key):
        return ready
    network = dependencies().network(order.subscription_id)
    parts = parts_of(order)
    if await _state(network, order, parts[-1]) == "Succeeded":
        subnet = f"{_id(order, 'virtualNetworks', parts[-1].name)}/subnets/{SUBNET}"
        return _READY.put(dependencies(), key, NetworkReady(subnet_ids=(subnet,)))
    tags = {naming.TENANT_TAG: order.tenant_id}
    await ensure_group(network, order.subscription_id, order.resource_group, order.region, tags)
    ready_parts: set[str] = set()
    for part in parts:
        state = await _state(network, order, part)
        if state in {None, "Failed"} and ready_parts.issuperset(part.needs):
            state = await _put(network, order, part)
        if state == "Succeeded":
            ready_parts.add(part.name)
    missing = [part.name for part in parts if part.name not in ready_parts]
    return Pending(note=f"waiting for {', '.join(missing)}", after=10) if missing else Pending(after=1)


async def _state(network: Any, order: HostedNetworkOrder, part: NetworkPart) -> str | None:  # noqa: ANN401 - the SDK's client
    """Return a part's provisioning state, None if it does not exist."""
    try:
        found = await getattr(network, part.operations).get(order.resource_group, part.name)
    except MissingError:
        return None
    return str(properties(found).get("provisioningState"))


async def _put(network: Any, order: HostedNetworkOrder, part: NetworkPart) -> str:  # noqa: ANN401 - the SDK's client
    """Begin to create a part; return its state, which for simple parts is final."""
    operations = getattr(network, part.operations)
    begun = await operations.begin_create_or_update(order.resource_group, part.name, part.body, polling=False)
    return str(properties(await begun.result()).get("provisioningState"))


def _id(order: HostedNetworkOrder, kind: str, name: str) -> str:
    group = f"/subscriptions/{order.subscription_id}/resourceGroups/{order.resource_group}"
    return f"{group}/providers/Microsoft.Network/{kind}/{name}"


@bp.activity_trigger(input_name="payload")
@implements(CREATE_NIC, fence=being_made)
async def create_nic(order: NicOrder) -> NicReady | NoCapacity | Refused:
    """Make the machine's interface in the first subnet that has a free address; again is no error."""
    machine = order.machine
    full: list[str] = []
    for subnet_id in order.subnet_ids:
        try:
            return await _put_nic(machine, subnet_id)
        except DeclinedError as declined:
            if declined.code.lower() not in NO_FREE_ADDRESS:
                raise
            full.append(parse_id(subnet_id).name)
    message = f"No subnet has a free address: {', '.join(full) or 'the connection names none'}."
    return NoCapacity(code="SubnetIsFull", message=message, elsewhere=False)


async def _put_nic(machine: Machine, subnet_id: str) -> NicReady:
    network = dependencies().network(machine.subscription_id)
    configuration = {"name": "ipconfig", "properties": {"primary": True, "subnet": {"id": subnet_id}}}
    body: Any = {
        "location": machine.region,
        "tags": {**machine.tags, **ordered_tag(dependencies().clock.now())},
        "properties": {"ipConfigurations": [configuration]},
    }
    name = machine.nic_name
    begun = await network.network_interfaces.begin_create_or_update(machine.resource_group, name, body, polling=False)
    made = await begun.result()
    if properties(made).get("provisioningState") == "Failed":
        failed = Refused(code="interfaceFailed", message=f"Azure could not make {name} in {subnet_id}")
        raise DeclinedError(failed)
    return NicReady(nic_id=machine.nic_id, subnet_id=subnet_id)


@bp.activity_trigger(input_name="payload")
@implements(DELETE_NIC, fence=compares_each, asks=ask_again)
async def delete_nic(machine: Machine) -> Done | Pending | Refused:
    """Delete the machine's interface and see that it is gone; Azure keeps it for three minutes after a failed VM.

    One that was made after the order was given is another machine's.
    """
    network = dependencies().network(machine.subscription_id)
    name = machine.nic_name
    try:
        if await is_newer(machine, await network.network_interfaces.get(machine.resource_group, name)):
            return Done()
        await network.network_interfaces.begin_delete(machine.resource_group, name, polling=False)
    except MissingError:
        return Done()
    except DeclinedError as declined:
        if declined.code.lower() in INTERFACE_IN_USE:
            return Pending(note=declined.message, after=_RESERVED)
        raise
    return Pending(note=f"{name} is being deleted", after=5)
