"""Orphans: what is there although no record of ours knows a reason; the proof of the last scan for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import azure.functions as func

from shared.domain.describing import many, maybe, one_of, shape, whole
from shared.domain.orphans import LAST, Looked, Orphan, OrphanScan, OrphanType, dismissable
from shared.domain.shown import OPERATION
from shared.services.orphans import begin_removal, request_scan
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, ok
from triggers.http.described import PAGES
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.operations import accepted
from triggers.http.paging import listed, top_of

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_PLACE = "tenants/{tenant}/orphans"
_ORPHAN = shape(
    "orphan",
    {
        "id": "string",
        "type": one_of(*OrphanType),
        "resourceId": "string",
        "name": "string",
        "cloudPcId": "string?",
        "since": "time",
        "lastSeenAt": "time",
        "why": "string",
        "advice": "string",
        "removable": "boolean",
        "removableFrom": "time?",
    },
    required=("id", "type", "resourceId", "name", "since", "why", "advice", "removable"),
)
_SCAN = whole("orphanScan", {"startedAt": "time", "endedAt": "time?", "complete": "boolean", "lookedAt": many(Looked)})
_LIST = shape(
    "orphanPage",
    {"value": many(_ORPHAN), "scan": maybe(_SCAN), "@odata.nextLink": "string"},
    required=("value", "scan"),
)


@bp.route(route=_PLACE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/orphans/read", returns=_LIST, query=("type", "cloudPcId", *PAGES))
async def list_orphans(call: Call) -> Response:
    """List the orphans, and what the last scan for them covered; ``type`` and ``cloudPcId`` choose."""
    filters = {"type": call.query("type"), "cloud_pc_id": call.query("cloudPcId")}
    page = await call.deps.orphans.page(call.tenant.id, top_of(call), call.query("$skiptoken"), **filters)
    scan = await call.deps.orphan_scans.find(call.tenant.id, LAST)
    proof = _proof(scan.value) if scan else None
    return ok(listed(call, (_shown(stored.value, call.now) for stored in page.items), page.next_token, scan=proof))


@bp.route(route=f"{_PLACE}/scan", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/orphans/scan", returns={202: OPERATION})
async def scan_for_orphans(call: Call, client: DurableClient) -> Response:
    """Compare now what there is in Azure, Entra ID and Intune with the records of the Cloud PCs."""

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


def _shown(orphan: Orphan, now: datetime) -> dict[str, Any]:
    may = dismissable(orphan) or (orphan.removable_from is not None and orphan.removable_from <= now)
    line = orphan.to_json()
    found = orphan.found
    return {
        "id": orphan.id,
        "type": found.type.value,
        "resourceId": found.resource_id,
        "name": found.name,
        "cloudPcId": found.cloud_pc_id,
        "since": line["since"],
        "lastSeenAt": line["lastSeenAt"],
        "why": orphan.why,
        "advice": orphan.advice,
        "removable": may,
        "removableFrom": line.get("removableFrom"),
    }


def _proof(scan: OrphanScan) -> dict[str, Any]:
    row = scan.to_json()
    return {
        "startedAt": row["startedAt"],
        "endedAt": row.get("endedAt"),
        "complete": scan.complete,
        "lookedAt": row.get("lookedAt", []),
    }
