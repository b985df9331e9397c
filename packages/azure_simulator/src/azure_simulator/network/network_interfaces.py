"""Network interfaces: their machine, and the 180 s they stay reserved for a machine whose creation failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import serve_tags
from azure_simulator.arm.reading import location_of, need_group, tagged, tags_of
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.times import SECOND
from azure_simulator.network import ip_configurations
from azure_simulator.network.ip_configurations import NIC_TYPE as TYPE
from azure_simulator.network.provider import NAMING, NETWORK, SDK, check_short_name
from azure_simulator.network.public_ip_addresses import allocate, release

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

RESERVED_US = 180 * SECOND


def remove(world: World, nic: Resource) -> None:
    """Delete an interface; its addresses become free."""
    ip_configurations.give_back(world, nic.properties["ipConfigurations"], keeping={})
    release(world, nic.id)
    world.resources.remove(nic.id)


NETWORK_INTERFACES = ResourceType(
    name=TYPE,
    provider=NETWORK,
    params=("nic",),
    models=BodyModels(SDK, "NetworkInterface", "TagsObject"),
    naming=NAMING,
    unshown=(
        "properties.ipConfigurations.id",
        "properties.ipConfigurations.properties.primary",
        "properties.ipConfigurations.properties.privateIPAddress",
    ),
    values=ip_configurations.VALUES,
    lacks={"properties.privateLinkService": "A private link service"},
    links={f"properties.{path}": types for path, types in ip_configurations.LINKS.items()},
    latencies={"nic.put": about(0.6, 2, 0.1), "nic.delete": about(5, 12, 1)},
    limit=65536,
    removed=remove,
)
OPERATIONS = Operations(NETWORK_INTERFACES)
BY_SECURITY_GROUP = Index(
    TYPE, lambda nic: nic.properties.get("networkSecurityGroup", {}).get("id", "").lower() or None
)


def shown(call: Call, nic: Resource) -> Json:
    """Show an interface."""
    mark = NETWORK.etag(call.world, nic)
    parts = [{**each, "etag": mark} for each in nic.properties["ipConfigurations"]]
    return {**nic.body, "etag": mark, "properties": {**nic.properties, "ipConfigurations": parts}}


OPERATIONS.reads(get="nic.get", group="nics.list", subscription="networkInterfaces.list_all", show=shown)
serve_tags(OPERATIONS, "networkInterfaces.tags", shown)


@OPERATIONS.put("nic.put")
def put_nic(call: Call) -> Answer:
    """Create or update an interface; it is ready when the answer leaves."""
    need_group(call)
    check_short_name(call.param("nic"))
    found = call.world.resources.get(call.path)
    location = location_of(call)
    nic = store(call, call.path, call.object(), location, tags_of(call.object()))
    operation = begin(call, "nic.put", nic.id, Course(lambda _: None), region=location)
    return accepted(call, operation, 200 if found else 201, shown(call, nic))


@OPERATIONS.delete("nic.delete")
def delete_nic(call: Call) -> Answer:
    """Delete an interface that no machine uses or has reserved."""
    world, nic = call.world, call.world.resources.get(call.path)
    if nic is None:
        return Answer(status=204)
    if under_way := running_on(world, nic.id, "nic.delete"):
        return accepted(call, under_way[0], 202, monitor=True)
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
    return accepted(call, operation, 202, monitor=True)


def store(call: Call, nic_id: str, body: Json, location: str, tags: dict[str, str]) -> Resource:
    """Make or update an interface; takes its addresses.

    Raises a `Problem`: SubnetIsFull, LinkedAuthorizationFailed, a subnet that does not exist.
    """
    world = call.world
    found = world.resources.get(nic_id)
    wanted = ip_configurations.read_wanted(call, body)
    public = ip_configurations.public_addresses(call, nic_id, wanted)
    configurations = ip_configurations.configurations(call, nic_id, wanted, location, found)
    owner = found.properties.get("virtualMachine") if found else None
    properties = {
        "enableAcceleratedNetworking": False,
        "enableIPForwarding": False,
        "vnetEncryptionSupported": False,
        "hostedWorkloads": [],
        "tapConfigurations": [],
        **body["properties"],
        "dnsSettings": _dns(world, configurations, body["properties"].get("dnsSettings", {})),
        "ipConfigurations": configurations,
        "provisioningState": "Succeeded",
        "resourceGuid": world.guid("nic", nic_id),
        "nicType": "Standard",
        **({"virtualMachine": owner, "macAddress": _mac(world, nic_id)} if owner else {}),
    }
    fields = {"id": nic_id, "name": nic_id.rpartition("/")[2], "type": TYPE, **tagged(tags)}
    new = {**fields, "location": location, "properties": properties}
    release(world, nic_id)
    for configuration_id, address_id in public.items():
        allocate(world, address_id, "ipConfiguration", configuration_id)
    if found is None:
        return world.resources.add(Resource(nic_id, TYPE, new, world.now_us))
    found.replace({**new, "id": found.id, "name": found.name}, world.now_us)
    world.resources.refile(found)
    return found


def _dns(world: World, configurations: list[Json], given: Json) -> Json:
    """Return the names of an interface: machines of one network find each other by its suffix."""
    network = configurations[0]["properties"]["subnet"]["id"].lower().partition("/subnets/")[0]
    suffix = f"{world.guid('suffix', network).replace('-', '')[:26]}.ax.internal.cloudapp.net"
    return {"dnsServers": [], "appliedDnsServers": [], **given, "internalDomainNameSuffix": suffix}


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
    nic.set(world.now_us, virtualMachine={"id": vm_id}, primary=primary, macAddress=_mac(world, nic.id))


def detach(world: World, nic: Resource, *, reserve_for: str = "") -> None:
    """Take an interface from its machine; a failed machine keeps it reserved."""
    if reserve_for:
        until_us = world.now_us + RESERVED_US
        nic.facts = {"reservedFor": reserve_for, "reservedUntilUs": until_us}
    nic.set(world.now_us, virtualMachine=None)


def _mac(world: World, nic_id: str) -> str:
    """Make an address of Microsoft's range, which an interface has as soon as a machine has it (recorded)."""
    guid = world.guid("mac", nic_id)
    return "-".join(["00-0D-3A", *(guid[at : at + 2].upper() for at in (0, 2, 4))])
