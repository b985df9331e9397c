"""Orphans: resources without a reason in our records, and the proof of the last scan for them."""

from __future__ import annotations

import azure.functions as func

from shared.domain.cloud_pcs.orphans import LAST
from shared.services.orphans import begin_removal, request_scan
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.lists import whole_list
from triggers.http.operations import accepted
from triggers.http.response_shapes import Page
from triggers.http.views.operations import OPERATION
from triggers.http.views.orphans import ORPHANS, OrphanScanView, OrphanView, orphan_scan_view, orphan_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_PLACE = "tenants/{tenant}/orphans"


@bp.route(route=_PLACE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/orphans/read", returns=Page(OrphanView, {"scan": OrphanScanView}), query=ORPHANS)
async def list_orphans(call: Call) -> Response:
    """List the orphans, and the areas that the last scan covered; ``type`` and ``cloudPcId`` choose."""
    found = [orphan_view(stored.value, call.now) async for stored in call.deps.orphans.each(call.tenant.id)]
    scan = await call.deps.orphan_scans.find(call.tenant.id, LAST)
    return await whole_list(call, ORPHANS, found, {"scan": orphan_scan_view(scan.value) if scan else None})


@bp.route(route=f"{_PLACE}/scan", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/orphans/scan", returns={202: OPERATION})
async def scan_for_orphans(call: Call, client: DurableClient) -> Response:
    """Compare now the resources in Azure, Entra ID and Intune with the records of the Cloud PCs."""

    async def scan() -> Response:
        return accepted(await request_scan(call.context, client))

    return await once(call, scan)


@bp.route(route=f"{_PLACE}/{{id}}/remove", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/orphans/remove", returns={202: OPERATION})
async def remove_orphan_by_hand(call: Call, client: DurableClient) -> Response:
    """Remove an orphan of a Cloud PC of which nothing should be left; take a computer account off the list."""

    async def remove() -> Response:
        return accepted(await begin_removal(call.context, client, call.param("id")))

    return await once(call, remove)
