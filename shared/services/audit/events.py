"""Audit events and operations as people see them: names beside ids, estimated ends, refused and failed changes."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.caching import TtlCache
from shared.domain import naming
from shared.domain.cloud_pcs.estimates import Estimates
from shared.domain.operations.bulk import BulkAction, Durations, durations_of, estimated_end, estimated_end_of_bulk
from shared.domain.operations.operation import AuditEvent, AuditNames, Operation, ResourceType, ShownOperation
from shared.errors import DeskwrightError
from shared.services.directory.names import application_names
from shared.services.operations.action_context import ActionContext
from shared.services.operations.estimating import estimates_of
from shared.storage.audit import EVERYWHERE

_DURATIONS: TtlCache[Durations] = TtlCache(timedelta(minutes=5))
_NAMES: TtlCache[Mapping[str, str]] = TtlCache(timedelta(minutes=1))
"""Names of the records of a tenant, by id."""


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """*names*: names of the operations' targets, by id. *durations*: past ones of each kind; *estimates*: of builds."""

    names: Mapping[str, str]
    durations: Durations
    estimates: Estimates
    now: datetime

    def shown(self, operation: Operation) -> ShownOperation:
        """Return an operation with the name of its target and the range of its estimated end."""
        end = estimated_end(operation, self.durations, self.now, self.estimates)
        return ShownOperation.model_construct(
            **dict(operation),
            resource_display_name=self.names.get(operation.resource_id),
            estimated_end_date_time=end.likely if end else None,
            earliest_end_date_time=end.earliest if end else None,
            latest_end_date_time=end.latest if end else None,
        )

    def end_of(self, bulk: BulkAction) -> datetime | None:
        """Return when a bulk action should end, None when that is not known."""
        return estimated_end_of_bulk(bulk, self.durations, self.now)


async def operation_facts(context: ActionContext) -> OperationFacts:
    """Return the names and durations with which operations of the tenant are shown; they may be some minutes old."""
    deps, tenant_id = context.deps, context.tenant.id

    async def durations() -> Durations:
        return durations_of(await deps.operations.entries(tenant_id))

    lengths = await _DURATIONS.get_or(deps, tenant_id, durations)
    return OperationFacts(await record_names(context), lengths, await estimates_of(deps, tenant_id), context.now)


async def record_names(context: ActionContext) -> Mapping[str, str]:
    """Return the names of the tenant's records by id; they may be a minute old."""
    return await _NAMES.get_or(context.deps, context.tenant.id, lambda: _names(context))


async def _names(context: ActionContext) -> Mapping[str, str]:
    """Return the names of the tenant's records; an image version is named with its set."""
    deps, tenant_id = context.deps, context.tenant.id
    names = {tenant_id: context.tenant.display_name}
    for entry in await deps.cloud_pcs.entries(tenant_id):
        names[str(entry["id"])] = str(entry["displayName"])
    for repository in (
        deps.policies,
        deps.connections,
        deps.images,
        deps.image_sets,
        deps.spot_groups,
        deps.power_schedules,
        deps.maintenance_windows,
        deps.scripts,
    ):
        async for stored in repository.each(tenant_id):
            names[stored.value.id] = stored.value.display_name
    async for version in deps.image_versions.each(tenant_id):
        number, name = version.value.version, names.get(version.value.image_set_id, "")
        names[version.value.id] = f"{name} {number}".strip()
    return names


_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


async def audit_names(context: ActionContext, events: Sequence[AuditEvent]) -> AuditNames:
    """Return the names that events of a tenant are shown with. A token without a name has left an id instead."""
    actors = (event.actor for event in events)
    nameless = [each.id for each in actors if each.kind == "application" and _ID.fullmatch(each.name)]
    return AuditNames(await application_names(context, nameless), await record_names(context))


_MOST = 1000  # characters of a reason, and of an id that a caller made up
_TYPES: Mapping[str, str] = {
    "alertRules": ResourceType.ALERT_RULE,
    "budgets": ResourceType.BUDGET,
    "bulkActions": ResourceType.BULK_ACTION,
    "cloudPCs": ResourceType.CLOUD_PC,
    "deletedCloudPCs": ResourceType.DELETED_CLOUD_PC,
    "deviceImages": ResourceType.DEVICE_IMAGE,
    "deviceManagementScripts": ResourceType.SCRIPT,
    "imageSets": ResourceType.IMAGE_SET,
    "imageVersions": ResourceType.IMAGE_VERSION,
    "maintenanceWindows": ResourceType.MAINTENANCE_WINDOW,
    "me": ResourceType.CLOUD_PC,
    "noticeEndpoints": ResourceType.NOTICE_ENDPOINT,
    "onPremisesConnections": ResourceType.CONNECTION,
    "orphans": ResourceType.ORPHAN,
    "powerSchedules": ResourceType.POWER_SCHEDULE,
    "provisioningPolicies": ResourceType.POLICY,
    "reclaimCases": ResourceType.RECLAIM_CASE,
    "reclaimRules": ResourceType.RECLAIM_RULE,
    "roleAssignments": ResourceType.ROLE_ASSIGNMENT,
    "roleDefinitions": ResourceType.ROLE_DEFINITION,
    "service": ResourceType.SERVICE,
    "sessionHosts": ResourceType.SESSION_HOST,
    "sites": ResourceType.SITE,
    "spotGroups": ResourceType.SPOT_GROUP,
    "supportAccess": ResourceType.SUPPORT_ACCESS,
    "tenants": ResourceType.TENANT,
    "rateCards": ResourceType.RATE_CARD,
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
