"""Views of operations, of a Cloud PC's timeline, and of due rows that are set aside."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, NotRequired, cast

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.cloud_pcs.build import TITLES, Failure, Step, TimelineEntry
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.estimates import Estimates
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.progress import PoolClaim, progress
from shared.domain.operations.bulk import BulkAction, BulkItem, BulkStatus
from shared.domain.operations.operation import KINDS, SEARCHED, Operation, ShownOperation
from shared.domain.operations.pausing import Aside
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Without

OPERATIONS = Collection(
    name="operations",
    kinds=KINDS,
    searched=SEARCHED,
    order="createdDateTime desc",
    own=("kind", "resourceId", "status"),
)
BULK_ACTIONS = Collection(
    name="bulkActions",
    kinds=kinds_of(
        *("id", "action", "status", "requestedBy", "reason"),
        moments="createdDateTime lastModifiedDateTime waitsUntilDateTime",
        numbers="total percentComplete maxConcurrency stopAtFailureRate",
        flags="canary scheduledDuringMaintenanceWindow",
    ),
    searched=("action", "requestedBy", "reason"),
    order="createdDateTime desc",
    own=("status", "action"),
)
BULK_ITEMS = Collection(
    name="bulkActions/items",
    kinds=kinds_of("id", "cloudPcId", "userPrincipalName", "status", "operationId", "message", numbers="position"),
    searched=("userPrincipalName", "message"),
    order="position",
    key=("position",),
    own=("status",),
)
OPERATION = Without(ShownOperation, ("tenantId",), name="Operation")
BULK_ITEM = Without(BulkItem, ("tenantId", "bulkId"))


class BulkActionView(TypedDict):
    """A bulk action. *counts*: how many Cloud PCs there are of each status.

    *estimatedEndDateTime*: never in the past; null when it does not run, or nothing is known. *waitsUntilDateTime*:
    when the next maintenance window opens for which it waits; null when it does not wait.
    """

    id: str
    action: str
    parameters: Annotated[Json, Field(description="Those of the action, as they were sent")]
    requestedBy: str
    status: BulkStatus
    reason: str | None
    total: int
    counts: dict[str, int]
    percentComplete: int
    estimatedEndDateTime: Timestamp | None
    maxConcurrency: int
    stopAtFailureRate: int
    canary: bool
    scheduledDuringMaintenanceWindow: bool
    waitsUntilDateTime: Timestamp | None
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp


def operation_view(operation: Operation) -> Json:
    """Return an operation, shown with its facts or without; its tenant is in the address."""
    return OPERATION.dump(operation)


def operation_address(operation: Operation) -> str:
    """Return the address of an operation, as headers of answers have it."""
    return f"/api/tenants/{operation.tenant_id}/operations/{operation.id}"


def bulk_action_view(bulk: BulkAction, estimated_end: datetime | None = None) -> BulkActionView:
    """Return a bulk action; its tenant is in the address."""
    return {
        "id": bulk.id,
        "action": bulk.action,
        "parameters": bulk.parameters,
        "requestedBy": bulk.requested_by.name,
        "status": bulk.status,
        "reason": bulk.reason,
        "total": bulk.total,
        "counts": bulk.counts,
        "percentComplete": bulk.percent_complete,
        "estimatedEndDateTime": timestamp(estimated_end),
        "maxConcurrency": bulk.max_concurrency,
        "stopAtFailureRate": bulk.stop_at_failure_rate,
        "canary": bulk.canary,
        "scheduledDuringMaintenanceWindow": bulk.scheduled_during_maintenance_window,
        "waitsUntilDateTime": timestamp(bulk.waits_until),
        "createdDateTime": timestamp(bulk.created_date_time),
        "lastModifiedDateTime": timestamp(bulk.last_modified_date_time),
    }


def bulk_item_view(item: BulkItem) -> Json:
    """Return one Cloud PC of a bulk action; the bulk action is in the address."""
    return BULK_ITEM.dump(item)


SET_ASIDE = Collection(
    name="setAside",
    kinds=kinds_of("id", "kind", "tenantId", "subjectId", "reason", moments="since nextAttemptDateTime"),
    searched=("tenantId", "subjectId", "reason"),
)


class SetAsideView(TypedDict):
    """Due work that failed. *subjectId*: the record that it is about."""

    id: str
    kind: str
    tenantId: str
    subjectId: str
    since: Timestamp
    reason: str
    nextAttemptDateTime: Timestamp


def set_aside_view(row: Aside) -> SetAsideView:
    """Return a row that is set aside."""
    return {
        "id": row.id,
        "kind": row.kind,
        "tenantId": row.tenant_id,
        "subjectId": row.subject_id,
        "since": timestamp(row.since),
        "reason": row.reason,
        "nextAttemptDateTime": timestamp(row.again_at),
    }


class TimelineEntryView(TypedDict):
    """One step of one attempt."""

    title: str
    generation: int
    attempt: int
    step: Step
    startedAt: Timestamp
    endedAt: NotRequired[Timestamp]
    outcome: NotRequired[str]
    resourceIds: NotRequired[list[str]]
    error: NotRequired[Annotated[Json, DumpOf(Failure)]]
    note: NotRequired[str]


class TimelineView(TypedDict):
    """Progress of a Cloud PC, the range of its estimated end, and its steps, oldest first.

    *warmPool*: whether it got a machine of the warm pool of its policy, and why not; absent without a pool.
    """

    cloudPcId: str
    userPrincipalName: str
    status: Status
    generation: int
    step: NotRequired[Step]
    title: str
    percentComplete: int
    estimatedEndDateTime: NotRequired[Timestamp]
    earliestEndDateTime: NotRequired[Timestamp]
    latestEndDateTime: NotRequired[Timestamp]
    attempt: NotRequired[int]
    reason: NotRequired[str]
    queuePosition: NotRequired[int]
    delayReason: NotRequired[str]
    warmPool: NotRequired[Annotated[Json, DumpOf(PoolClaim)]]
    entries: list[TimelineEntryView]


def timeline_view(pc: CloudPc, entries: Iterable[TimelineEntry], now: datetime, estimates: Estimates) -> TimelineView:
    """Return the timeline of a Cloud PC."""
    view = {
        "cloudPcId": pc.id,
        "userPrincipalName": pc.user.user_principal_name,
        "status": pc.status,
        "generation": pc.current.generation,
        **progress(pc, now, estimates).to_json(),
        "entries": [_entry(entry) for entry in entries],
    }
    return cast("TimelineView", view)  # to_json has the names and types of Progress


def _entry(entry: TimelineEntry) -> TimelineEntryView:
    view = {"title": TITLES[entry.step], **entry.but(run=None).to_json()}
    return cast("TimelineEntryView", view)
