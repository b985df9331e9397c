"""Restore points of Cloud PCs, and whether many Cloud PCs can be resized."""

from __future__ import annotations

import azure.functions as func

from shared.errors import NotFoundError
from shared.services.cloud_pcs.machine_changes import verdicts
from shared.workflow import Blueprint
from triggers.http import scopes
from triggers.http.bodies.cloud_pcs import ValidateBulkResizeBody
from triggers.http.bodies.declared import read_declared
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_function, graph_item, graph_whole_list
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.views.actions import (
    SNAPSHOT,
    SNAPSHOTS,
    ResizeVerdictsView,
    RestorePointsView,
    RestorePointView,
    resize_verdicts_view,
    restore_points_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@graph_function(bp, f"{BASE}/cloudPCs/{{id}}/retrieveSnapshots")
@endpoint("Microsoft.CloudPC/cloudPCs/read", graph=True, returns=RestorePointsView, reach=scopes.CLOUD_PC)
async def retrieve_snapshots(call: Call) -> Response:
    """List the restore points of a Cloud PC, newest first."""
    stored = await call.deps.cloud_pcs.get(call.tenant.id, call.param("id"))
    return ok({"value": restore_points_view(stored.value)})


@bp.route(route=f"{BASE}/snapshots", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/cloudPCs/read", graph=True, returns=Page(SNAPSHOT), query=SNAPSHOTS, reach=scopes.BY_CLOUD_PC
)
async def list_snapshots(call: Call) -> Response:
    """List the restore points of all Cloud PCs."""
    return await graph_whole_list(call, SNAPSHOTS, await _snapshots(call))


@bp.route(route=f"{BASE}/snapshots/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", graph=True, returns=SNAPSHOT, query=ONE)
async def get_snapshot(call: Call) -> Response:
    """Show one restore point."""
    for view in await _snapshots(call):
        if view["id"] == call.param("id"):
            return graph_item(call, SNAPSHOTS, view)
    raise NotFoundError("there is no such restore point")


@bp.route(route=f"{BASE}/cloudPCs/validateBulkResize", methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/cloudPCs/resize",
    mutates=False,
    graph=True,
    accepts=ValidateBulkResizeBody,
    returns=ResizeVerdictsView,
)
async def validate_bulk_resize(call: Call) -> Response:
    """Say for each of many Cloud PCs whether it could be resized now; nothing happens."""
    body = read_declared(ValidateBulkResizeBody, call.json())
    body.settle()
    found = await verdicts(call.context, body.values["cloudPcIds"], body.values["targetServicePlanId"])
    return ok(resize_verdicts_view(found))


async def _snapshots(call: Call) -> list[RestorePointView]:
    found = call.deps.cloud_pcs.each(call.tenant.id)
    return [view async for stored in found for view in restore_points_view(stored.value)]
