"""Subscriptions' furniture: resource groups, provider registrations, locks of a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cloud.arm.accepted import COMPUTE, accepted
from local.cloud.arm.reading import check_name, location_of, tags_of
from local.cloud.core.answers import Answer, Problem
from local.cloud.core.longrunning import Course, begin, running_on
from local.cloud.core.resources import Resource
from local.cloud.core.routing import Routes

if TYPE_CHECKING:
    from local.cloud.core.calls import Call
    from local.cloud.core.longrunning import LongRunning

ROUTES = Routes("arm")
GROUP = "/subscriptions/{sub}/resourceGroups/{rg}"
TYPE = "Microsoft.Resources/resourceGroups"
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


@ROUTES.operation("groups.list", "GET", "/subscriptions/{sub}/resourceGroups", action=f"{TYPE}/read")
def list_groups(call: Call) -> Answer:
    """List resource groups."""
    return Answer({"value": [each.body for each in call.world.resources.collection(call.path)]})


@ROUTES.operation("group.delete", "DELETE", GROUP, action=f"{TYPE}/delete")
def delete_group(call: Call) -> Answer:
    """Delete a resource group and all in it."""
    world, group = call.world, _group(call)
    under_way = running_on(world, group.id, "group.delete")
    if under_way:
        return accepted(call, under_way[0], 202, monitor=True)

    def done(_: LongRunning) -> None:
        for resource in world.resources.under(group.id):
            world.publish("resource_removed", resource=resource)
        world.resources.remove(group.id)

    operation = begin(call, "group.delete", group.id, Course(done), region=group.body["location"])
    group.set(call.now_us, provisioningState="Deleting")
    return accepted(call, operation, 202, style=COMPUTE, monitor=True)


@ROUTES.operation("provider.get", "GET", "/subscriptions/{sub}/providers/{namespace}")
def get_provider(call: Call) -> Answer:
    """Show a provider's registration; all are registered unless the settings say otherwise."""
    name = call.param("namespace")
    unregistered = {each.lower() for each in call.world.config.get("unregisteredProviders", [])}
    state = "NotRegistered" if name.lower() in unregistered else "Registered"
    return Answer(
        {
            "id": call.path,
            "namespace": name,
            "registrationState": state,
            "registrationPolicy": "RegistrationRequired",
            "resourceTypes": [],
        }
    )


@ROUTES.operation("provider.register", "POST", "/subscriptions/{sub}/providers/{namespace}/register")
def register_provider(call: Call) -> Answer:
    """Register a provider."""
    wanted = call.param("namespace").lower()
    before = call.world.config.get("unregisteredProviders", [])
    kept = [each for each in before if each.lower() != wanted]
    call.world.configure({"unregisteredProviders": kept})
    return Answer({"namespace": call.param("namespace"), "registrationState": "Registered"})


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


def _group(call: Call) -> Resource:
    found = call.world.resources.get(call.path)
    if found is None:
        raise Problem(404, "ResourceGroupNotFound", f"Resource group '{call.params['rg']}' could not be found.")
    return found
