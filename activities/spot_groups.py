"""Reconciling a Spot Group: reading the request, and closing it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from shared.contracts.outcomes import Done, Refused
from shared.contracts.reconciling import NewerRequest
from shared.contracts.spot_groups import (
    CLOSE_SPOT_RECONCILE,
    READ_SPOT_REQUEST,
    Requested,
    SpotGroupOrder,
    SpotReconciledOrder,
)
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.operations.operation import Operation, OperationStatus
from shared.services.spot_runs import request_spot_run
from shared.storage.due import DueKind, next_of
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()

_REGULARLY = timedelta(days=1)
"""Interval of reading a group's members without a known change."""

_AGAIN = timedelta(minutes=10)
"""Time until a prevented reconcile is made again."""

RECONCILED = frozenset({"createSpotGroup", "editSpotGroup", "confirmSpotMemberRemovals"})
"""The operations that end with a reconcile."""


@bp.activity_trigger(input_name="payload")
@implements(READ_SPOT_REQUEST)
async def read_spot_request(order: SpotGroupOrder) -> Requested | Refused:
    """Return when the group's reconcile was requested last: whatever comes later is not a part of this one."""
    deps = dependencies()
    if await deps.spot_groups.find(order.tenant_id, order.spot_group_id) is None:
        await deps.requests.settle(order.tenant_id, deps.clock.now(), order.spot_group_id)
        return Refused(code="spotGroupGone", message="there is no such Spot Group", final=True)
    return Requested(at=await deps.requests.newest(order.tenant_id, order.spot_group_id))


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(CLOSE_SPOT_RECONCILE)
async def close_spot_reconcile(order: SpotReconciledOrder, client: DurableClient) -> Done | NewerRequest:
    """Remove the request, promise the next reading, and end the operations that have waited for this one.

    Then the engine runs: places, settings or a release may have changed.
    """
    deps = dependencies()
    now = deps.clock.now()
    await request_spot_run(deps, client, order.tenant_id, order.spot_group_id, now)
    if not await deps.requests.settle(order.tenant_id, order.requested_at, order.spot_group_id):
        return NewerRequest()
    every = _REGULARLY if order.refused is None else _AGAIN
    await deps.due.ensure(DueKind.SPOT, next_of(every, now, order.spot_group_id), order.tenant_id, order.spot_group_id)
    await _end_operations(order, now)
    return Done()


async def _end_operations(order: SpotReconciledOrder, now: datetime) -> None:
    """End the operations that wait for the group; after a refusal that a repetition may cure they keep waiting."""
    if order.refused is not None and not order.refused.final:
        return
    result = {"spotGroupId": order.spot_group_id, "waitingMembers": order.waiting}
    failure = order.refused.failure() if order.refused else None
    operations = dependencies().operations
    for status in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING):
        waiting = [each.value async for each in operations.each(order.tenant_id, status=status.value)]
        for each in waiting:
            if each.kind in RECONCILED and each.resource_id == order.spot_group_id:
                end = partial(_ended, failure=failure, result=result, at=now)
                await operations.change(order.tenant_id, each.id, end)


def _ended(operation: Operation, *, failure: Failure | None, result: dict[str, object], at: datetime) -> Operation:
    return operation.succeeded(result, at) if failure is None else operation.failed(failure, at)
