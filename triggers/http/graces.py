"""Grace periods: end, extend, hold; and confirming a removal that the brake has stopped."""

from __future__ import annotations

import azure.functions as func

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.services.grace import ExtendForm, HoldForm, change_grace, confirm_removal, end_grace, lengthen_grace
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE
from triggers.http.idempotency import once
from triggers.http.lists import whole_list
from triggers.http.operations import address
from triggers.http.response_shapes import Page
from triggers.http.views.graces import (
    REMOVALS,
    GraceChangeView,
    PendingRemovalView,
    grace_change_view,
    pending_removal_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/endGracePeriod", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/endGracePeriod", graph=True, returns={204: None})
async def end_grace_period(call: Call, client: DurableClient) -> Response:
    """End a grace period now: the user is signed out, and the Cloud PC is removed."""

    async def end() -> Response:
        await call.match_record(call.deps.cloud_pcs)
        operation = await end_grace(call.context, client, call.param("id"))
        return Response(204, headers={"Operation-Location": address(operation)})

    return await once(call, end)


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/extendGrace", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/extendGrace", accepts=ExtendForm, returns=GraceChangeView)
async def extend_grace(call: Call) -> Response:
    """Let a grace period last longer."""
    form = call.read(ExtendForm)

    async def extend() -> Response:
        return _shown(await lengthen_grace(call.context, await _read(call), form.hours), call)

    return await once(call, extend)


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/holdGrace", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/holdGrace", accepts=HoldForm, optional=True, returns=GraceChangeView)
async def hold_grace(call: Call) -> Response:
    """Stop a grace period, or let it continue."""
    held = call.read(HoldForm, call.json_if_any()).held
    stored = await _read(call)
    context = call.context
    after = await change_grace(context, stored, lambda g: g.hold(context.now) if held else g.release(context.now))
    return _shown(after, call)


async def _read(call: Call) -> Stored[CloudPc]:
    stored = await call.deps.cloud_pcs.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored


def _shown(after: CloudPc, call: Call) -> Response:
    return ok(grace_change_view(after, call.now))


@bp.route(route="tenants/{tenant}/removals", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", returns=Page(PendingRemovalView), query=REMOVALS)
async def list_removals(call: Call) -> Response:
    """List the Cloud PCs whose removal waits to be confirmed, with cause and reason."""
    found = [stored.value for stored in await call.deps.cloud_pcs.with_removals(call.tenant.id)]
    return await whole_list(call, REMOVALS, [pending_removal_view(pc) for pc in found])


@bp.route(route="tenants/{tenant}/cloudPCs/{id}/confirmRemoval", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/cloudPCs/confirmRemoval", returns=PendingRemovalView)
async def confirm_removal_of_cloud_pc(call: Call, client: DurableClient) -> Response:
    """Confirm a removal that waits: the Cloud PC's grace period begins if the directory still says so."""
    await call.match_record(call.deps.cloud_pcs)
    after = await confirm_removal(call.context, client, call.param("id"))
    return ok(pending_removal_view(after))
