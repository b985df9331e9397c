"""The caller's own Cloud PCs in one tenant, at Graph's addresses below ``/me``, for ``client.me`` of an SDK."""

from __future__ import annotations

import azure.functions as func

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.planning.drift import TenantPolicies
from shared.errors import NotFoundError
from shared.services.cloud_pcs.lists import ready_sign_in
from shared.services.policies.policies import read_configuration
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import graph_function, graph_item, graph_whole_list
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.views.cloud_pcs import (
    MY_CLOUD_PC,
    MY_CLOUD_PCS,
    LaunchDetailView,
    MyCloudPcView,
    launch_detail_view,
    my_cloud_pc_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_LIST = "tenants/{tenant}/{version}/me/cloudPCs"
PLACE = f"{_LIST}/{{id}}"


@bp.route(route=_LIST, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/readCloudPCs", graph=True, returns=Page(MY_CLOUD_PC), query=MY_CLOUD_PCS)
async def list_my_cloud_pcs(call: Call) -> Response:
    """List the caller's own Cloud PCs in this tenant."""
    pcs = [stored.value for stored in await call.deps.cloud_pcs.of_user(call.tenant.id, call.caller.actor.id)]
    today = await read_configuration(call.context)
    return await graph_whole_list(call, MY_CLOUD_PCS, [await _view(call, pc, today) for pc in pcs])


@bp.route(route=PLACE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/readCloudPCs", graph=True, returns=MY_CLOUD_PC, query=ONE)
async def get_my_cloud_pc(call: Call) -> Response:
    """Show one of the caller's own Cloud PCs in this tenant."""
    pc = await addressed_own(call)
    return graph_item(call, MY_CLOUD_PCS, await _view(call, pc, await read_configuration(call.context)))


async def _view(call: Call, pc: CloudPc, today: TenantPolicies) -> MyCloudPcView:
    power = await call.deps.cloud_pc_powers.find(call.tenant.id, pc.id)
    return my_cloud_pc_view(pc, today, power.value if power else None)


@graph_function(bp, f"{PLACE}/retrieveCloudPcLaunchDetail")
@endpoint("Microsoft.CloudPC/me/readCloudPCs", graph=True, returns=LaunchDetailView)
async def retrieve_my_launch_detail(call: Call) -> Response:
    """Show the address that opens the caller's Cloud PC in a browser."""
    pc = await addressed_own(call)
    return ok(launch_detail_view(pc, await ready_sign_in(call.deps, call.tenant, pc)))


async def addressed_own(call: Call) -> CloudPc:
    """Return the addressed Cloud PC if it is the caller's own. Raises: NotFoundError for all others."""
    stored = await call.deps.cloud_pcs.find(call.tenant.id, call.param("id"))
    if stored is None or stored.value.user.id != call.caller.actor.id:
        raise NotFoundError("there is no such Cloud PC of yours")
    return stored.value
