"""Operations and bulk actions."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.operations.bulk import BulkAction, BulkItem, BulkStatus
from shared.domain.operations.listing import KINDS, SEARCHED
from shared.domain.operations.operation import Operation, ShownOperation
from triggers.http.json_schema import Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.response_shapes import Without

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
        moments="createdDateTime lastModifiedDateTime",
        numbers="total percentComplete maxConcurrency stopAtFailureRate",
        flags="canary",
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

    *estimatedEndDateTime*: never in the past; null when it does not run, or nothing is known.
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
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp


def operation_view(operation: Operation) -> Json:
    """Return an operation, shown with its facts or without; its tenant is in the address."""
    return OPERATION.dump(operation)


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
        "createdDateTime": timestamp(bulk.created_date_time),
        "lastModifiedDateTime": timestamp(bulk.last_modified_date_time),
    }


def bulk_item_view(item: BulkItem) -> Json:
    """Return one Cloud PC of a bulk action; the bulk action is in the address."""
    return BULK_ITEM.dump(item)
