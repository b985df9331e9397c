"""Resource groups and subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import removals
from azure_simulator.arm.filters import conditions, tagged
from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import check_name, location_of, tags_of
from azure_simulator.compute.capacity.sizes import REGIONS
from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.resources import Resource
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.longrunning import LongRunning
    from azure_simulator.core.world import World

ROUTES = Routes("arm")
GROUP = "/subscriptions/{sub}/resourceGroups/{rg}"
TYPE = "Microsoft.Resources/resourceGroups"
RETRY_AFTER_S = 15
RULE = "It may hold 1 to 90 letters, digits, and _-.() and must not end with a dot."


@ROUTES.operation("group.put", "PUT", GROUP, action=f"{TYPE}/write")
def put_group(call: Call) -> Answer:
    """Create or update a resource group."""
    name = call.param("rg")
    check_name(name, r"[-\w.()]{0,89}[-\w()]", RULE)
    location = location_of(call)
    body = {
        "id": call.path,
        "name": name,
        "type": TYPE,
        "location": location,
        "tags": tags_of(call.object()),
        "properties": {"provisioningState": "Succeeded"},
    }
    found = call.world.resources.get(call.path)
    if found is None:
        _check_place(location)
        call.world.resources.add(Resource(call.path, TYPE, body, call.now_us))
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


@ROUTES.operation("group.get", "GET", GROUP, action=f"{TYPE}/read")
def get_group(call: Call) -> Answer:
    """Show a resource group."""
    return Answer(_group(call).body)


@ROUTES.operation("group.head", "HEAD", GROUP, action=f"{TYPE}/read")
def head_group(call: Call) -> Answer:
    """Tell whether a resource group exists."""
    return Answer(status=204 if call.world.resources.get(call.path) else 404)


@ROUTES.operation("group.update", "PATCH", GROUP, action=f"{TYPE}/write")
def patch_group(call: Call) -> Answer:
    """Change a resource group's tags."""
    found, body = _group(call), call.object()
    if "tags" in body:
        found.replace({**found.body, "tags": tags_of(body)}, call.now_us)
    return Answer(found.body)


@ROUTES.operation("groups.list", "GET", "/subscriptions/{sub}/resourceGroups", action=f"{TYPE}/read")
def list_groups(call: Call) -> Answer:
    """List resource groups; `$filter=tagName eq 'a' and tagValue eq 'b'` and `$top` count."""
    wanted = conditions(call)
    return page(call, [each for each in call.world.resources.collection(call.path) if tagged(each, wanted)])


@ROUTES.operation("group.delete", "DELETE", GROUP, action=f"{TYPE}/delete")
def delete_group(call: Call) -> Answer:
    """Delete a resource group and all in it: machines first, the rest when the operation ends."""
    world, group = call.world, _group(call)
    under_way = running_on(world, group.id, "group.delete")
    if under_way:
        return _promised(call, under_way[0])
    users = removals.blocking(world, group.id)
    error = None
    if users:
        error = Problem(
            409,
            "ResourceGroupDeletionBlocked",
            f"Deletion of resource group '{group.name}' failed as resources in it are used: {users[0]}.",
            details=[{"code": "InUseSubnetCannotBeDeleted", "message": f"A subnet is in use by {users[0]}."}],
        )

    def done(_: LongRunning) -> None:
        _clear(world, group, "")
        world.resources.remove(group.id)

    course = Course(done, lambda _: group.set(world.now_us, provisioningState="Succeeded"), error=error)
    operation = begin(call, "group.delete", group.id, course, region=group.body["location"])
    group.set(call.now_us, provisioningState="Deleting")
    halfway_us = operation.accepted_us + (operation.due_us - operation.accepted_us) // 2
    if operation.due_us > halfway_us and error is None:
        world.at(halfway_us, lambda: None if operation.ended else _clear(world, group, removals.FIRST))
    return _promised(call, operation)


@ROUTES.operation("group.deletion", "GET", "/subscriptions/{sub}/operationresults/{id}")
def get_deletion(call: Call) -> Answer:
    """Tell how the deletion of a group goes: 202 until it has ended."""
    operation = call.world.operations.get(call.param("id").lower())
    if operation is None:
        raise Problem(404, "NotFound", f"The operation '{call.param('id')}' was not found.")
    call.notes["operation"] = operation.id
    operation.polls += 1
    if not operation.ended:
        return _promised(call, operation)
    if operation.error is not None:
        raise operation.error
    return Answer()


def _promised(call: Call, operation: LongRunning) -> Answer:
    """Promise as the resource manager does: a `Location` and nothing else."""
    sub, version = call.params["sub"], call.query.get("api-version", "")
    headers = {"Location": f"{call.base}/subscriptions/{sub}/operationresults/{operation.id}?api-version={version}"}
    wait_s = call.world.latency.hint_s(RETRY_AFTER_S)
    if wait_s:
        headers["Retry-After"] = str(wait_s)
    return Answer(status=202, headers=headers)


def _clear(world: World, group: Resource, kind: str) -> None:
    """Remove what is in a group, machines first; with a `kind` only what is of it."""
    inside = world.resources.under(group.id)
    for resource in sorted(inside, key=lambda each: each.type != removals.FIRST):
        if kind in {"", resource.type}:
            world.publish("resource_removed", resource=resource)


@ROUTES.operation("subscription.get", "GET", "/subscriptions/{sub}")
def get_subscription(call: Call) -> Answer:
    """Show a subscription; every id is one."""
    return Answer(
        {
            "id": call.path,
            "subscriptionId": call.param("sub"),
            "displayName": "Simulated",
            "state": "Enabled",
            "tenantId": call.claims.get("tid", ""),
        }
    )


def _check_place(location: str) -> None:
    """Refuse a region there is none of."""
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
        raise Problem(404, "ResourceGroupNotFound", f"Resource group '{call.params['rg']}' could not be found.")
    return found
