"""Maintenance windows: Graph's maintenanceWindows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import azure.functions as func

from shared.domain.policies.maintenance_window import (
    CloudPcMaintenanceWindow,
    MaintenanceWindowEdit,
    MaintenanceWindowForm,
)
from shared.errors import InvalidError
from shared.services.directory.names import group_names
from shared.services.policies.maintenance_windows import (
    assign_maintenance_window,
    create_maintenance_window,
    delete_maintenance_window,
    update_maintenance_window,
)
from shared.storage.repository import Stored
from shared.workflow import Blueprint
from triggers.http.bodies.declared import renamed
from triggers.http.bodies.maintenance import maintenance_window_body
from triggers.http.bodies.policies import AssignBody, assigned_group_ids
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_changed, graph_created, graph_item, graph_whole_list, query_of
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.views.maintenance import MAINTENANCE_WINDOW, MAINTENANCE_WINDOWS, maintenance_window_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ALL = f"{BASE}/maintenanceWindows"
_ONE = f"{_ALL}/{{id}}"


@bp.route(route=_ALL, methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/maintenanceWindows/read",
    graph=True,
    returns=Page(MAINTENANCE_WINDOW),
    query=MAINTENANCE_WINDOWS,
)
async def list_maintenance_windows(call: Call) -> Response:
    """List the maintenance windows."""
    windows = [stored.value async for stored in call.deps.maintenance_windows.each(call.tenant.id)]
    names = await _names(call, windows)
    views = [maintenance_window_view(each, names) for each in windows]
    return await graph_whole_list(call, MAINTENANCE_WINDOWS, views)


@bp.route(route=_ONE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/maintenanceWindows/read", graph=True, returns=MAINTENANCE_WINDOW, query=(*ONE, "$expand"))
async def get_maintenance_window(call: Call) -> Response:
    """Show one maintenance window."""
    stored = await _read(call)
    names = await _names(call, [stored.value])
    return graph_item(call, MAINTENANCE_WINDOWS, maintenance_window_view(stored.value, names), stored.etag)


@bp.route(route=_ALL, methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/maintenanceWindows/create",
    graph=True,
    accepts=MaintenanceWindowForm,
    returns={201: MAINTENANCE_WINDOW},
)
async def add_maintenance_window(call: Call) -> Response:
    """Create a maintenance window; it applies to nobody until it is assigned."""

    async def create() -> Response:
        form = maintenance_window_body(MaintenanceWindowForm, call.json())
        stored = await create_maintenance_window(call.context, form)
        return graph_created(call, MAINTENANCE_WINDOWS, maintenance_window_view(stored.value), stored.etag)

    return await once(call, create)


@bp.route(route=_ONE, methods=["PATCH"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/maintenanceWindows/update",
    graph=True,
    accepts=MaintenanceWindowEdit,
    returns={200: MAINTENANCE_WINDOW, 204: None},
)
async def change_maintenance_window(call: Call) -> Response:
    """Change the properties of a maintenance window that the body names; work that waits for it follows."""
    stored = await _read(call)
    edit = maintenance_window_body(MaintenanceWindowEdit, call.json(), maintenance_window_view(stored.value))
    after = await update_maintenance_window(call.context, stored, edit)
    return graph_changed(call, MAINTENANCE_WINDOWS, maintenance_window_view(after.value), after.etag)


@bp.route(route=_ONE, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/maintenanceWindows/delete", graph=True, returns={204: None})
async def remove_maintenance_window(call: Call) -> Response:
    """Delete a maintenance window; work that waits for it begins."""
    await delete_maintenance_window(call.context, await _read(call))
    return Response(204)


@bp.route(route=f"{_ONE}/assign", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/maintenanceWindows/assign", graph=True, accepts=AssignBody, returns={204: None})
async def assign_maintenance_windows(call: Call) -> Response:
    """Replace the groups to whose Cloud PCs a maintenance window applies."""
    stored = await _read(call)
    group_ids = assigned_group_ids(call.json())
    try:
        await assign_maintenance_window(call.context, stored, group_ids)
    except InvalidError as error:
        pointers = {f"/groups/groupIds/{n}": f"/assignments/{n}/target/groupId" for n in range(len(group_ids))}
        raise renamed(error, pointers) from error
    return Response(204)


async def _names(call: Call, windows: Iterable[CloudPcMaintenanceWindow]) -> Mapping[str, str]:
    """Return the names of the groups in the answer, or no names unless the query selects the assignments."""
    if "assignments" not in query_of(call, MAINTENANCE_WINDOWS).shown:
        return {}
    return await group_names(call.context, (a.group_id for each in windows for a in each.assignments))


async def _read(call: Call) -> Stored[CloudPcMaintenanceWindow]:
    stored = await call.deps.maintenance_windows.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored
