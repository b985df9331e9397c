"""Virtual networks and subnets. A network is one lockable object (azure.md 1.4)."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import TYPE_CHECKING

from azure_simulator.arm import references
from azure_simulator.arm.async_operations import NETWORK, accepted
from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import check_name, invalid, location_of, missing, need_group, read, tags_of
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.routing import Routes
from azure_simulator.network.address_pools import check_pool, close_pool, is_address, open_pool, pool

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.longrunning import LongRunning
    from azure_simulator.core.world import World

ROUTES = Routes("arm")
TYPE = "Microsoft.Network/virtualNetworks"
SUBNET_TYPE = f"{TYPE}/subnets"
ALL = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Network/virtualNetworks"
ONE = f"{ALL}/{{vnet}}"
SUBNETS = f"{ONE}/subnets"
SUBNET = f"{SUBNETS}/{{subnet}}"
BY_SECURITY_GROUP = Index(SUBNET_TYPE, lambda found: _used(found, "networkSecurityGroup"))
BY_GATEWAY = Index(SUBNET_TYPE, lambda found: _used(found, "natGateway"))
NAME = r"[A-Za-z0-9]([-\w.]{0,62}\w)?"
NAME_RULE = "The name must begin with a letter or number, end with a letter, number or underscore."


def etag(world: World, resource_id: str, version: int) -> str:
    """Give the etag of a network resource."""
    return f'W/"{world.guid("etag", resource_id, version)}"'


def _used(subnet: Resource, name: str) -> str | None:
    """Give the lower-cased id of what a subnet refers to."""
    return str(subnet.properties.get(name, {}).get("id", "")).lower() or None


def shown(world: World, vnet: Resource) -> Json:
    """Show a network with its subnets."""
    subnets = [shown_subnet(world, each) for each in world.resources.collection(f"{vnet.id}/subnets")]
    body = {**vnet.body, "etag": etag(world, vnet.id, vnet.version)}
    body["properties"] = {**vnet.properties, "subnets": subnets}
    return body


def shown_subnet(world: World, subnet: Resource) -> Json:
    """Show a subnet with the configurations that use it."""
    configurations = [{"id": owner} for owner in pool(world, subnet.id).used.values()]
    body = {**subnet.body, "etag": etag(world, subnet.id, subnet.version)}
    if configurations:
        body["properties"] = {**subnet.properties, "ipConfigurations": configurations}
    return body


@ROUTES.operation("vnet.put", "PUT", ONE, throttle="NetworkWrite", action=f"{TYPE}/write")
def put_vnet(call: Call) -> Answer:
    """Create or update a network with its subnets."""
    need_group(call)
    check_name(call.param("vnet"), NAME, NAME_RULE)
    body, location, world = call.object(), location_of(call), call.world
    spaces = [_network(each) for each in read(body, "properties.addressSpace.addressPrefixes", "array")]
    if not spaces:
        raise missing("properties.addressSpace.addressPrefixes")
    for server in read(body, "properties.dhcpOptions.dnsServers", "array", []):
        if not is_address(server):
            raise invalid("properties.dhcpOptions.dnsServers", f"The IP address '{server}' is malformed.")
    wanted = read(body, "properties.subnets", "array", [])
    _check_subnets(call, wanted, spaces)
    _check_idle(call, call.path)
    found = world.resources.get(call.path)
    gone = _left_out(world, call.path, wanted) if found else []
    for subnet in gone:
        _check_unused(world, subnet)
    properties = {
        **{key: value for key, value in body["properties"].items() if key != "subnets"},
        "provisioningState": "Updating",
        "resourceGuid": world.guid("vnet", call.path),
    }
    fields = {"location": location, "tags": tags_of(body), "properties": properties}
    vnet = _keep(call, call.path, TYPE, fields)
    for entry in wanted:
        _keep_subnet(call, f"{call.path}/subnets/{entry['name']}", entry["properties"])
    for subnet in gone:
        close_pool(world, subnet.id)
        world.resources.remove(subnet.id)
    operation = _begin(call, "vnet.put", vnet, Course(lambda _: _settled(world, vnet)))
    return accepted(call, operation, 200 if found else 201, shown(world, vnet), style=NETWORK)


@ROUTES.operation("vnet.get", "GET", ONE, throttle="NetworkRead", action=f"{TYPE}/read")
def get_vnet(call: Call) -> Answer:
    """Show a network."""
    return Answer(shown(call.world, call.resource()))


@ROUTES.operation("vnets.list", "GET", ALL, throttle="NetworkRead", action=f"{TYPE}/read")
def list_vnets(call: Call) -> Answer:
    """List the networks of a group."""
    need_group(call)
    return page(call, call.world.resources.collection(call.path), lambda vnet: shown(call.world, vnet))


@ROUTES.operation("vnet.delete", "DELETE", ONE, throttle="NetworkWrite", action=f"{TYPE}/delete")
def delete_vnet(call: Call) -> Answer:
    """Delete a network that nothing uses."""
    world, vnet = call.world, call.world.resources.get(call.path)
    if vnet is None:
        return Answer(status=204)
    _check_idle(call, vnet.id)
    subnets = world.resources.collection(f"{vnet.id}/subnets")
    for subnet in subnets:
        _check_unused(world, subnet)

    def done(_: LongRunning) -> None:
        for subnet in subnets:
            close_pool(world, subnet.id)
        world.resources.remove(vnet.id)

    operation = _begin(call, "vnet.delete", vnet, Course(done))
    return accepted(call, operation, 202, style=NETWORK, monitor=True)


@ROUTES.operation("subnet.put", "PUT", SUBNET, throttle="NetworkWrite", action=f"{SUBNET_TYPE}/write")
def put_subnet(call: Call) -> Answer:
    """Create or update one subnet."""
    world, vnet = call.world, _vnet(call)
    properties = read(call.object(), "properties", "object")
    spaces = [_network(each) for each in vnet.properties["addressSpace"]["addressPrefixes"]]
    others = [
        {"name": each.name, "properties": each.properties}
        for each in world.resources.collection(f"{vnet.id}/subnets")
        if each.key != call.path.lower()
    ]
    _check_subnets(call, [*others, {"name": call.param("subnet"), "properties": properties}], spaces)
    _check_idle(call, vnet.id)
    status = 200 if world.resources.get(call.path) else 201
    subnet = _keep_subnet(call, call.path, properties)
    course = Course(lambda _: subnet.set(world.now_us, provisioningState="Succeeded"))
    operation = _begin(call, "subnet.put", vnet, course)
    return accepted(call, operation, status, shown_subnet(world, subnet), style=NETWORK)


@ROUTES.operation("subnet.get", "GET", SUBNET, throttle="NetworkRead", action=f"{SUBNET_TYPE}/read")
def get_subnet(call: Call) -> Answer:
    """Show a subnet."""
    _vnet(call)
    found = call.world.resources.get(call.path)
    if found is None:
        raise Problem(404, "NotFound", f"Resource {call.path} not found.")
    return Answer(shown_subnet(call.world, found))


@ROUTES.operation("subnets.list", "GET", SUBNETS, throttle="NetworkRead", action=f"{SUBNET_TYPE}/read")
def list_subnets(call: Call) -> Answer:
    """List the subnets of a network."""
    _vnet(call)
    found = call.world.resources.collection(call.path)
    return Answer({"value": [shown_subnet(call.world, each) for each in found]})


@ROUTES.operation("subnet.delete", "DELETE", SUBNET, throttle="NetworkWrite", action=f"{SUBNET_TYPE}/delete")
def delete_subnet(call: Call) -> Answer:
    """Delete a subnet that nothing uses."""
    world, subnet = call.world, call.world.resources.get(call.path)
    if subnet is None:
        return Answer(status=204)
    vnet = _vnet(call)
    _check_idle(call, vnet.id)
    _check_unused(world, subnet)

    def done(_: LongRunning) -> None:
        close_pool(world, subnet.id)
        world.resources.remove(subnet.id)

    operation = _begin(call, "subnet.delete", vnet, Course(done))
    return accepted(call, operation, 202, style=NETWORK, monitor=True)


@ROUTES.operation("vnet.usages", "GET", f"{ONE}/usages", throttle="NetworkRead", action=f"{TYPE}/read")
def list_vnet_usages(call: Call) -> Answer:
    """List how many addresses of each subnet are in use."""
    rows = []
    for subnet in call.world.resources.collection(f"{_vnet(call).id}/subnets"):
        found = pool(call.world, subnet.id)
        name = {"value": "SubnetSpace", "localizedValue": "Subnet size and usage"}
        row: Json = {"id": subnet.id, "unit": "Count", "name": name}
        rows.append({**row, "currentValue": float(len(found.used)), "limit": float(found.limit)})
    return Answer({"value": rows})


@ROUTES.operation(
    "vnet.check_address",
    "GET",
    f"{ONE}/CheckIPAddressAvailability",
    throttle="NetworkRead",
    action=f"{TYPE}/read",
)
def check_address(call: Call) -> Answer:
    """Tell whether an address is free; five others when it is not."""
    world, address = call.world, call.query.get("ipaddress", "")
    if not address:
        raise missing("ipAddress")
    for subnet in world.resources.collection(f"{_vnet(call).id}/subnets"):
        found = pool(world, subnet.id)
        if _network(address).subnet_of(found.network):
            if found.free(address):
                return Answer({"available": True, "availableIPAddresses": []})
            hosts = (str(each) for each in found.network.hosts())
            others = [each for each, _ in zip((h for h in hosts if found.free(h)), range(5), strict=False)]
            return Answer({"available": False, "availableIPAddresses": others})
    raise Problem(
        400,
        "PrivateIPAddressNotInAnySubnet",
        f"Private static IP address {address} does not belong to the range of any subnet.",
    )


def _vnet(call: Call) -> Resource:
    head, _, _ = call.path.lower().partition(f"/{call.params['vnet'].lower()}/")
    return call.need(f"{head}/{call.params['vnet']}")


def _network(prefix: object) -> IPv4Network:
    try:
        return IPv4Network(str(prefix))
    except (AddressValueError, NetmaskValueError, ValueError) as problem:
        raise Problem(400, "InvalidAddressPrefixFormat", f"Address prefix '{prefix}' is malformed.") from problem


def _check_subnets(call: Call, wanted: list[Json], spaces: list[IPv4Network]) -> None:
    taken: list[tuple[str, IPv4Network]] = []
    references.check_twins(call, wanted)
    for entry in wanted:
        name = read(entry, "name", "string")
        check_name(name, NAME, NAME_RULE)
        network = _network(prefix_of(read(entry, "properties", "object")))
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
    """Give a subnet's prefix, written in one of the two allowed ways."""
    prefixes = read(properties, "addressPrefixes", "array", [])
    return str(prefixes[0]) if prefixes else str(read(properties, "addressPrefix", "string"))


def _check_idle(call: Call, vnet_id: str) -> None:
    """Refuse a second write: of the same resource as a conflict, of another one as a lock of the network."""
    under_way = running_on(call.world, vnet_id)
    if not under_way:
        return
    first = under_way[0]
    if first.notes.get("path", "").lower() == call.path.lower():
        raise Problem(
            409,
            "AnotherOperationInProgress",
            f"Another operation on this or dependent resource is in progress. To retrieve status of the operation use "
            f"uri: /subscriptions/{call.params['sub']}/providers/Microsoft.Network/locations/{first.region}/operations/"
            f"{first.id}.",
        )
    raise Problem(
        429,
        "RetryableErrorDueToAnotherOperation",
        f"Operation on {vnet_id} cannot proceed because another operation is in progress on it: '{first.kind}' with "
        f"id {first.id}. The request can be retried.",
        headers={"Retry-After": "10"},
    )


def _begin(call: Call, kind: str, vnet: Resource, course: Course) -> LongRunning:
    """Begin an operation that holds the whole network, whatever in it the request is about."""
    operation = begin(call, kind, vnet.id, course, region=vnet.body["location"])
    operation.notes["path"] = call.path
    return operation


def _check_unused(world: World, subnet: Resource) -> None:
    used = pool(world, subnet.id).used
    if used:
        owner = next(iter(used.values()))
        raise Problem(
            400,
            "InUseSubnetCannotBeDeleted",
            f"Subnet {subnet.name} is in use by {owner} and cannot be deleted.",
        )


def _left_out(world: World, vnet_id: str, wanted: list[Json]) -> list[Resource]:
    names = {entry["name"].lower() for entry in wanted}
    subnets = world.resources.collection(f"{vnet_id}/subnets")
    return [subnet for subnet in subnets if subnet.name.lower() not in names]


def _keep(call: Call, resource_id: str, kind: str, fields: Json) -> Resource:
    found = call.world.resources.get(resource_id)
    body = {"id": resource_id, "name": resource_id.rpartition("/")[2], "type": kind, **fields}
    if found is None:
        return call.world.resources.add(Resource(resource_id, kind, body, call.now_us))
    found.replace({**body, "id": found.id, "name": found.name}, call.now_us)
    call.world.resources.refile(found)
    return found


def _keep_subnet(call: Call, subnet_id: str, properties: Json) -> Resource:
    open_pool(call.world, subnet_id, prefix_of(properties))
    defaults = {"delegations": [], "privateEndpointNetworkPolicies": "Disabled"}
    state = {"provisioningState": "Succeeded"}
    return _keep(call, subnet_id, SUBNET_TYPE, {"properties": {**defaults, **properties, **state}})


def _settled(world: World, vnet: Resource) -> None:
    vnet.set(world.now_us, provisioningState="Succeeded")
