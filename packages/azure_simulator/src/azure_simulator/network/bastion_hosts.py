"""Bastions: each is in a subnet of its own, and has a public address.

Source: learn.microsoft.com/azure/bastion/configuration-settings (the name and size of the subnet, the address). Nobody
connects through one here: packets are not simulated.
"""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources, references
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import invalid, missing, read, unsupported
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.arm.value_rules import between
from azure_simulator.core.latency import about
from azure_simulator.network import public_ip_addresses, subnets
from azure_simulator.network.address_pools import pool
from azure_simulator.network.provider import ADDRESS, NAMES, NAMING, NETWORK, SDK, check_short_name, check_zones
from azure_simulator.network.provider import SUBNET as LINKED_SUBNET

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

SUBNET = "AzureBastionSubnet"
_SMALLEST = 26
_PART = "/bastionHostIpConfigurations/"


def _removed(world: World, bastion: Resource) -> None:
    """Give back the address of its subnet, and the public one."""
    public_ip_addresses.release(world, bastion.id)
    for entry in bastion.properties["ipConfigurations"]:
        used = pool(world, entry["properties"]["subnet"]["id"])
        for offset in [offset for offset, owner in used.used.items() if owner == entry["id"]]:
            used.give_back(str(used.network[offset]))


BASTION_HOSTS = ResourceType(
    name="Microsoft.Network/bastionHosts",
    provider=NETWORK,
    params=("bastion",),
    models=BodyModels(SDK, "BastionHost", "TagsObject"),
    naming=NAMING,
    latencies={"bastion.put": about(300, 600, 60), "bastion.delete": about(180, 420, 60)},
    unshown=("properties.dnsName",),
    values={"properties.scaleUnits": between(2, 50), "properties.ipConfigurations[].name": NAMES},
    links={
        "properties.ipConfigurations[].properties.subnet.id": LINKED_SUBNET,
        "properties.ipConfigurations[].properties.publicIPAddress.id": ADDRESS,
    },
    removed=_removed,
)
OPERATIONS = Operations(BASTION_HOSTS)


def _wanted(call: Call) -> Json:
    """Return the one configuration that a body asks for."""
    given: list[Json] = read(call.object(), "properties.ipConfigurations", "array", [])
    if not given:
        raise missing("properties.ipConfigurations")
    if len(given) > 1:
        raise invalid("properties.ipConfigurations", "A bastion host has one IP configuration.")
    return given[0]


def _check(call: Call) -> None:
    check_short_name(call.param("bastion"))
    check_zones(call, call.world.resources.get(call.path))
    if read(call.object(), "sku.name", "string", "Basic") == "Developer":
        raise unsupported("sku.name", "A bastion host of the Developer SKU")
    entry = _wanted(call)
    read(entry, "name", "string")
    subnet = references.need(call, read(entry, "properties.subnet.id", "string"))
    if subnet.name.lower() != SUBNET.lower():
        raise invalid("properties.ipConfigurations", f"A bastion host can only be in a subnet with the name {SUBNET}.")
    if IPv4Network(subnets.prefix_of(subnet.properties)).prefixlen > _SMALLEST:
        raise invalid("properties.ipConfigurations", f"The subnet of a bastion host has to be /{_SMALLEST} or larger.")
    address_id = read(entry, "properties.publicIPAddress.id", "string")
    address = references.need(call, address_id)
    if address.body["sku"]["name"] != "Standard":
        raise invalid("properties.ipConfigurations", "A bastion host needs a public address of the Standard SKU.")
    public_ip_addresses.check_free(call, address_id, f"{call.path}{_PART}{entry['name']}")


def _properties(call: Call, found: Resource | None) -> Json:
    del found
    entry, world = _wanted(call), call.world
    given = read(call.object(), "properties", "object", {})
    inner = {"privateIPAllocationMethod": "Dynamic", **entry["properties"]}
    configuration = {"id": f"{call.path}{_PART}{entry['name']}", "name": entry["name"], "properties": inner}
    dns = f"bst-{world.guid('bastion', call.path)}.bastion.azure.com"
    return {"scaleUnits": 2, **given, "dnsName": dns, "ipConfigurations": [configuration]}


def _stored(call: Call, bastion: Resource) -> None:
    bastion.set(call.now_us, resourceGuid=None)  # which others of the provider have
    _removed(call.world, bastion)
    (entry,) = bastion.properties["ipConfigurations"]
    pool(call.world, entry["properties"]["subnet"]["id"]).take(entry["id"])
    address_id = entry["properties"]["publicIPAddress"]["id"]
    public_ip_addresses.allocate(call.world, address_id, "ipConfiguration", entry["id"])


def _top_level(call: Call) -> Json:
    body = call.object()
    return {
        "sku": {"name": "Basic", **read(body, "sku", "object", {})},
        **{k: body[k] for k in ("zones",) if k in body},
    }


plain_resources.serve(
    OPERATIONS,
    "bastion",
    "bastionHosts",
    Plain(check=_check, properties=_properties, stored=_stored, top_level=_top_level, parts=("ipConfigurations",)),
)
