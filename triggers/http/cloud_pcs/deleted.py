"""Deleted Cloud PCs: the list of the copies of disks that are kept, and the end of one before its time."""

from __future__ import annotations

import azure.functions as func

from shared.services.cloud_pcs.deleted import end_keeping
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.lists import whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.deleted import DELETED_CLOUD_PCS, DeletedCloudPcView, deleted_cloud_pc_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_PLACE = "tenants/{tenant}/deletedCloudPCs"


@bp.route(route=_PLACE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deletedCloudPCs/read", returns=Page(DeletedCloudPcView), query=DELETED_CLOUD_PCS)
async def list_deleted_cloud_pcs(call: Call) -> Response:
    """List the deleted Cloud PCs whose disks are kept, the latest first."""
    found = call.deps.deleted_cloud_pcs.each(call.tenant.id)
    return await whole_list(call, DELETED_CLOUD_PCS, [deleted_cloud_pc_view(stored.value) async for stored in found])


@bp.route(route=f"{_PLACE}/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deletedCloudPCs/read", returns=DeletedCloudPcView)
async def get_deleted_cloud_pc(call: Call) -> Response:
    """Show a deleted Cloud PC."""
    stored = await call.deps.deleted_cloud_pcs.get(call.tenant.id, call.param("id"))
    return ok(deleted_cloud_pc_view(stored.value), etag=stored.etag)


@bp.route(route=f"{_PLACE}/{{id}}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/deletedCloudPCs/delete", returns={204: None})
async def delete_deleted_cloud_pc(call: Call) -> Response:
    """End the time of a deleted Cloud PC now: the copy of its disk is removed within minutes."""
    stored = await call.deps.deleted_cloud_pcs.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    await end_keeping(call.context, stored)
    return Response(204)
