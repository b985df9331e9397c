"""Users and their own Cloud PCs: every caller finds only their own, and a 404 for all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import azure.functions as func

from shared.contracts.calls import on_behalf_of
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.progress import SignInDetails
from shared.domain.tenants.tenant import Tenant
from shared.errors import NotFoundError
from shared.services.actions.own import own_possibilities, setting_or_none
from shared.services.audit.events import operation_facts
from shared.services.cloud_pcs.lists import cloud_pcs_of, own_cloud_pc, ready_sign_in, spot_desktops_of
from shared.services.operations.estimating import estimates_with_places
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.lists import whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.actions import RestorePointsView, restore_points_view
from triggers.http.views.operations import OPERATION, operation_view
from triggers.http.views.users import (
    OWN_CLOUD_PCS,
    SPOT_DESKTOPS,
    OwnCloudPcView,
    SpotDesktopView,
    own_cloud_pc_view,
    spot_desktop_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
PLACE = "me/cloudPCs/{id}"


@bp.route(route="me/cloudPCs", methods=["GET"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/me/readCloudPCs", returns=Page(OwnCloudPcView), query=OWN_CLOUD_PCS)
async def list_own_cloud_pcs(call: Call, client: DurableClient) -> Response:
    """List the caller's own Cloud PCs, with the actions that they may do on each."""
    views = []
    for tenant, pcs in await cloud_pcs_of(call.deps, call.caller.directory_id, call.caller.actor.id):
        with on_behalf_of(tenant.id):
            views += await _views(call, client, tenant, pcs)
    return await whole_list(call, OWN_CLOUD_PCS, views)


@bp.route(route=PLACE, methods=["GET"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/me/readCloudPCs", returns=OwnCloudPcView)
async def get_own_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Show one of the caller's own Cloud PCs."""
    pc = await addressed_own(call)
    with on_behalf_of(pc.tenant_id):
        (view,) = await _views(call, client, call.tenant, [pc])
    return ok(view)


@bp.route(route=f"{PLACE}/signInDetails", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/readCloudPCs", returns=SignInDetails)
async def get_own_sign_in_details(call: Call) -> Response:
    """Show the caller's sign-in details: ``address`` opens the Cloud PC in a browser, ``appAddress`` in Windows App."""
    pc = await addressed_own(call)
    return ok((await ready_sign_in(call.deps, call.tenant, pc)).to_json())


@bp.route(route=f"{PLACE}/restorePoints", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/readCloudPCs", returns=RestorePointsView)
async def list_own_restore_points(call: Call) -> Response:
    """List the restore points of the caller's Cloud PC, newest first."""
    return ok({"value": restore_points_view(await addressed_own(call))})


@bp.route(route=f"{PLACE}/operations/{{operation}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/readCloudPCs", returns=OPERATION)
async def get_own_operation(call: Call) -> Response:
    """Show the progress of an operation on the caller's Cloud PC."""
    pc = await addressed_own(call)
    stored = await call.deps.operations.get(pc.tenant_id, call.param("operation"))
    if stored.value.resource_id != pc.id:
        raise NotFoundError("there is no such operation")
    facts = await operation_facts(call.context)
    return ok(operation_view(facts.shown(stored.value)), etag=stored.etag)


@bp.route(route="me/spotDesktops", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/me/readCloudPCs", returns=Page(SpotDesktopView), query=SPOT_DESKTOPS)
async def list_own_spot_desktops(call: Call) -> Response:
    """List the Spot Groups of which the caller is a member, and whether they may sign in."""
    found = await spot_desktops_of(call.deps, call.caller.directory_id, call.caller.actor.id)
    return await whole_list(call, SPOT_DESKTOPS, [spot_desktop_view(*each, call.context.now) for each in found])


async def _views(call: Call, client: DurableClient, tenant: Tenant, pcs: Sequence[CloudPc]) -> list[OwnCloudPcView]:
    """Return the caller's Cloud PCs in one tenant, with the actions that they may do on each."""
    setting, unread = await setting_or_none(call.deps, tenant, call.caller.actor.id)
    context = replace(call.context, subject=tenant)
    estimates = await estimates_with_places(call.deps, tenant.id, pcs)
    views = []
    for pc in pcs:
        possible = await own_possibilities(context, client, pc, setting, unread)
        power = await call.deps.cloud_pc_powers.find(pc.tenant_id, pc.id)
        views.append(own_cloud_pc_view(pc, call.now, possible, estimates, power.value if power else None))
    return views


async def addressed_own(call: Call) -> CloudPc:
    """Return the addressed Cloud PC if it is the caller's own, and set the call's tenant to the Cloud PC's."""
    caller = call.caller
    tenant, pc = await own_cloud_pc(call.deps, caller.directory_id, caller.actor.id, call.param("id"))
    call.concern(tenant)
    return pc
