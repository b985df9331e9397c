"""Resources of every type, as the resource manager lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.filters import conditions, tagged
from azure_simulator.arm.paging import page
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

ROUTES = Routes("arm")
SUBSCRIPTION = "/subscriptions/{sub}"
ACTION = "Microsoft.Resources/subscriptions/resources/read"
_SHOWN = ("id", "name", "type", "location", "tags", "sku", "zones", "managedBy", "identity")


@ROUTES.operation("resources.list", "GET", f"{SUBSCRIPTION}/resources", action=ACTION)
def list_all(call: Call) -> Answer:
    """List the tracked resources of a subscription, filtered by type, name, place or tag."""
    wanted, kind = conditions(call), conditions(call).get("resourcetype")
    store = call.world.resources
    prefix = f"/subscriptions/{call.param('sub')}/".lower()
    kinds = [kind] if kind else list(store.types())
    return _page(call, (each for name in kinds for each in store.of_type(name) if each.key.startswith(prefix)), wanted)


@ROUTES.operation("group.resources", "GET", f"{SUBSCRIPTION}/resourceGroups/{{rg}}/resources", action=ACTION)
def list_group(call: Call) -> Answer:
    """List the tracked resources of a group."""
    group = call.path.rpartition("/")[0]
    if call.world.resources.get(group) is None:
        raise Problem(404, "ResourceGroupNotFound", f"Resource group '{call.params['rg']}' could not be found.")
    return _page(call, call.world.resources.under(group), conditions(call))


def _page(call: Call, found: Iterable[Resource], wanted: dict[str, str]) -> Answer:
    return page(call, [each for each in found if _listed(each, wanted)], lambda each: _shown(call, each))


def _listed(resource: Resource, wanted: dict[str, str]) -> bool:
    """Tell whether a resource is tracked (it has a location) and matches the filter."""
    if "location" not in resource.body or "/providers/" not in resource.key:
        return False
    facts = {
        "resourcetype": resource.type.lower(),
        "name": resource.name.lower(),
        "location": str(resource.body["location"]).lower(),
        "resourcegroup": resource.key.split("/")[4],
    }
    return all(wanted.get(key, value) == value for key, value in facts.items()) and tagged(resource, wanted)


def _shown(call: Call, resource: Resource) -> Json:
    row = {key: resource.body[key] for key in _SHOWN if key in resource.body}
    expand = {each.strip().lower() for each in call.query.get("$expand", "").split(",")}
    if "createdtime" in expand:
        row["createdTime"] = iso(resource.created_us)
    if "changedtime" in expand:
        row["changedTime"] = iso(resource.past[-1][0] if resource.past else resource.created_us)
    if "provisioningstate" in expand:
        row["provisioningState"] = resource.properties.get("provisioningState", "Succeeded")
    return row
