"""Workspaces: they show application groups to users.

Source: learn.microsoft.com/rest/api/desktopvirtualization/workspaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.answers import Answer
from azure_simulator.desktops.bodies import (
    created,
    invalid,
    listed,
    names,
    nulls,
    patched,
    properties_of,
    put_tracked,
    show,
    shown,
    shown_id,
)
from azure_simulator.desktops.provider import APPLICATION_GROUP, DESKTOPS, IDENTITY, KIND, NAMING, SDK

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

WORKSPACES = ResourceType(
    name="Microsoft.DesktopVirtualization/workspaces",
    provider=DESKTOPS,
    params=("workspace",),
    models=BodyModels(SDK, "Workspace", "WorkspacePatch"),
    naming=NAMING,
    values={"kind": KIND},
    together=(IDENTITY,),
)
OPERATIONS = Operations(WORKSPACES)
OPERATIONS.reads(get="workspace.get", show=shown)
nulls(WORKSPACES.name, "kind", empty="privateEndpointConnections", inside="description friendlyName")


@OPERATIONS.put("workspace.put")
def put_workspace(call: Call) -> Answer:
    """Create or replace a workspace with the application groups it shows."""
    wanted = properties_of(call)
    references = names(wanted.get("applicationGroupReferences"), "applicationGroupReferences")
    _check_references(call, references)
    known = call.world.resources.get(call.path)
    before = list(known.properties["applicationGroupReferences"]) if known else []
    shared = {"publicNetworkAccess": "Enabled", "cloudPcResource": False}
    properties = {**shared, **wanted, "applicationGroupReferences": [shown_id(each) for each in references]}
    space = put_tracked(call, WORKSPACES, properties)
    _show(call, space, before)
    return Answer(show(space)) if known else created(space)


@OPERATIONS.patch("workspace.patch")
def patch_workspace(call: Call) -> Answer:
    """Change a workspace; a list of references replaces the one before."""
    space, body = call.resource(), call.object()
    references = names(properties_of(call).get("applicationGroupReferences"), "applicationGroupReferences")
    _check_references(call, references)
    if "applicationGroupReferences" in properties_of(call):
        shown_ids = [shown_id(each) for each in references]
        body = {**body, "properties": {**body["properties"], "applicationGroupReferences": shown_ids}}
    before = list(space.properties["applicationGroupReferences"])
    patched(call, space, body)
    _show(call, space, before)
    return Answer(show(space))


def _check_references(call: Call, references: list[str]) -> None:
    for each in references:
        group = call.world.resources.get(each)
        if group is None or group.type != APPLICATION_GROUP:
            raise invalid(f"The application group '{each}' does not exist.")
        owner = str(group.properties.get("workspaceArmPath") or "").lower()
        if owner not in {"", call.path.lower()}:
            raise invalid(f"'{group.name}' is in another workspace.")


def _show(call: Call, space: Resource, before: list[str]) -> None:
    shown = {each.lower() for each in space.properties["applicationGroupReferences"]}
    for each in {*shown, *(each.lower() for each in before)}:
        group = call.world.resources.get(each)
        if group is not None:
            group.set(call.now_us, workspaceArmPath=shown_id(space.id) if each in shown else None)


@OPERATIONS.delete("workspace.delete")
def delete_workspace(call: Call) -> Answer:
    """Delete a workspace; its application groups stay."""
    space = call.world.resources.get(call.path)
    if space is None:
        return Answer(status=204)
    before = list(space.properties["applicationGroupReferences"])
    space.set(call.now_us, applicationGroupReferences=[])
    _show(call, space, before)
    call.world.resources.remove(space.id)
    return Answer({**show(space), "systemData": None})  # recorded of workspaces alone


@OPERATIONS.list_group("workspace.list")
@OPERATIONS.list_subscription("workspace.listAll")
def list_workspaces(call: Call) -> Answer:
    """List workspaces."""
    return listed(call, WORKSPACES)
