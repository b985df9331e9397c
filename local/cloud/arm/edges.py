"""Plain network resources: security groups, public addresses, NAT gateways; network usages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.cloud.arm.accepted import NETWORK, accepted
from local.cloud.arm.networks import NAME, NAME_RULE, SUBNET_TYPE, etag
from local.cloud.arm.reading import check_name, location_of, need_group, read, tags_of
from local.cloud.core.answers import Answer, Json, Problem
from local.cloud.core.longrunning import Course, begin
from local.cloud.core.resources import Resource
from local.cloud.core.routing import Routes

if TYPE_CHECKING:
    from local.cloud.core.calls import Call
    from local.cloud.core.world import World

ROUTES = Routes("arm")
PROVIDER = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Network"


@dataclass(frozen=True, slots=True)
class Kind:
    """One plain type: its name, who may use it from a subnet, the parts with state of their own."""

    op: str
    collection: str
    subnet_property: str = ""
    children: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        """Give the full type name."""
        return f"Microsoft.Network/{self.collection}"


KINDS = (
    Kind("nsg", "networkSecurityGroups", "networkSecurityGroup", ("securityRules",)),
    Kind("public_ip", "publicIPAddresses"),
    Kind("nat", "natGateways", "natGateway"),
)
LIMITS = {
    "VirtualNetworks": ("Microsoft.Network/virtualNetworks", 1000),
    "NetworkInterfaces": ("Microsoft.Network/networkInterfaces", 65536),
    "NetworkSecurityGroups": ("Microsoft.Network/networkSecurityGroups", 5000),
    "PublicIPAddresses": ("Microsoft.Network/publicIPAddresses", 1000),
    "NatGateways": ("Microsoft.Network/natGateways", 1000),
}


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
    properties: Json = dict(read(body, "properties", "object", {}))
    for child in kind.children:
        properties[child] = [_child(call, child, entry) for entry in properties.get(child, [])]
    for reference in read(properties, "publicIpAddresses", "array", []):
        call.need(read(reference, "id", "string"), "InvalidResourceReference", 400)
    if kind.op == "public_ip":
        number = world.rng("public-ip", call.path)
        octets = f"{number.randint(4, 250)}.{number.randint(1, 250)}.{number.randint(1, 250)}"
        properties["ipAddress"] = f"20.{octets}"
    properties |= {"provisioningState": "Succeeded", "resourceGuid": world.guid(call.path)}
    found = world.resources.get(call.path)
    fields: Json = {key: body[key] for key in ("sku", "zones") if key in body}
    new = {
        "id": found.id if found else call.path,
        "name": found.name if found else call.param(kind.op),
        "type": kind.type,
        "location": location,
        "tags": tags_of(body),
        **fields,
        "properties": properties,
    }
    if found is None:
        resource = world.resources.add(Resource(call.path, kind.type, new, call.now_us))
    else:
        resource = found
        found.replace(new, call.now_us)
    operation = begin(call, f"{kind.op}.put", resource.id, Course(lambda _: None), region=location)
    status = 200 if found else 201
    return accepted(call, operation, status, _shown(world, resource, kind), style=NETWORK)


def _child(call: Call, collection: str, entry: Json) -> Json:
    name = read(entry, "name", "string")
    inner = {**read(entry, "properties", "object"), "provisioningState": "Succeeded"}
    return {"id": f"{call.path}/{collection}/{name}", "name": name, "properties": inner}


def _shown(world: World, resource: Resource, kind: Kind) -> Json:
    body = {**resource.body, "etag": etag(world, resource.id, resource.version)}
    users = _users(world, resource, kind)
    if users:
        subnets = [{"id": each.id} for each in users]
        body["properties"] = {**resource.properties, "subnets": subnets}
    return body


def _users(world: World, resource: Resource, kind: Kind) -> list[Resource]:
    if not kind.subnet_property:
        return []
    return [
        subnet
        for subnet in world.resources.of_type(SUBNET_TYPE)
        if subnet.properties.get(kind.subnet_property, {}).get("id", "").lower() == resource.key
    ]


def _list(call: Call, kind: Kind) -> Answer:
    need_group(call)
    found = call.world.resources.collection(call.path)
    return Answer({"value": [_shown(call.world, each, kind) for each in found]})


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

    def done(_: object) -> None:
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
    region, prefix = call.param("location").lower(), f"/subscriptions/{call.param('sub')}/".lower()
    rows = []
    for name, (kind, limit) in LIMITS.items():
        found = [
            each
            for each in call.world.resources.of_type(kind)
            if each.body.get("location") == region and each.key.startswith(prefix)
        ]
        row: Json = {"id": f"{call.path}/{name}", "unit": "Count", "currentValue": len(found)}
        rows.append({**row, "limit": limit, "name": {"value": name, "localizedValue": name}})
    return Answer({"value": rows})


for _kind in KINDS:
    _declare(_kind)
