"""Diagnostic settings: an extension of any resource that says where its logs and metrics go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.answers import Answer
from azure_simulator.core.resources import Resource
from azure_simulator.monitoring.insights import ANY, INSIGHTS

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

TYPE = "Microsoft.Insights/diagnosticSettings"
_PLACES = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId")
SETTINGS = ResourceType(
    name=TYPE,
    provider=INSIGHTS,
    params=("name",),
    address=f"/{{scope...}}/providers/{TYPE}",
    api_versions="2021-05-01-preview",
    models=BodyModels(written=written("DiagnosticSettings", properties=ANY)),
    located=False,
)
OPERATIONS = Operations(SETTINGS)


@OPERATIONS.put("diagnostics.put")
def put_settings(call: Call) -> Answer:
    """Send logs and metrics of the resource to a workspace."""
    call.need(call.param("scope"))
    properties = read(call.object(), "properties", "object", {})
    if not any(properties.get(each) for each in _PLACES):
        raise invalid("properties", f"A diagnostic setting names one of {', '.join(_PLACES)}.")
    if properties.get("workspaceId"):
        call.need(str(properties["workspaceId"]))
    if not properties.get("logs") and not properties.get("metrics"):
        raise invalid("properties", "A diagnostic setting has logs or metrics.")
    body = {"id": call.path, "name": call.param("name"), "type": TYPE, "properties": dict(properties)}
    found = call.world.resources.get(call.path)
    if found is None:
        call.world.resources.add(Resource(call.path, TYPE, body, call.now_us))
    else:
        found.replace(body, call.now_us)
    return Answer(body)


@OPERATIONS.delete("diagnostics.delete")
def delete_settings(call: Call) -> Answer:
    """Send nothing any more."""
    return Answer(status=204 if call.world.resources.remove(call.path) is None else 200)


@OPERATIONS.get("diagnostics.get")
def get_settings(call: Call) -> Answer:
    """Show a setting."""
    return Answer(call.resource().body)


@OPERATIONS.list_group("diagnostics.list")
def list_settings(call: Call) -> Answer:
    """List the settings of a resource."""
    call.need(call.param("scope"))
    return page(call, call.world.resources.collection(call.path), lambda each: each.body)
