"""Resource groups, their deletion with all that is in them, and subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import naming
from azure_simulator.arm.body_models import TAGS, TEXT, BodyModels, written
from azure_simulator.arm.filters import wanted
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.paging import page
from azure_simulator.arm.plane import authorization_failed
from azure_simulator.arm.providers import RESOURCES
from azure_simulator.arm.reading import location_of, tags_of
from azure_simulator.arm.regions import REGIONS
from azure_simulator.arm.registry import registry
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.sdk_models import Member, Shape
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.resources import Resource

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.operations import LongRunning
    from azure_simulator.core.world import World

RETRY_AFTER_S = 15
TYPE = "Microsoft.Resources/resourceGroups"
_READ = "Microsoft.Resources/subscriptions/read"
_STATE = Member("provisioningState", TEXT, read_only=True)
_PROPERTIES = Shape("object", "ResourceGroupProperties", fixed={"provisioningstate": _STATE})
GROUPS = ResourceType(
    name=TYPE,
    provider=RESOURCES,
    params=("rg",),
    address="/subscriptions/{sub}/resourceGroups",
    called="Microsoft.Resources/subscriptions/resourceGroups",
    models=BodyModels(
        written=written("ResourceGroup", location=TEXT, tags=TAGS, managedBy=TEXT, properties=_PROPERTIES)
    ),
    naming=NameRule(r"[-\w.()]{0,89}[-\w()]"),
    latencies={"group.delete": about(60, 180, 10)},
)
OPERATIONS = Operations(GROUPS)


@OPERATIONS.put("group.put")
def put_group(call: Call) -> Answer:
    """Create or update a resource group."""
    name = call.param("rg")
    location = location_of(call)
    body: Json = {
        "id": f"/subscriptions/{call.param('sub')}/resourceGroups/{name}",  # whatever the case of the request
        "name": name,
        "type": TYPE,
        "location": location,
        "tags": tags_of(call.object()),
        "properties": {"provisioningState": "Succeeded"},
    }
    found = call.world.resources.get(call.path)
    if found is None:
        _check_place(location)
        call.world.resources.add(Resource(body["id"], TYPE, body, call.now_us))
        return Answer(body, 201)
    if found.body["location"] != location:
        raise Problem(
            409,
            "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in "
            f"location '{found.body['location']}'.",
        )
    found.replace({**body, "id": found.id, "name": found.name}, call.now_us)
    return Answer(found.body)


@OPERATIONS.get("group.get")
def get_group(call: Call) -> Answer:
    """Show a resource group."""
    return Answer(_group(call).body)


@OPERATIONS.head("group.head")
def head_group(call: Call) -> Answer:
    """Tell whether a resource group exists."""
    return Answer(status=204 if call.world.resources.get(call.path) else 404)


@OPERATIONS.patch("group.update")
def patch_group(call: Call) -> Answer:
    """Change a resource group's tags."""
    found, body = _group(call), call.object()
    if "tags" in body:
        found.replace({**found.body, "tags": tags_of(body)}, call.now_us)
    return Answer(found.body)


@OPERATIONS.operation("groups.list", "GET", GROUPS.all)
def list_groups(call: Call) -> Answer:
    """List the resource groups that the caller sees; `$filter=tagName eq 'a' and tagValue eq 'b'` and `$top` count."""
    fits, action = wanted(call).fits, f"{GROUPS.called}/read"
    if not call.principal.sees(subscription := f"/subscriptions/{call.param('sub')}", action):
        raise authorization_failed(call, action, subscription)
    found = [each for each in call.world.resources.collection(call.path) if fits(each)]
    return page(call, [each for each in found if call.principal.sees(each.id, action)])


@OPERATIONS.delete("group.delete")
def delete_group(call: Call) -> Answer:
    """Delete a resource group and all in it: machines first, the rest when the operation ends."""
    world, group = call.world, _group(call)
    under_way = running_on(world, group.id, "group.delete")
    if under_way:
        return _accepted(call, under_way[0])
    users = _users_outside(world, group)
    error = None
    if users:
        error = Problem(
            409,
            "ResourceGroupDeletionBlocked",
            f"Deletion of resource group '{group.name}' failed as resources in it are used: {users[0]}.",
            details=[{"code": "InUseSubnetCannotBeDeleted", "message": f"A subnet is in use by {users[0]}."}],
        )

    def done(_: LongRunning) -> None:
        _clear(world, group)
        world.resources.remove(group.id)

    course = Course(done, lambda _: group.set(world.now_us, provisioningState="Succeeded"), error=error)
    operation = begin(call, "group.delete", group.id, course, region=group.body["location"])
    group.set(call.now_us, provisioningState="Deleting")
    halfway_us = operation.accepted_us + (operation.due_us - operation.accepted_us) // 2
    if operation.due_us > halfway_us and error is None:
        world.at(halfway_us, lambda: None if operation.ended else _clear(world, group, early=True))
    return _accepted(call, operation)


@OPERATIONS.operation("group.deletion", "GET", "/subscriptions/{sub}/operationresults/{id}")
def get_deletion(call: Call) -> Answer:
    """Return 202 until the deletion of a group has ended, then its result."""
    operation = call.world.operations.get(call.param("id").lower())
    if operation is None:
        raise Problem(404, "NotFound", f"The operation '{call.param('id')}' was not found.")
    call.notes["operation"] = operation.id
    operation.polls += 1
    if not operation.ended:
        return _accepted(call, operation)
    if operation.error is not None:
        raise operation.error
    return Answer()


def _accepted(call: Call, operation: LongRunning) -> Answer:
    """Answer as the resource manager does: a `Location` and nothing else."""
    sub, version = call.params["sub"], call.query.get("api-version", "")
    headers = {"Location": f"{call.base}/subscriptions/{sub}/operationresults/{operation.id}?api-version={version}"}
    wait_s = call.world.latency.hint_s(RETRY_AFTER_S)
    if wait_s:
        headers["Retry-After"] = str(wait_s)
    return Answer(status=202, headers=headers)


def _users_outside(world: World, group: Resource) -> list[str]:
    """List the resources outside a group that use resources in it: such a group cannot be deleted."""
    types, inside = registry(world), f"{group.key}/"
    found: list[str] = []
    for resource in world.resources.under(group.id):
        users_of = types.of(resource.type).users_of
        users = users_of(world, resource) if users_of else ()
        found += [each for each in users if not each.lower().startswith(inside)]
    return found


def _clear(world: World, group: Resource, *, early: bool = False) -> None:
    """Release the capacity of the group's resources; `early`: only of those that are deleted before their targets."""
    types = registry(world)
    inside = world.resources.under(group.id)
    for resource in sorted(inside, key=lambda each: not types.of(each.type).removed_early):
        kind = types.of(resource.type)
        gone = world.resources.get(resource.id) is not resource
        if kind.removed is not None and not gone and (kind.removed_early or not early):
            kind.removed(world, resource)


@OPERATIONS.operation("subscription.get", "GET", "/subscriptions/{sub}")
def get_subscription(call: Call) -> Answer:
    """Show a subscription; every id is one."""
    if not call.principal.sees(call.path, _READ):
        raise authorization_failed(call, _READ, call.path)
    return Answer(_subscription(call, call.param("sub")))


@OPERATIONS.operation("subscription.list", "GET", "/subscriptions")
def list_subscriptions(call: Call) -> Answer:
    """List the subscriptions of the caller's directory in which the caller has a role."""
    found: list[str] = []
    call.world.publish("ask_subscriptions", tenant=str(call.claims.get("tid", "")), answers=found)
    found = [each for each in found if call.principal.sees(f"/subscriptions/{each}", _READ)]
    count = {"type": "Total", "value": len(found)}
    return Answer({"value": [_subscription(call, each) for each in found], "count": count})


@OPERATIONS.operation("tenant.list", "GET", "/tenants")
def list_tenants(call: Call) -> Answer:
    """List the caller's directories: here the one of the token."""
    tenant = str(call.claims.get("tid", ""))
    return Answer({"value": [{"id": f"/tenants/{tenant}", "tenantId": tenant, "tenantCategory": "Home"}]})


def _subscription(call: Call, subscription: str) -> Json:
    return {
        "id": f"/subscriptions/{subscription}",
        "subscriptionId": subscription,
        "displayName": "Simulated",
        "state": "Enabled",
        "tenantId": call.claims.get("tid", ""),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
    }


def _check_place(location: str) -> None:
    """Refuse a region that does not exist."""
    if location not in REGIONS:
        raise Problem(
            400,
            "LocationNotAvailableForResourceGroup",
            f"The provided location '{location}' is not available for resource group. List of available regions is "
            f"'{','.join(REGIONS)}'.",
        )


def _group(call: Call) -> Resource:
    found = call.world.resources.get(call.path)
    if found is None:
        naming.check(GROUPS, call.params["rg"])
        raise Problem(404, "ResourceGroupNotFound", f"Resource group '{call.params['rg']}' could not be found.")
    return found
