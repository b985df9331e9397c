"""Refused and failed mutations in the audit log: the caller, the request, and the answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from shared.domain import naming
from shared.domain.intent import ResourceType
from shared.domain.operations.operation import AuditEvent
from shared.errors import DeskwrightError
from shared.services.action_context import ActionContext
from shared.storage.audit import EVERYWHERE

_MOST = 1000  # characters of a reason, and of an id that a caller made up
_TYPES: Mapping[str, str] = {
    "bulkActions": ResourceType.BULK_ACTION,
    "cloudPCs": ResourceType.CLOUD_PC,
    "deviceImages": ResourceType.DEVICE_IMAGE,
    "imageSets": ResourceType.IMAGE_SET,
    "imageVersions": ResourceType.IMAGE_VERSION,
    "me": ResourceType.CLOUD_PC,
    "onPremisesConnections": ResourceType.CONNECTION,
    "orphans": ResourceType.ORPHAN,
    "provisioningPolicies": ResourceType.POLICY,
    "service": ResourceType.SERVICE,
    "sessionHosts": ResourceType.SESSION_HOST,
    "sites": ResourceType.SITE,
    "spotGroups": ResourceType.SPOT_GROUP,
    "tenants": ResourceType.TENANT,
    "userSettings": ResourceType.USER_SETTING,
    "userSessions": ResourceType.SPOT_GROUP,
    "wizards": "wizard",
}
"""Resource type changed with permissions of a kind, as in the audit events of changes."""

_log = logging.getLogger("deskwright.http")


async def record_refusal(context: ActionContext, resource_id: str, status: int, why: str) -> None:
    """Append the audit event of a mutation that was answered with an error; a failure of this only reaches the log."""
    kind = context.verb.split("/")[1]
    event = AuditEvent(
        id=naming.derived_id("audit", context.tenant_id, context.trace_id, "refused"),
        tenant_id=context.tenant_id or EVERYWHERE,
        activity=context.verb,
        activity_date_time=context.now,
        actor=context.actor,
        resource_type=str(_TYPES[kind]),
        resource_id=resource_id[:_MOST],
        correlation_id=context.trace_id,
        refused_status=status,
        refused_why=why[:_MOST],
    )
    try:
        await context.deps.audit.append(event)
    except DeskwrightError as error:
        _log.warning("a refusal was not written down, trace id %s: %s", context.trace_id, error)
