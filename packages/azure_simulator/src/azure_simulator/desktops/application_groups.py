"""Application groups and the desktop that one of desktops publishes.

Source: learn.microsoft.com/rest/api/desktopvirtualization/{application-groups,desktops}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.resource_types import EXACT, FIXED, ResourceType
from azure_simulator.core.answers import Answer
from azure_simulator.core.resources import Resource
from azure_simulator.desktops import host_pools
from azure_simulator.desktops.bodies import (
    check_choice,
    created,
    gone,
    invalid,
    listed,
    nulls,
    patched,
    properties_of,
    put_tracked,
    show,
    shown,
    shown_id,
    shown_type,
    stamped,
)
from azure_simulator.desktops.provider import APPLICATION_GROUP, DESKTOPS, IDENTITY, KIND, NAMING, SDK

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

APPLICATION_GROUPS = ResourceType(
    name=APPLICATION_GROUP,
    provider=DESKTOPS,
    params=("group",),
    models=BodyModels(SDK, "ApplicationGroup", "ApplicationGroupPatch"),
    unshown=("kind",),  # follows from the type of its applications
    naming=NAMING,
    values={"kind": KIND},
    together=(IDENTITY,),
    immutable=dict.fromkeys(("properties.hostPoolArmPath", "properties.applicationGroupType"), FIXED),
)
PUBLISHED_DESKTOPS = ResourceType(
    name="Microsoft.DesktopVirtualization/applicationGroups/desktops",
    provider=DESKTOPS,
    params=("group", "desktop"),
    models=BodyModels(SDK, "Desktop", "DesktopPatch"),
    located=False,
    immutable={"properties.iconHash": EXACT},
)
OPERATIONS, DESKTOP_OPERATIONS = Operations(APPLICATION_GROUPS), Operations(PUBLISHED_DESKTOPS)
OPERATIONS.reads(get="applicationGroup.get", show=shown)
DESKTOP_OPERATIONS.reads(get="desktop.get", show=shown)
nulls(APPLICATION_GROUPS.name, "tags", inside="showInFeed workspaceArmPath description friendlyName")
nulls(PUBLISHED_DESKTOPS.name, "", inside="iconHash iconContent")
_DEFAULT = "SessionDesktop"


@OPERATIONS.put("applicationGroup.put")
def put_group(call: Call) -> Answer:
    """Create or replace an application group; a desktop group publishes `SessionDesktop`."""
    wanted = properties_of(call)
    check_choice(wanted, "applicationGroupType", ("Desktop", "RemoteApp"))
    pool = call.world.resources.get(str(wanted.get("hostPoolArmPath", "")))
    if pool is None or pool.type.lower() != host_pools.TYPE.lower():
        raise invalid("hostPoolArmPath does not name a host pool.")
    known = call.world.resources.get(call.path)
    space = known.properties.get("workspaceArmPath") if known else None
    wanted = {"cloudPcResource": False, **wanted, "hostPoolArmPath": shown_id(pool.id), "workspaceArmPath": space}
    group = put_tracked(call, APPLICATION_GROUPS, wanted)
    group.replace({**group.body, "kind": wanted["applicationGroupType"]}, call.now_us)
    _refer(call, pool, group.id, present=True)
    if not known and wanted["applicationGroupType"] == "Desktop":
        _publish(call, group)
    return Answer(show(group)) if known else created(group)


def _publish(call: Call, group: Resource) -> None:
    path = f"{group.id}/desktops/{_DEFAULT}"
    about = {"friendlyName": _DEFAULT, "description": "The default Session Desktop"}
    body = {
        "id": shown_id(path),
        "name": f"{group.name}/{_DEFAULT}",
        "type": shown_type(PUBLISHED_DESKTOPS.name),
        "systemData": stamped(call, None),
        "properties": {"objectId": call.world.guid("desktop", path), **about},
    }
    call.world.resources.add(Resource(path, PUBLISHED_DESKTOPS.name, body, call.now_us))


def _refer(call: Call, owner: Resource, reference: str, *, present: bool) -> None:
    known = [each for each in owner.properties["applicationGroupReferences"] if each.lower() != reference.lower()]
    owner.set(call.now_us, applicationGroupReferences=[*known, shown_id(reference)] if present else known)


@OPERATIONS.patch("applicationGroup.patch")
def patch_group(call: Call) -> Answer:
    """Change names and tags of an application group."""
    group = call.resource()
    patched(call, group, call.object())
    return Answer(show(group))


@OPERATIONS.delete("applicationGroup.delete")
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
    return gone(group)


@OPERATIONS.list_group("applicationGroup.list")
@OPERATIONS.list_subscription("applicationGroup.listAll")
def list_groups(call: Call) -> Answer:
    """List application groups."""
    return listed(call, APPLICATION_GROUPS)


@DESKTOP_OPERATIONS.list_group("desktop.list")
def list_desktops(call: Call) -> Answer:
    """List the desktops of an application group: one or none."""
    call.need(call.path.rpartition("/")[0])
    return Answer({"value": [show(each) for each in call.world.resources.collection(call.path)], "nextLink": None})


@DESKTOP_OPERATIONS.patch("desktop.patch")
def patch_desktop(call: Call) -> Answer:
    """Rename the published desktop, as users see it."""
    desktop = call.resource()
    patched(call, desktop, call.object())
    return Answer(show(desktop))
