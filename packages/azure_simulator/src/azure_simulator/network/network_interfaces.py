"""Network interfaces: addresses, the machine they serve, the 180 s reservation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import references
from azure_simulator.arm.async_operations import NETWORK, accepted
from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import check_name, location_of, missing, need_group, read, tags_of
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND
from azure_simulator.network.address_pools import pool
from azure_simulator.network.public_ip_addresses import check_free, tie, untie
from azure_simulator.network.virtual_networks import NAME, NAME_RULE, etag

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

ROUTES = Routes("arm")
TYPE = "Microsoft.Network/networkInterfaces"
ALL = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Network/networkInterfaces"
ONE = f"{ALL}/{{nic}}"
RESERVED_US = 180 * SECOND
BY_SECURITY_GROUP = Index(
    TYPE, lambda nic: nic.properties.get("networkSecurityGroup", {}).get("id", "").lower() or None
)
JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"


def shown(world: World, nic: Resource) -> Json:
    """Show an interface."""
    return {**nic.body, "etag": etag(world, nic.id, nic.version)}


@ROUTES.operation("nic.put", "PUT", ONE, throttle="NetworkWrite", action=f"{TYPE}/write")
def put_nic(call: Call) -> Answer:
    """Create or update an interface; it is ready when the answer leaves."""
    need_group(call)
    check_name(call.param("nic"), NAME, NAME_RULE)
    found = call.world.resources.get(call.path)
    location = location_of(call)
    nic = keep(call, call.path, call.object(), location, tags_of(call.object()))
    operation = begin(call, "nic.put", nic.id, Course(lambda _: None), region=location)
    return accepted(call, operation, 200 if found else 201, shown(call.world, nic), style=NETWORK)


@ROUTES.operation("nic.get", "GET", ONE, throttle="NetworkRead", action=f"{TYPE}/read")
def get_nic(call: Call) -> Answer:
    """Show an interface."""
    return Answer(shown(call.world, call.resource()))


@ROUTES.operation("nics.list", "GET", ALL, throttle="NetworkRead", action=f"{TYPE}/read")
def list_nics(call: Call) -> Answer:
    """List the interfaces of a group."""
    need_group(call)
    return page(call, call.world.resources.collection(call.path), lambda nic: shown(call.world, nic))


@ROUTES.operation("nic.delete", "DELETE", ONE, throttle="NetworkWrite", action=f"{TYPE}/delete")
def delete_nic(call: Call) -> Answer:
    """Delete an interface that no machine uses or has reserved."""
    world, nic = call.world, call.world.resources.get(call.path)
    if nic is None:
        return Answer(status=204)
    if under_way := running_on(world, nic.id, "nic.delete"):
        return accepted(call, under_way[0], 202, style=NETWORK, monitor=True)
    owner = nic.properties.get("virtualMachine", {}).get("id")
    if owner:
        raise Problem(
            400,
            "NicInUse",
            f"Network Interface {nic.id} is used by existing resource {owner}. In order to delete "
            "the network interface, it must be dissociated from the resource.",
        )
    check_reserved(world, nic, "")
    operation = begin(call, "nic.delete", nic.id, Course(lambda _: remove(world, nic)), region=nic.body["location"])
    return accepted(call, operation, 202, style=NETWORK, monitor=True)


def keep(call: Call, nic_id: str, body: Json, location: str, tags: dict[str, str]) -> Resource:
    """Make or update an interface; takes its addresses.

    Raises a `Problem`: SubnetIsFull, LinkedAuthorizationFailed, a subnet that does not exist.
    """
    world = call.world
    found = world.resources.get(nic_id)
    wanted = _wanted(call, body)
    subnets = [_subnet(call, entry, location) for entry in wanted]
    public = _public(call, nic_id, wanted)
    old = {c["name"]: c for c in found.properties["ipConfigurations"]} if found else {}
    configurations: list[Json] = []
    try:
        for entry, subnet in zip(wanted, subnets, strict=True):
            before = old.get(entry["name"])
            configurations.append(_configuration(world, nic_id, entry, subnet, before))
    except Problem:
        _give_back(world, configurations, keeping=old)
        raise
    owner = found.properties.get("virtualMachine") if found else None
    properties = {
        **body["properties"],
        "ipConfigurations": configurations,
        "provisioningState": "Succeeded",
        "resourceGuid": world.guid("nic", nic_id),
        "macAddress": "00-0D-3A-" + world.guid("mac", nic_id)[:6].upper(),
        "nicType": "Standard",
        **({"virtualMachine": owner} if owner else {}),
    }
    fields = {"id": nic_id, "name": nic_id.rpartition("/")[2], "type": TYPE, "tags": tags}
    new = {**fields, "location": location, "properties": properties}
    untie(world, nic_id)
    for configuration_id, address_id in public.items():
        tie(world, address_id, "ipConfiguration", configuration_id)
    if found is None:
        return world.resources.add(Resource(nic_id, TYPE, new, world.now_us))
    found.replace({**new, "id": found.id, "name": found.name}, world.now_us)
    world.resources.refile(found)
    return found


def _wanted(call: Call, body: Json) -> list[Json]:
    """Give the configurations a body asks for; what it refers to is there."""
    wanted: list[Json] = read(body, "properties.ipConfigurations", "array")
    if not wanted:
        raise missing("properties.ipConfigurations")
    references.check_twins(call, wanted)
    security_group = read(body, "properties.networkSecurityGroup.id", "string", "")
    if security_group:
        references.need(call, security_group)
    return wanted


def _public(call: Call, nic_id: str, wanted: list[Json]) -> dict[str, str]:
    """Give the public address of every configuration that has one; refuse those of somebody else."""
    found = {}
    for entry in wanted:
        address_id = str(read(entry, "properties.publicIPAddress.id", "string", ""))
        if address_id:
            configuration_id = f"{nic_id}/ipConfigurations/{entry['name']}"
            check_free(call, address_id, configuration_id)
            found[configuration_id] = address_id
    return found


def check_reserved(world: World, nic: Resource, vm_id: str) -> None:
    """Refuse an interface that is reserved for another machine than `vm_id`."""
    holder = nic.facts.get("reservedFor", "")
    if holder and holder.lower() != vm_id.lower() and world.now_us < nic.facts["reservedUntilUs"]:
        raise Problem(
            400,
            "NicReservedForAnotherVm",
            f"Nic(s) in request is reserved for another Virtual Machine for 180 seconds. Please "
            f"provide another nic(s) or retry after 180 seconds. Reserved VM: {holder}",
        )


def attach(world: World, nic: Resource, vm_id: str, *, primary: bool) -> None:
    """Give an interface to a machine."""
    nic.facts = {}
    nic.set(world.now_us, virtualMachine={"id": vm_id}, primary=primary)


def detach(world: World, nic: Resource, *, reserve_for: str = "") -> None:
    """Take an interface from its machine; a failed machine keeps it reserved."""
    if reserve_for:
        until_us = world.now_us + RESERVED_US
        nic.facts = {"reservedFor": reserve_for, "reservedUntilUs": until_us}
    nic.set(world.now_us, virtualMachine=None)


def remove(world: World, nic: Resource) -> None:
    """Delete an interface; its addresses are free again."""
    _give_back(world, nic.properties["ipConfigurations"], keeping={})
    untie(world, nic.id)
    world.resources.remove(nic.id)


def _give_back(world: World, configurations: list[Json], *, keeping: Json) -> None:
    kept = {each["properties"]["privateIPAddress"] for each in keeping.values()}
    for configuration in configurations:
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
            f"permission to perform action '{TYPE}/write' on scope '{call.path}'; however, it does "
            f"not have permission to perform action(s) '{JOIN}' on the linked scope(s) "
            f"'{subnet.id}' (respectively) or the linked scope(s) are invalid.",
        )
    return subnet


def _configuration(world: World, nic_id: str, entry: Json, subnet: Resource, old: Json | None) -> Json:
    inner = entry["properties"]
    fixed = read(inner, "privateIPAddress", "string", "")
    before = old["properties"] if old else None
    static = inner.get("privateIPAllocationMethod") == "Static"
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
        "type": f"{TYPE}/ipConfigurations",
        "properties": {
            **inner,
            "privateIPAddress": address,
            "privateIPAllocationMethod": "Static" if static else "Dynamic",
            "privateIPAddressVersion": "IPv4",
            "primary": inner.get("primary", True),
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
