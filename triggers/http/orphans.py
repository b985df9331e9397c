"""Orphans: what is there although no record of ours knows a reason; the proof of the last scan for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import azure.functions as func

from shared.domain.describing import many, maybe, one_of, shape, whole
from shared.domain.orphans import LAST, Looked, Orphan, OrphanScan, OrphanType, dismissable
from shared.domain.shown import OPERATION
from shared.services.orphans import ask_for_scan, begin_removal, scan_due
from shared.storage.due import DueKind
from shared.workflow import Blueprint, DurableClient
from triggers.http.described import PAGES
from triggers.http.endpoints import Answer, Call, endpoint, ok
from triggers.http.idempotency import once
from triggers.http.operations import accepted
from triggers.http.paging import listed, top_of
from triggers.sweeps import sweep

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
async def list_orphans(call: Call) -> Answer:
    """List the orphans, and what the last scan for them has looked at; ``type`` and ``cloudPcId`` choose."""
    filters = {"type": call.query("type"), "cloud_pc_id": call.query("cloudPcId")}
    page = await call.deps.orphans.page(call.tenant.id, top_of(call), call.query("$skiptoken"), **filters)
    scan = await call.deps.orphan_scans.find(call.tenant.id, LAST)
    proof = _proof(scan.value) if scan else None
    return ok(listed(call, (_shown(stored.value, call.now) for stored in page.items), page.next_token, scan=proof))


@bp.route(route=f"{_PLACE}/scan", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/orphans/scan", returns={202: OPERATION})
async def scan_for_orphans(call: Call, client: DurableClient) -> Answer:
    """Compare now what there is in Azure, Entra ID and Intune with the records of the Cloud PCs."""

    async def scan() -> Answer:
        return accepted(await ask_for_scan(call, client))

    return await once(call, scan)


@bp.route(route=f"{_PLACE}/{{id}}/remove", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/orphans/remove", returns={202: OPERATION})
async def remove_orphan_by_hand(call: Call, client: DurableClient) -> Answer:
    """Remove an orphan of a Cloud PC of which nothing should be left; take a computer account off the list."""

    async def remove() -> Answer:
        return accepted(await begin_removal(call, client, call.param("id")))

    return await once(call, remove)


@bp.timer_trigger(arg_name="timer", schedule="40 */15 * * * *", use_monitor=False)
@bp.durable_client_input(client_name="client")
async def sweep_orphans(timer: func.TimerRequest, client: DurableClient) -> None:
    """Scan the tenants whose last scan is a day old, or was asked for and not made."""
    del timer
    await sweep(client, DueKind.ORPHANS, scan_due)


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
    said = scan.to_json()
    return {
        "startedAt": said["startedAt"],
        "endedAt": said.get("endedAt"),
        "complete": scan.complete,
        "lookedAt": said.get("lookedAt", []),
    }
