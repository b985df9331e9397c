"""Refused and failed mutations in the audit log: who wanted what, and what they were told."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import azure.functions as func

from shared.domain import naming
from shared.domain.intent import ResourceType
from shared.domain.operations.operation import AuditEvent
from shared.errors import DeskwrightError
from shared.storage.audit import EVERYWHERE
from triggers.http.call import Call

_MOST = 1000  # characters of a reason, and of an id that a caller made up
_TYPES: Mapping[str, str] = {
    "bulkActions": ResourceType.BULK_ACTION,
    "cloudPCs": ResourceType.CLOUD_PC,
    "deviceImages": ResourceType.DEVICE_IMAGE,
    "onPremisesConnections": ResourceType.CONNECTION,
    "orphans": ResourceType.ORPHAN,
    "provisioningPolicies": ResourceType.POLICY,
    "service": ResourceType.SERVICE,
    "sites": ResourceType.SITE,
    "tenants": ResourceType.TENANT,
}
_log = logging.getLogger("deskwright.http")


async def write_down_refusal(call: Call, verb: str, trace_id: str, response: func.HttpResponse) -> None:
    """Append the audit event of a mutation that was answered with an error; the answer never depends on it."""
    status = int(response.status_code)
    if call.request.method == "GET" or status < HTTPStatus.BAD_REQUEST:
        return
    kind = verb.split("/")[1]
    params = call.request.route_params
    resource_id = next((str(params[name]) for name in ("id", "site", "wizard", "tenant") if name in params), "")
    event = AuditEvent(
        id=naming.derived_id("audit", call.tenant_id, trace_id, "refused"),
        tenant_id=call.tenant_id or EVERYWHERE,
        activity=verb,
        activity_date_time=call.now,
        actor=call.caller.actor,
        resource_type=str(_TYPES.get(kind, kind)),
        resource_id=resource_id[:_MOST],
        correlation_id=trace_id,
        refused_status=status,
        refused_why=_reason(json.loads(response.get_body()))[:_MOST],
    )
    try:
        await call.deps.audit.append(event)
    except DeskwrightError as error:
        _log.warning("a refusal was not written down, trace id %s: %s", trace_id, error)


def _reason(body: dict[str, Any]) -> str:
    """Return what the caller was told, in either shape of errors."""
    return str(body["error"]["message"] if "error" in body else body.get("detail", ""))
