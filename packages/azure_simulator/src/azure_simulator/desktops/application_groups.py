"""Application groups, their desktops, and the workspaces that show them.

Source: learn.microsoft.com/rest/api/desktopvirtualization/{application-groups,workspaces,desktops}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.resources import Resource
from azure_simulator.core.routing import Routes
from azure_simulator.desktops import host_pools
from azure_simulator.desktops.bodies import (
    GROUP,
    PROVIDER,
    check_choice,
    invalid,
    listed,
    names,
    patched,
    properties_of,
    put_tracked,
)

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

ROUTES = Routes("arm")
APPS = f"{PROVIDER}/applicationGroups"
SPACES = f"{PROVIDER}/workspaces"
DESKTOPS = f"{APPS}/desktops"
_APP = f"{GROUP}/providers/{APPS}/{{group}}"
_SPACE = f"{GROUP}/providers/{SPACES}/{{workspace}}"
_DESKTOP = f"{_APP}/desktops"
_DEFAULT = "SessionDesktop"


@ROUTES.operation("applicationGroup.put", "PUT", _APP, action=f"{APPS}/write")
def put_group(call: Call) -> Answer:
    """Create or replace an application group; a desktop group publishes `SessionDesktop`."""
    wanted = properties_of(call)
    check_choice(wanted, "applicationGroupType", ("Desktop", "RemoteApp"))
    pool = call.world.resources.get(str(wanted.get("hostPoolArmPath", "")))
    if pool is None or pool.type.lower() != host_pools.TYPE.lower():
        raise invalid("hostPoolArmPath does not name a host pool.")
    known = call.world.resources.get(call.path)
    if known and str(known.properties["hostPoolArmPath"]).lower() != pool.key:
        raise Problem(400, "PropertyChangeNotAllowed", "Changing property 'hostPoolArmPath' is not allowed.")
    space = known.properties.get("workspaceArmPath") if known else None
    group = put_tracked(call, APPS, {"cloudPcResource": False, **wanted, "workspaceArmPath": space})
    _refer(call, pool, group.id, present=True)
    if not known and wanted["applicationGroupType"] == "Desktop":
        _publish(call, group)
    return Answer(group.body, 200 if known else 201)


def _publish(call: Call, group: Resource) -> None:
    path = f"{group.id}/desktops/{_DEFAULT}"
    properties = {"objectId": call.world.guid("desktop", path), "friendlyName": _DEFAULT, "description": ""}
    body = {"id": path, "name": f"{group.name}/{_DEFAULT}", "type": DESKTOPS, "properties": properties}
    call.world.resources.add(Resource(path, DESKTOPS, body, call.now_us))


def _refer(call: Call, owner: Resource, reference: str, *, present: bool) -> None:
    known = [each for each in owner.properties["applicationGroupReferences"] if each.lower() != reference.lower()]
    owner.set(call.now_us, applicationGroupReferences=[*known, reference] if present else known)


@ROUTES.operation("applicationGroup.get", "GET", _APP, action=f"{APPS}/read")
@ROUTES.operation("workspace.get", "GET", _SPACE, action=f"{SPACES}/read")
@ROUTES.operation("desktop.get", "GET", f"{_DESKTOP}/{{desktop}}", action=f"{DESKTOPS}/read")
def get_resource(call: Call) -> Answer:
    """Show an application group, a workspace or a desktop."""
    return Answer(call.resource().body)


@ROUTES.operation("applicationGroup.patch", "PATCH", _APP, action=f"{APPS}/write")
def patch_group(call: Call) -> Answer:
    """Change names and tags of an application group."""
    group = call.resource()
    patched(call, group, call.object(), fixed=("hostPoolArmPath", "applicationGroupType", "workspaceArmPath"))
    return Answer(group.body)


@ROUTES.operation("applicationGroup.delete", "DELETE", _APP, action=f"{APPS}/delete")
def delete_group(call: Call) -> Answer:
    """Delete an application group and take it out of its pool and workspace."""
    group = call.world.resources.get(call.path)
    if group is None:
        return Answer(status=204)
    for name in ("hostPoolArmPath", "workspaceArmPath"):
        owner = call.world.resources.get(str(group.properties.get(name) or ""))
        if owner is not None:
            _refer(call, owner, group.id, present=False)
    call.world.resources.remove(group.id)
    return Answer()


@ROUTES.operation("applicationGroup.list", "GET", f"{GROUP}/providers/{APPS}", action=f"{APPS}/read")
@ROUTES.operation("applicationGroup.listAll", "GET", f"/subscriptions/{{sub}}/providers/{APPS}", action=f"{APPS}/read")
def list_groups(call: Call) -> Answer:
    """List application groups."""
    return listed(call, APPS)


@ROUTES.operation("workspace.put", "PUT", _SPACE, action=f"{SPACES}/write")
def put_workspace(call: Call) -> Answer:
    """Create or replace a workspace with the application groups it shows."""
    wanted = properties_of(call)
    references = names(wanted.get("applicationGroupReferences"), "applicationGroupReferences")
    _check_references(call, references)
    known = call.world.resources.get(call.path)
    before = list(known.properties["applicationGroupReferences"]) if known else []
    properties = {"publicNetworkAccess": "Enabled", **wanted, "applicationGroupReferences": references}
    space = put_tracked(call, SPACES, properties)
    _show(call, space, before)
    return Answer(space.body, 200 if known else 201)


@ROUTES.operation("workspace.patch", "PATCH", _SPACE, action=f"{SPACES}/write")
def patch_workspace(call: Call) -> Answer:
    """Change a workspace; a list of references replaces the one before."""
    space, body = call.resource(), call.object()
    _check_references(call, names(properties_of(call).get("applicationGroupReferences"), "applicationGroupReferences"))
    before = list(space.properties["applicationGroupReferences"])
    patched(call, space, body, fixed=())
    _show(call, space, before)
    return Answer(space.body)


def _check_references(call: Call, references: list[str]) -> None:
    for each in references:
        group = call.world.resources.get(each)
        if group is None:
            raise invalid(f"The application group '{each}' does not exist.")
        owner = str(group.properties.get("workspaceArmPath") or "").lower()
        if owner not in {"", call.path.lower()}:
            raise invalid(f"'{group.name}' is in another workspace.")


def _show(call: Call, space: Resource, before: list[str]) -> None:
    shown = {each.lower() for each in space.properties["applicationGroupReferences"]}
    for each in {*shown, *(each.lower() for each in before)}:
        group = call.world.resources.get(each)
        if group is not None:
            group.set(call.now_us, workspaceArmPath=space.id if each in shown else None)


@ROUTES.operation("workspace.delete", "DELETE", _SPACE, action=f"{SPACES}/delete")
def delete_workspace(call: Call) -> Answer:
    """Delete a workspace; its application groups stay."""
    space = call.world.resources.get(call.path)
    if space is None:
        return Answer(status=204)
    before = list(space.properties["applicationGroupReferences"])
    space.set(call.now_us, applicationGroupReferences=[])
    _show(call, space, before)
    call.world.resources.remove(space.id)
    return Answer()


@ROUTES.operation("workspace.list", "GET", f"{GROUP}/providers/{SPACES}", action=f"{SPACES}/read")
@ROUTES.operation("workspace.listAll", "GET", f"/subscriptions/{{sub}}/providers/{SPACES}", action=f"{SPACES}/read")
def list_workspaces(call: Call) -> Answer:
    """List workspaces."""
    return listed(call, SPACES)


@ROUTES.operation("desktop.list", "GET", _DESKTOP, action=f"{DESKTOPS}/read")
def list_desktops(call: Call) -> Answer:
    """List the desktops of an application group: one or none."""
    call.need(call.path.rpartition("/")[0])
    return Answer({"value": [each.body for each in call.world.resources.collection(call.path)]})


@ROUTES.operation("desktop.patch", "PATCH", f"{_DESKTOP}/{{desktop}}", action=f"{DESKTOPS}/write")
def patch_desktop(call: Call) -> Answer:
    """Rename the published desktop, as users see it."""
    desktop = call.resource()
    patched(call, desktop, call.object(), fixed=("iconHash",))
    return Answer(desktop.body)
