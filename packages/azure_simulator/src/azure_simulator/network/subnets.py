"""Subnets: their prefixes, and the users of their addresses."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import TYPE_CHECKING

from azure_simulator.arm import references
from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.arm.settling import is_changed, settling
from azure_simulator.arm.value_rules import matching
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course
from azure_simulator.core.resources import Index, Resource
from azure_simulator.network.address_pools import check_pool, close_pool, open_pool, pool
from azure_simulator.network.network_writes import begin_write, check_idle, network_of
from azure_simulator.network.provider import (
    GATEWAY,
    NAME_SAYS,
    NAMING,
    NETWORK,
    ROUTE_TABLE,
    SDK,
    SECURITY_GROUP,
    check_short_name,
)

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.operations import LongRunning
    from azure_simulator.core.world import World

TYPE = "Microsoft.Network/virtualNetworks/subnets"
VALUES = {
    "properties.delegations[].name": matching(
        NAMING.pattern.replace(r"\-.", r"\-./"), NAME_SAYS, "InvalidResourceName"
    ),
    "properties.delegations[].properties.serviceName": matching(
        r"\w+(\.\w+)+/\w+",
        "The service name {value} specified on delegation is not valid.",
        "InvalidServiceNameOnDelegation",
    ),
    "properties.serviceEndpoints[].service": matching(
        r"Microsoft\.\w+(\.\w+)*", "The service {value} of a service endpoint is not valid."
    ),
}
"""Rules for values. Names of services are not looked up. The name of a delegation may be its service's name
(recorded: github.com/Azure/azure-cli, container/test_container_create_with_vnet).

Source of the code: github.com/hashicorp/terraform-provider-azurerm/pull/21779.
"""
LINKS = {"networkSecurityGroup.id": SECURITY_GROUP, "natGateway.id": GATEWAY, "routeTable.id": ROUTE_TABLE}
SUBNETS = ResourceType(
    name=TYPE,
    provider=NETWORK,
    params=("vnet", "subnet"),
    models=BodyModels(SDK, "Subnet"),
    naming=NAMING,
    located=False,
    values=VALUES,
    lacks={"properties.ipamPoolPrefixAllocations": "A pool of addresses"},
    links={f"properties.{path}": types for path, types in LINKS.items()},
    latencies={"subnet.put": about(4, 10, 1), "subnet.delete": about(10, 20, 2)},
    users_of=lambda world, subnet: pool(world, subnet.id).used.values(),
    removed=lambda world, subnet: close_pool(world, subnet.id),
    state={"addresses": dict},
)
OPERATIONS = Operations(SUBNETS)
BY_SECURITY_GROUP = Index(TYPE, lambda found: _linked(found, "networkSecurityGroup"))
BY_ROUTE_TABLE = Index(TYPE, lambda found: _linked(found, "routeTable"))
BY_GATEWAY = Index(TYPE, lambda found: _linked(found, "natGateway"))


def _linked(subnet: Resource, name: str) -> str | None:
    """Return the lower-cased id that a subnet refers to."""
    return str(subnet.properties.get(name, {}).get("id", "")).lower() or None


def shown_subnet(world: World, subnet: Resource) -> Json:
    """Show a subnet with the configurations that use it."""
    configurations = [{"id": owner} for owner in pool(world, subnet.id).used.values()]
    body = {**subnet.body, "etag": NETWORK.etag(world, subnet)}
    if configurations:
        body["properties"] = {**subnet.properties, "ipConfigurations": configurations}
    return body


@OPERATIONS.put("subnet.put")
def put_subnet(call: Call) -> Answer:
    """Create or update one subnet."""
    world, vnet = call.world, network_of(call)
    properties = read(call.object(), "properties", "object")
    spaces = [read_network(each) for each in vnet.properties["addressSpace"]["addressPrefixes"]]
    others = [
        {"name": each.name, "properties": each.properties}
        for each in world.resources.collection(f"{vnet.id}/subnets")
        if each.key != call.path.lower()
    ]
    check_subnets(call, [*others, {"name": call.param("subnet"), "properties": properties}], spaces)
    check_idle(call, vnet.id)
    found = world.resources.get(call.path)
    before = found.body if found else None
    subnet = store_subnet(call, call.path, properties)
    if is_changed(before, subnet.body):
        subnet.set(call.now_us, provisioningState=NETWORK.written)
    operation = begin_write(call, "subnet.put", vnet, settling(world, "subnet.put", subnet))
    return accepted(call, operation, 200 if found else 201, shown_subnet(world, subnet))


@OPERATIONS.get("subnet.get")
def get_subnet(call: Call) -> Answer:
    """Show a subnet."""
    network_of(call)
    found = call.world.resources.get(call.path)
    if found is None:
        raise Problem(404, "NotFound", f"Resource {call.path} not found.")
    return Answer(shown_subnet(call.world, found))


@OPERATIONS.list_group("subnets.list")
def list_subnets(call: Call) -> Answer:
    """List the subnets of a network."""
    network_of(call)
    found = call.world.resources.collection(call.path)
    return Answer({"value": [shown_subnet(call.world, each) for each in found]})


@OPERATIONS.delete("subnet.delete")
def delete_subnet(call: Call) -> Answer:
    """Delete a subnet that nothing uses."""
    world, subnet = call.world, call.world.resources.get(call.path)
    if subnet is None:
        return Answer(status=204)
    vnet = network_of(call)
    check_idle(call, vnet.id)
    check_unused(world, subnet)

    def done(_: LongRunning) -> None:
        close_pool(world, subnet.id)
        world.resources.remove(subnet.id)

    operation = begin_write(call, "subnet.delete", vnet, Course(done))
    return accepted(call, operation, 202, monitor=True)


def read_network(prefix: object) -> IPv4Network:
    """Read an address prefix; raise a `Problem` for a malformed one."""
    try:
        return IPv4Network(str(prefix))
    except (AddressValueError, NetmaskValueError, ValueError) as problem:
        raise Problem(400, "InvalidAddressPrefixFormat", f"Address prefix '{prefix}' is malformed.") from problem


def check_subnets(call: Call, wanted: list[Json], spaces: list[IPv4Network]) -> None:
    """Refuse subnets that do not fit into a network's address spaces, or not beside each other."""
    taken: list[tuple[str, IPv4Network]] = []
    references.check_twins(call, wanted)
    for entry in wanted:
        name = read(entry, "name", "string")
        check_short_name(name)
        network = read_network(prefix_of(read(entry, "properties", "object")))
        if network.prefixlen > 29:  # noqa: PLR2004 - the smallest subnet of Azure
            raise invalid(f"subnets.{name}", f"The prefix /{network.prefixlen} is too small.")
        if not any(network.subnet_of(space) for space in spaces):
            raise Problem(400, "NetcfgInvalidSubnet", f"Subnet '{name}' is not valid in virtual network.")
        clash = next((other for other, each in taken if each.overlaps(network)), None)
        if clash is not None:
            raise Problem(400, "NetcfgSubnetRangesOverlap", f"Subnet '{name}' overlaps with '{clash}'.")
        taken.append((name, network))
        vnet_id = call.path.partition("/subnets/")[0]
        check_pool(call.world, f"{vnet_id}/subnets/{name}", str(network))
        for reference in ("networkSecurityGroup", "natGateway"):
            target = read(entry, f"properties.{reference}.id", "string", "")
            if target:
                references.need(call, target)


def prefix_of(properties: Json) -> str:
    """Return a subnet's prefix, written in one of the two allowed ways."""
    prefixes = read(properties, "addressPrefixes", "array", [])
    return str(prefixes[0]) if prefixes else str(read(properties, "addressPrefix", "string"))


def check_unused(world: World, subnet: Resource) -> None:
    """Refuse to delete a subnet of which addresses are in use."""
    used = pool(world, subnet.id).used
    if used:
        owner = next(iter(used.values()))
        raise Problem(
            400,
            "InUseSubnetCannotBeDeleted",
            f"Subnet {subnet.name} is in use by {owner} and cannot be deleted.",
        )


def store(call: Call, resource_id: str, kind: str, fields: Json) -> Resource:
    """Add a resource, or replace its body."""
    found = call.world.resources.get(resource_id)
    body = {"id": resource_id, "name": resource_id.rpartition("/")[2], "type": kind, **fields}
    if found is None:
        return call.world.resources.add(Resource(resource_id, kind, body, call.now_us))
    found.replace({**body, "id": found.id, "name": found.name}, call.now_us)
    call.world.resources.refile(found)
    return found


def store_subnet(call: Call, subnet_id: str, properties: Json) -> Resource:
    """Add a subnet with its address pool, or replace its body."""
    open_pool(call.world, subnet_id, prefix_of(properties))
    policies = {"privateEndpointNetworkPolicies": "Disabled", "privateLinkServiceNetworkPolicies": "Enabled"}
    state = {"provisioningState": "Succeeded"}
    return store(call, subnet_id, TYPE, {"properties": {"delegations": [], **policies, **properties, **state}})
