"""The IP configurations of network interfaces: which subnet, which address, private and public."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm import references
from azure_simulator.arm.reading import invalid, missing, read, unsupported
from azure_simulator.arm.value_rules import Rule, between, matching
from azure_simulator.core.answers import Json, Problem
from azure_simulator.network.address_pools import is_address, pool
from azure_simulator.network.provider import ADDRESS, NAMES, NETWORK, SECURITY_GROUP, SUBNET
from azure_simulator.network.public_ip_addresses import check_free

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

AZURE_DNS = "AzureProvidedDNS"
NIC_TYPE = "Microsoft.Network/networkInterfaces"
VALUES = {
    "properties.ipConfigurations[].name": NAMES,
    "properties.ipConfigurations[].properties.privateIPAddressPrefixLength": between(1, 128),
    "properties.dnsSettings.dnsServers[]": Rule(
        lambda server: server == AZURE_DNS or is_address(server), "The IP address '{value}' is malformed."
    ),
    "properties.dnsSettings.internalDnsNameLabel": matching(
        r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", "The internal DNS name label '{value}' is invalid."
    ),
}
LINKS = {
    "networkSecurityGroup.id": SECURITY_GROUP,
    "ipConfigurations[].properties.subnet.id": SUBNET,
    "ipConfigurations[].properties.publicIPAddress.id": ADDRESS,
}
_IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}", re.ASCII)
JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"


def configurations(call: Call, nic_id: str, wanted: list[Json], location: str, found: Resource | None) -> list[Json]:
    """Make the configurations a body asks for and take their addresses: all of them or, with a `Problem`, none."""
    subnets = [_subnet(call, entry, location) for entry in wanted]
    _check_network(call, subnets, found)
    old = {each["name"]: each for each in found.properties["ipConfigurations"]} if found else {}
    made: list[Json] = []
    try:
        for entry, subnet in zip(wanted, subnets, strict=True):
            made.append(_configuration(call.world, nic_id, entry, subnet, old.get(entry["name"])))
        if not any(each["properties"]["primary"] for each in made):
            made[0]["properties"]["primary"] = True
    except Problem:
        give_back(call.world, made, keeping=old)
        raise
    return made


def _check_network(call: Call, subnets: list[Resource], found: Resource | None) -> None:
    """Refuse several subnets, and to move an interface of a machine into another network.

    Sources: learn.microsoft.com/azure/virtual-network/virtual-network-network-interface; people quote the code of two
    subnets of one network (github.com/cilium/cilium has that of scale sets).
    """
    networks = {subnet.key.partition("/subnets/")[0] for subnet in subnets}
    if len(networks) > 1:
        text = f"All subnets of the IP configurations of {call.path} must be in one virtual network."
        raise Problem(400, "SubnetsNotInSameVnet", text)
    if len({subnet.key for subnet in subnets}) > 1:
        text = f"IP configurations of the network interface {call.path} cannot use different subnets."
        raise Problem(400, "IpConfigurationsOnSameNicCannotUseDifferentSubnets", text)
    if found is not None and "virtualMachine" in found.properties:
        before = found.properties["ipConfigurations"][0]["properties"]["subnet"]["id"].lower()
        if before.partition("/subnets/")[0] not in networks:
            raise NETWORK.unchangeable("ipConfigurations.properties.subnet")


def read_wanted(call: Call, body: Json) -> list[Json]:
    """Return the configurations that a body asks for; raise a `Problem` for a reference to a missing resource."""
    wanted: list[Json] = read(body, "properties.ipConfigurations", "array")
    if not wanted:
        raise missing("properties.ipConfigurations")
    references.check_twins(call, wanted)
    if sum(bool(read(each, "properties.primary", "boolean", False)) for each in wanted) > 1:
        raise invalid("properties.ipConfigurations", "Only one IP configuration of a network interface may be primary.")
    if any(read(each, "properties.privateIPAddressVersion", "string", "IPv4") != "IPv4" for each in wanted):
        raise unsupported("properties.privateIPAddressVersion", "A configuration with an IPv6 address")
    if read(body, "properties.nicType", "string", "Standard") != "Standard":
        raise unsupported("properties.nicType", "An elastic network interface")
    servers = read(body, "properties.dnsSettings.dnsServers", "array", [])
    if AZURE_DNS in servers and len(servers) > 1:
        raise invalid("properties.dnsSettings.dnsServers", f"{AZURE_DNS} must be the only DNS server.")
    security_group = read(body, "properties.networkSecurityGroup.id", "string", "")
    if security_group:
        references.need(call, security_group)
    return wanted


def public_addresses(call: Call, nic_id: str, wanted: list[Json]) -> dict[str, str]:
    """Return the public address of every configuration that has one; refuse addresses in use elsewhere."""
    found = {}
    for entry in wanted:
        address_id = str(read(entry, "properties.publicIPAddress.id", "string", ""))
        if address_id:
            configuration_id = f"{nic_id}/ipConfigurations/{entry['name']}"
            check_free(call, address_id, configuration_id)
            found[configuration_id] = address_id
    return found


def give_back(world: World, made: list[Json], *, keeping: Json) -> None:
    """Free the addresses of configurations, except those to keep."""
    kept = {each["properties"]["privateIPAddress"] for each in keeping.values()}
    for configuration in made:
        inner = configuration["properties"]
        if inner["privateIPAddress"] not in kept:
            pool(world, inner["subnet"]["id"]).give_back(inner["privateIPAddress"])


def _subnet(call: Call, entry: Json, location: str) -> Resource:
    read(entry, "name", "string")
    subnet_id = read(entry, "properties.subnet.id", "string")
    subnet = references.need(call, subnet_id)
    vnet = call.need(subnet_id[: subnet_id.lower().rindex("/subnets/")])
    if vnet.body["location"] != location:
        raise references.missing(call, subnet_id)
    if not call.allowed(JOIN, subnet.id):
        who = call.principal
        raise Problem(
            403,
            "LinkedAuthorizationFailed",
            f"The client '{who.client_id or who.object_id}' with object id '{who.object_id}' has "
            f"permission to perform action '{NIC_TYPE}/write' on scope '{call.path}'; however, it does "
            f"not have permission to perform action(s) '{JOIN}' on the linked scope(s) "
            f"'{subnet.id}' (respectively) or the linked scope(s) are invalid.",
        )
    return subnet


def _configuration(world: World, nic_id: str, entry: Json, subnet: Resource, old: Json | None) -> Json:
    inner = entry["properties"]
    fixed = read(inner, "privateIPAddress", "string", "")
    before = old["properties"] if old else None
    static = inner.get("privateIPAllocationMethod") == "Static"
    if fixed and not static and not _IPV4.fullmatch(fixed):
        raise invalid("properties.privateIPAddress", f"'{fixed}' is no IPv4 address.")
    if static and not fixed:
        raise missing("properties.privateIPAddress")
    stays = before is not None and before["subnet"]["id"].lower() == subnet.key
    if before is not None and stays and (not static or fixed == before["privateIPAddress"]):
        address = before["privateIPAddress"]
    else:
        address = _address(world, f"{nic_id}/ipConfigurations/{entry['name']}", subnet, fixed if static else "")
        if before is not None:
            pool(world, before["subnet"]["id"]).give_back(before["privateIPAddress"])
    return {
        "id": f"{nic_id}/ipConfigurations/{entry['name']}",
        "name": entry["name"],
        "type": f"{NIC_TYPE}/ipConfigurations",
        "properties": {
            **inner,
            "privateIPAddress": address,
            "privateIPAllocationMethod": "Static" if static else "Dynamic",
            "privateIPAddressVersion": "IPv4",
            "primary": inner.get("primary", False),
            "subnet": {"id": subnet.id},
            "provisioningState": "Succeeded",
        },
    }


def _address(world: World, owner: str, subnet: Resource, fixed: str) -> str:
    found = pool(world, subnet.id)
    if fixed:
        found.demand(fixed, owner)
        return fixed
    address = found.take(owner)
    if address is None:
        raise Problem(
            400,
            "SubnetIsFull",
            f"Subnet {subnet.name} with address prefix {found.network} does not have enough "
            "capacity for 1 IP addresses.",
        )
    return address
