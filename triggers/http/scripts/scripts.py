"""Scripts and apps that policies run on new Cloud PCs, in the shape of Intune's deviceManagementScripts."""

from __future__ import annotations

import azure.functions as func

from shared.domain.policies.script import DeviceManagementScript, ScriptEdit, ScriptForm
from shared.services.policies.scripts import create_script, delete_script, update_script
from shared.storage.repository import Stored
from shared.workflow import Blueprint
from triggers.http.bodies.scripts import script_body, script_changes
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_changed, graph_created, graph_item, graph_list
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.views.scripts import SCRIPT, SCRIPTS, script_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ALL = f"{BASE}/deviceManagementScripts"
_ONE = f"{_ALL}/{{id}}"


@bp.route(route=_ALL, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deviceManagementScripts/read", graph=True, returns=Page(SCRIPT), query=SCRIPTS)
async def list_scripts(call: Call) -> Response:
    """List the scripts and apps, without the text of the scripts."""
    return await graph_list(call, call.deps.scripts, SCRIPTS, script_view)


@bp.route(route=_ONE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deviceManagementScripts/read", graph=True, returns=SCRIPT, query=ONE)
async def get_script(call: Call) -> Response:
    """Show one script or app; the text of a script only to those who may change it."""
    stored = await _read(call)
    with_source = call.may("Microsoft.CloudPC/deviceManagementScripts/update")
    return graph_item(call, SCRIPTS, script_view(stored.value, with_source=with_source), stored.etag)


@bp.route(route=_ALL, methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deviceManagementScripts/create", graph=True, accepts=ScriptForm, returns={201: SCRIPT})
async def add_script(call: Call) -> Response:
    """Create a script or app; it runs nowhere until a policy refers to it."""

    async def create() -> Response:
        stored = await create_script(call.context, script_body(call.json()))
        return graph_created(call, SCRIPTS, script_view(stored.value, with_source=True), stored.etag)

    return await once(call, create)


@bp.route(route=_ONE, methods=["PATCH"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/deviceManagementScripts/update",
    graph=True,
    accepts=ScriptEdit,
    returns={200: SCRIPT, 204: None},
)
async def change_script(call: Call) -> Response:
    """Change the properties of a script that the body names; another content is a new version of it."""
    stored = await _read(call)
    given = script_changes(call.json(), script_view(stored.value, with_source=True))
    after = await update_script(call.context, stored, given)
    return graph_changed(call, SCRIPTS, script_view(after.value, with_source=True), after.etag)


@bp.route(route=_ONE, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deviceManagementScripts/delete", graph=True, returns={204: None})
async def remove_script(call: Call) -> Response:
    """Delete a script that no policy refers to."""
    await delete_script(call.context, await _read(call))
    return Response(204)


async def _read(call: Call) -> Stored[DeviceManagementScript]:
    stored = await call.deps.scripts.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored
