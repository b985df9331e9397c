"""Resources of every type, as the resource manager lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.filters import wanted
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
    only, store = wanted(call).types, call.world.resources
    prefix = f"/subscriptions/{call.param('sub')}/".lower()
    kinds = list(store.types()) if only is None else sorted(only)
    return _page(call, (each for name in kinds for each in store.of_type(name) if each.key.startswith(prefix)))


@ROUTES.operation("group.resources", "GET", f"{SUBSCRIPTION}/resourceGroups/{{rg}}/resources", action=ACTION)
def list_group(call: Call) -> Answer:
    """List the tracked resources of a group."""
    group = call.path.rpartition("/")[0]
    if call.world.resources.get(group) is None:
        raise Problem(404, "ResourceGroupNotFound", f"Resource group '{call.params['rg']}' could not be found.")
    return _page(call, call.world.resources.under(group))


def _page(call: Call, found: Iterable[Resource]) -> Answer:
    """Show the tracked resources (they have a location) that match the filter."""
    fits = wanted(call).fits
    tracked = [each for each in found if "location" in each.body and "/providers/" in each.key]
    return page(call, [each for each in tracked if fits(each)], lambda each: _shown(call, each))


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
