"""Events leave the outbox of a table: kept for days, and given to each endpoint that wants them.

1. each event is kept;
2. a due row for each endpoint with events, so that a sweep finds what waits there;
3. a delivery for each endpoint and event;
4. the rows leave the outbox;
5. a message for each endpoint.

A crash after any step repeats those before it, which write the same rows again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain.notices.delivery import Delivery
from shared.domain.notices.endpoint import NoticeEndpoint
from shared.domain.notices.events import TELLERS, NoticeEvent
from shared.storage.due import Due, DueKind, Outgoing
from shared.storage.outbox import OutboxEvent
from shared.workflow import DurableClient

_SECOND_LOOK = timedelta(minutes=10)
"""Time until an outbox is looked at once more: a slow process may write events long after their promise."""

_LOOK_AFTER = timedelta(minutes=2)
_AT_ONCE = 100


async def events_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Send on the events in the outbox of a table; look once more some minutes later."""
    del client
    if due.subject_id not in TELLERS:
        return None
    if due.variant is Outgoing.PROMISED:
        again = deps.clock.now().replace(second=0, microsecond=0) + _SECOND_LOOK
        await deps.due.put(DueKind.EVENTS, again, due.tenant_id, due.subject_id, Outgoing.AGAIN)
    await relay(deps, due.tenant_id, due.subject_id)
    return None


async def relay(deps: Dependencies, tenant_id: str, table: str) -> int:
    """Send on the events in an outbox, in their order; return their number."""
    waiting = await deps.outbox.waiting(table, tenant_id)
    if not waiting:
        return 0
    found = [stored.value async for stored in deps.notice_endpoints.each(tenant_id)]
    endpoints = [each for each in found if each.takes_notices]
    for at in range(0, len(waiting), _AT_ONCE):
        await _relay_some(deps, tenant_id, table, waiting[at : at + _AT_ONCE], endpoints)
    return len(waiting)


async def relay_left(deps: Dependencies) -> int:
    """Send on the events of all tenants that are still in an outbox; return their number."""
    return sum([await relay(deps, tenant_id, table) for table, tenant_id in sorted(await deps.outbox.of_all())])


async def _relay_some(
    deps: Dependencies, tenant_id: str, table: str, events: Sequence[OutboxEvent], endpoints: Sequence[NoticeEndpoint]
) -> None:
    await deps.events.keep(events)  # (1)
    wanted = {each: [event for event in events if each.wants(event.event.type)] for each in endpoints}
    told = {each: some for each, some in wanted.items() if some}
    for endpoint, some in told.items():
        await watch(deps, tenant_id, endpoint.id)  # (2)
        await deps.deliveries.add([_delivery(endpoint, each) for each in some])  # (3)
    await deps.outbox.remove(table, events)  # (4)
    for endpoint in told:
        await deps.notice_queue.wake(tenant_id, endpoint.id)  # (5)


def _delivery(endpoint: NoticeEndpoint, event: OutboxEvent) -> Delivery:
    return delivery_of(endpoint, event.key, event.event)


def delivery_of(endpoint: NoticeEndpoint, key: str, event: NoticeEvent) -> Delivery:
    """Return the delivery of an event to an endpoint, or to its user. *key*: of the event."""
    return Delivery(
        key=key, tenant_id=endpoint.tenant_id, endpoint_id=endpoint.id, event=event, to_user=endpoint.is_personal
    )


async def watch(deps: Dependencies, tenant_id: str, endpoint_id: str) -> None:
    """Have the sweep look at an endpoint soon, in case its message is lost."""
    at = deps.clock.now().replace(second=0, microsecond=0) + _LOOK_AFTER
    await deps.due.put(DueKind.DELIVER, at, tenant_id, endpoint_id)
