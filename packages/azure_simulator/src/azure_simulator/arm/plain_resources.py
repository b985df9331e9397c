"""Plain network resources: security groups, public addresses, NAT gateways; network usages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import NETWORK, accepted
from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import check_name, location_of, need_group, need_region, read, tags_of
from azure_simulator.arm.references import check_twins
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.longrunning import Course, begin
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.routing import Routes
from azure_simulator.network import network_interfaces, public_ip_addresses, virtual_networks
from azure_simulator.network.security_rules import check_rules
from azure_simulator.network.virtual_networks import NAME, NAME_RULE, SUBNET_TYPE, etag

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

ROUTES = Routes("arm")
PROVIDER = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Network"


@dataclass(frozen=True, slots=True)
class Kind:
    """One plain type: its name, who is found to use it, the parts with state of their own."""

    op: str
    collection: str
    users: tuple[Index, ...] = ()
    children: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """Give the full type name."""
        return f"Microsoft.Network/{self.collection}"


KINDS = (
    Kind(
        "nsg",
        "networkSecurityGroups",
        (virtual_networks.BY_SECURITY_GROUP, network_interfaces.BY_SECURITY_GROUP),
        ("securityRules",),
    ),
    Kind("public_ip", "publicIPAddresses"),
    Kind("nat", "natGateways", (virtual_networks.BY_GATEWAY,)),
)
LIMITS = {
    "VirtualNetworks": (virtual_networks.TYPE, 1000),
    "NetworkInterfaces": (network_interfaces.TYPE, 65536),
    "NetworkSecurityGroups": ("Microsoft.Network/networkSecurityGroups", 5000),
    "PublicIPAddresses": ("Microsoft.Network/publicIPAddresses", 1000),
    "NatGateways": ("Microsoft.Network/natGateways", 1000),
}
PLACES = {
    kind: Index(kind, lambda found: (found.key.split("/")[2], found.body["location"])) for kind, _ in LIMITS.values()
}
DEFAULT_RULES = (
    ("AllowVnetInBound", "Inbound", "Allow", 65000, "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", "Inbound", "Allow", 65001, "AzureLoadBalancer", "*"),
    ("DenyAllInBound", "Inbound", "Deny", 65500, "*", "*"),
    ("AllowVnetOutBound", "Outbound", "Allow", 65000, "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", "Outbound", "Allow", 65001, "*", "Internet"),
    ("DenyAllOutBound", "Outbound", "Deny", 65500, "*", "*"),
)
"""Name, direction, access, priority, source, destination of the rules every security group has."""


def _declare(kind: Kind) -> None:
    """Declare the four operations of a kind and its list."""
    every = f"{PROVIDER}/{kind.collection}"
    one = f"{every}/{{{kind.op}}}"
    write, readable = f"{kind.type}/write", f"{kind.type}/read"
    put = ROUTES.operation(f"{kind.op}.put", "PUT", one, throttle="NetworkWrite", action=write)
    put(lambda call: _put(call, kind))
    get = ROUTES.operation(f"{kind.op}.get", "GET", one, throttle="NetworkRead", action=readable)
    get(lambda call: Answer(_shown(call.world, call.resource(), kind)))
    listing = ROUTES.operation(f"{kind.op}.list", "GET", every, throttle="NetworkRead", action=readable)
    listing(lambda call: _list(call, kind))
    delete = ROUTES.operation(f"{kind.op}.delete", "DELETE", one, throttle="NetworkWrite", action=f"{kind.type}/delete")
    delete(lambda call: _delete(call, kind))


def _put(call: Call, kind: Kind) -> Answer:
    need_group(call)
    check_name(call.param(kind.op), NAME, NAME_RULE)
    body, location, world = call.object(), location_of(call), call.world
    found = world.resources.get(call.path)
    addresses = [read(each, "id", "string") for each in read(body, "properties.publicIpAddresses", "array", [])]
    for address_id in addresses:
        public_ip_addresses.check_free(call, address_id, call.path)
    fields: Json = {key: body[key] for key in ("sku", "zones") if key in body}
    new = {
        "id": found.id if found else call.path,
        "name": found.name if found else call.param(kind.op),
        "type": kind.type,
        "location": location,
        "tags": tags_of(body),
        **fields,
        "properties": _properties(call, kind, found),
    }
    if found is None:
        resource = world.resources.add(Resource(call.path, kind.type, new, call.now_us))
    else:
        resource = found
        found.replace(new, call.now_us)
    if kind.op == "nat":
        public_ip_addresses.untie(world, resource.id)
        for address_id in addresses:
            public_ip_addresses.tie(world, address_id, "natGateway", resource.id)
    operation = begin(call, f"{kind.op}.put", resource.id, Course(lambda _: None), region=location)
    status = 200 if found else 201
    return accepted(call, operation, status, _shown(world, resource, kind), style=NETWORK)


def _properties(call: Call, kind: Kind, found: Resource | None) -> Json:
    world, properties = call.world, dict(read(call.object(), "properties", "object", {}))
    for child in kind.children:
        properties[child] = [_child(call, child, entry) for entry in properties.get(child, [])]
    if kind.op == "nsg":
        check_twins(call, properties["securityRules"])
        check_rules(properties["securityRules"])
        properties["defaultSecurityRules"] = [_default_rule(call, *rule) for rule in DEFAULT_RULES]
    if kind.op == "public_ip":
        number = world.rng("public-ip", call.path)
        octets = f"{number.randint(4, 250)}.{number.randint(1, 250)}.{number.randint(1, 250)}"
        ties = (
            {tie: found.properties[tie] for tie in public_ip_addresses.TIES if tie in found.properties} if found else {}
        )
        properties |= {"ipAddress": f"20.{octets}", **ties}
    return properties | {"provisioningState": "Succeeded", "resourceGuid": world.guid(call.path)}


def _child(call: Call, collection: str, entry: Json) -> Json:
    name = read(entry, "name", "string")
    inner = {**read(entry, "properties", "object"), "provisioningState": "Succeeded"}
    return {"id": f"{call.path}/{collection}/{name}", "name": name, "properties": inner}


def _shown(world: World, resource: Resource, kind: Kind) -> Json:
    body = {**resource.body, "etag": etag(world, resource.id, resource.version)}
    shown: Json = {}
    for user in _users(world, resource, kind):
        name = "subnets" if user.type == SUBNET_TYPE else "networkInterfaces"
        shown.setdefault(name, []).append({"id": user.id})
    if shown:
        body["properties"] = {**resource.properties, **shown}
    return body


def _users(world: World, resource: Resource, kind: Kind) -> list[Resource]:
    return [user for index in kind.users for user in world.resources.find(index, resource.key)]


def _list(call: Call, kind: Kind) -> Answer:
    need_group(call)
    return page(call, call.world.resources.collection(call.path), lambda each: _shown(call.world, each, kind))


def _default_rule(
    call: Call, name: str, direction: str, access: str, priority: int, source: str, destination: str
) -> Json:
    properties = {
        "provisioningState": "Succeeded",
        "protocol": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
        "sourceAddressPrefix": source,
        "destinationAddressPrefix": destination,
        "access": access,
        "priority": priority,
        "direction": direction,
    }
    return {"id": f"{call.path}/defaultSecurityRules/{name}", "name": name, "properties": properties}


def _delete(call: Call, kind: Kind) -> Answer:
    world, resource = call.world, call.world.resources.get(call.path)
    if resource is None:
        return Answer(status=204)
    users = _users(world, resource, kind)
    if users:
        raise Problem(
            400,
            f"InUse{kind.collection[0].upper()}{kind.collection[1:-1]}CannotBeDeleted",
            f"{resource.name} cannot be deleted because it is in use by {users[0].id}.",
        )

    owner = public_ip_addresses.owner_of(resource) if kind.op == "public_ip" else ""
    if owner:
        raise Problem(
            400,
            "PublicIPAddressCannotBeDeleted",
            f"Public IP address {resource.id} can not be deleted since it is still allocated to resource {owner}. In "
            "order to delete the public IP, disassociate/detach the Public IP address from the resource.",
        )

    def done(_: object) -> None:
        public_ip_addresses.untie(world, resource.id)
        world.resources.remove(resource.id)

    course = Course(done)
    operation = begin(call, f"{kind.op}.delete", resource.id, course, region=resource.body["location"])
    return accepted(call, operation, 202, style=NETWORK, monitor=True)


@ROUTES.operation(
    "network.usages",
    "GET",
    "/subscriptions/{sub}/providers/Microsoft.Network/locations/{location}/usages",
    throttle="NetworkRead",
)
def list_usages(call: Call) -> Answer:
    """List network resources against their limits."""
    place = (call.param("sub").lower(), need_region(call))
    rows = []
    for name, (kind, limit) in LIMITS.items():
        row: Json = {"id": f"{call.path}/{name}", "unit": "Count"}
        row["currentValue"] = call.world.resources.number(PLACES[kind], place)
        rows.append({**row, "limit": limit, "name": {"value": name, "localizedValue": name}})
    return Answer({"value": rows})


def _declare_all(collection: str, kind: str, show: Callable[[World, Resource], Json]) -> None:
    """Declare the list of a subscription and the change of tags, which every network resource has."""
    op = f"{collection}.list_all"
    listing = ROUTES.operation(
        op,
        "GET",
        f"/subscriptions/{{sub}}/providers/Microsoft.Network/{collection}",
        throttle="NetworkRead",
        action=f"{kind}/read",
    )
    listing(lambda call: _list_all(call, kind, show))
    one = f"{PROVIDER}/{collection}/{{name}}"
    patch = ROUTES.operation(f"{collection}.tags", "PATCH", one, throttle="NetworkWrite", action=f"{kind}/write")
    patch(lambda call: _patch(call, show))


def _list_all(call: Call, kind: str, show: Callable[[World, Resource], Json]) -> Answer:
    prefix = f"/subscriptions/{call.param('sub')}/".lower()
    found = [each for each in call.world.resources.of_type(kind) if each.key.startswith(prefix)]
    return page(call, found, lambda each: show(call.world, each))


def _patch(call: Call, show: Callable[[World, Resource], Json]) -> Answer:
    """Change tags; the only thing a PATCH of Network can do."""
    found, body = call.resource(), call.object()
    if "tags" in body:
        found.replace({**found.body, "tags": tags_of(body)}, call.now_us)
    return Answer(show(call.world, found))


for _kind in KINDS:
    _declare(_kind)
    _declare_all(_kind.collection, _kind.type, lambda world, each, kind=_kind: _shown(world, each, kind))  # type: ignore[misc]
_declare_all("virtualNetworks", virtual_networks.TYPE, virtual_networks.shown)
_declare_all("networkInterfaces", network_interfaces.TYPE, network_interfaces.shown)
