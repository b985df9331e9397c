"""Virtual networks."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import serve_tags
from azure_simulator.arm.reading import invalid, location_of, missing, need_group, read, tagged, tags_of
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.settling import is_changed, settling
from azure_simulator.arm.value_rules import an_address, between, matching
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course
from azure_simulator.network import subnets
from azure_simulator.network.address_pools import close_pool, pool
from azure_simulator.network.network_writes import begin_write, check_idle, network_of
from azure_simulator.network.provider import NETWORK, SDK
from azure_simulator.network.subnets import (
    check_subnets,
    check_unused,
    read_network,
    shown_subnet,
    store,
    store_subnet,
)

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.operations import LongRunning
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

TYPE = "Microsoft.Network/virtualNetworks"
VIRTUAL_NETWORKS = ResourceType(
    name=TYPE,
    provider=NETWORK,
    params=("vnet",),
    models=BodyModels(SDK, "VirtualNetwork", "TagsObject"),
    naming=NameRule(r"[^_\W]([\w\-.]{0,62}\w)?"),
    values={
        "properties.flowTimeoutInMinutes": between(4, 30),
        "properties.bgpCommunities.virtualNetworkCommunity": matching(
            r"12076:2\d{4}", "The BGP community '{value}' is invalid. It must be 12076:20000 to 12076:29999."
        ),
        "properties.dhcpOptions.dnsServers[]": an_address("The IP address '{value}' is malformed."),
        **{f"properties.subnets[].{path}": rule for path, rule in subnets.VALUES.items()},
    },
    links={f"properties.subnets[].properties.{path}": types for path, types in subnets.LINKS.items()},
    lacks={
        "properties.virtualNetworkPeerings": "A peering",
        "properties.addressSpace.ipamPoolPrefixAllocations": "A pool of addresses",
        "properties.summarizedGatewayPrefixes": "A gateway's prefixes",
        "properties.subnets[].properties.ipamPoolPrefixAllocations": "A pool of addresses",
    },
    latencies={"vnet.put": about(4, 10, 1), "vnet.delete": about(10, 20, 2)},
    limit=1000,
)
OPERATIONS = Operations(VIRTUAL_NETWORKS)
_USUAL: Json = {"enableDdosProtection": False, "virtualNetworkPeerings": []}
_PROTECTION_HIDDEN = "2021-03-01"
"""First version that hides `enableVmProtection` where it is off; older versions always show it.

Recorded: github.com/Azure/azure-cli, network/test_network_vnet; Azure/azure-sdk-for-python, azure-mgmt-network.
"""


def shown(call: Call, vnet: Resource) -> Json:
    """Show a network with its subnets."""
    world = call.world
    rows = [shown_subnet(world, each) for each in world.resources.collection(f"{vnet.id}/subnets")]
    body = {**vnet.body, "etag": NETWORK.etag(world, vnet)}
    body["properties"] = {**_USUAL, **vnet.properties, "subnets": rows}
    if call.query.get("api-version", "") < _PROTECTION_HIDDEN:
        body["properties"].setdefault("enableVmProtection", False)
    elif not body["properties"].get("enableVmProtection"):
        body["properties"].pop("enableVmProtection", None)
    return body


OPERATIONS.reads(get="vnet.get", group="vnets.list", subscription="virtualNetworks.list_all", show=shown)
serve_tags(OPERATIONS, "virtualNetworks.tags", shown)


@OPERATIONS.put("vnet.put")
def put_vnet(call: Call) -> Answer:
    """Create or update a network with its subnets."""
    need_group(call)
    body, location, world = call.object(), location_of(call), call.world
    spaces = [read_network(each) for each in read(body, "properties.addressSpace.addressPrefixes", "array")]
    if not spaces:
        raise missing("properties.addressSpace.addressPrefixes")
    for number, one in enumerate(spaces):
        clash = next((other for other in spaces[:number] if other.overlaps(one)), None)
        if clash is not None:
            raise invalid("properties.addressSpace.addressPrefixes", f"The prefixes {clash} and {one} overlap.")
    _check_encryption(read(body, "properties.encryption", "object", {}))
    wanted = read(body, "properties.subnets", "array", [])
    check_subnets(call, wanted, spaces)
    check_idle(call, call.path)
    found = world.resources.get(call.path)
    before = shown(call, found) if found else None
    gone = _left_out(world, call.path, wanted) if found else []
    for subnet in gone:
        check_unused(world, subnet)
    properties = {
        **body["properties"],  # with the subnets as they were asked for: `shown` has them as they are
        "provisioningState": "Succeeded",
        "resourceGuid": world.guid("vnet", call.path),
    }
    fields = {"location": location, **tagged(tags_of(body)), "properties": properties}
    vnet = store(call, call.path, TYPE, fields)
    parts = [store_subnet(call, f"{call.path}/subnets/{each['name']}", each["properties"]) for each in wanted]
    for subnet in gone:
        close_pool(world, subnet.id)
        world.resources.remove(subnet.id)
    if is_changed(before, shown(call, vnet)):
        for each in (vnet, *parts):
            each.set(call.now_us, provisioningState=NETWORK.written)
    operation = begin_write(call, "vnet.put", vnet, settling(world, "vnet.put", vnet, *parts))
    return accepted(call, operation, 200 if found else 201, shown(call, vnet))


@OPERATIONS.delete("vnet.delete")
def delete_vnet(call: Call) -> Answer:
    """Delete a network that nothing uses."""
    world, vnet = call.world, call.world.resources.get(call.path)
    if vnet is None:
        return Answer(status=204)
    check_idle(call, vnet.id)
    parts = world.resources.collection(f"{vnet.id}/subnets")
    for subnet in parts:
        check_unused(world, subnet)

    def done(_: LongRunning) -> None:
        for subnet in parts:
            close_pool(world, subnet.id)
        world.resources.remove(vnet.id)

    operation = begin_write(call, "vnet.delete", vnet, Course(done))
    return accepted(call, operation, 202, monitor=True)


@OPERATIONS.get("vnet.usages", "usages")
def list_vnet_usages(call: Call) -> Answer:
    """List the numbers of addresses in use, by subnet."""
    rows = []
    for subnet in call.world.resources.collection(f"{network_of(call).id}/subnets"):
        found = pool(call.world, subnet.id)
        name = {"value": "SubnetSpace", "localizedValue": "Subnet size and usage"}
        row: Json = {"id": subnet.id, "unit": "Count", "name": name}
        rows.append({**row, "currentValue": float(len(found.used)), "limit": float(found.limit)})
    return Answer({"value": rows})


@OPERATIONS.get("vnet.check_address", "CheckIPAddressAvailability")
def check_address(call: Call) -> Answer:
    """Tell whether an address is free; five others when it is not."""
    world, address = call.world, call.query.get("ipaddress", "")
    if not address:
        raise missing("ipAddress")
    for subnet in world.resources.collection(f"{network_of(call).id}/subnets"):
        found = pool(world, subnet.id)
        if read_network(address).subnet_of(found.network):
            if found.free(address):
                return Answer({"available": True, "isPlatformReserved": False})
            hosts = (str(each) for each in found.network.hosts())
            others = [each for each, _ in zip((h for h in hosts if found.free(h)), range(5), strict=False)]
            offset = int(IPv4Address(address)) - int(found.network.network_address)
            told = {"availableIPAddresses": others, "isPlatformReserved": offset not in found.used}
            return Answer({"available": False, **told})
    raise Problem(
        400,
        "PrivateIPAddressNotInAnySubnet",
        f"Private static IP address {address} does not belong to the range of any subnet.",
    )


def _check_encryption(encryption: Json) -> None:
    """Refuse encryption without a word on unencrypted machines."""
    if encryption.get("enabled") and "enforcement" not in encryption:
        raise Problem(
            400,
            "MustSpecifyBothEncryptionIntentAndEnforcementPolicy",
            "A virtual network must have both encryption.enabled and encryption.enforcement, or neither.",
        )


def _left_out(world: World, vnet_id: str, wanted: list[Json]) -> list[Resource]:
    names = {entry["name"].lower() for entry in wanted}
    parts = world.resources.collection(f"{vnet_id}/subnets")
    return [subnet for subnet in parts if subnet.name.lower() not in names]
