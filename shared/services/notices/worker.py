"""The worker of an endpoint: its lease, and its records of each try."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.dependencies import Dependencies
from shared.domain.notices.delivery import LEASE, Delivery, DeliveryStatus, EndpointState, Tried, WaitingDelivery
from shared.domain.notices.endpoint import DisabledReason, EndpointDisabled, NoticeEndpoint
from shared.domain.operations.operation import AuditEvent, ResourceType
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.notices")

_WORKS_FOR_S = 60.0
"""So long a worker sends; then it puts a message for the next one, and others have a turn."""


@dataclass(slots=True)
class Worker:
    """A worker that holds the lease of an endpoint. *until*: by the event loop's clock, when it stops sending."""

    deps: Dependencies
    endpoint: NoticeEndpoint
    state: Stored[EndpointState]
    until: float

    @property
    def has_time(self) -> bool:
        """Whether the time of the worker is not over yet."""
        return asyncio.get_running_loop().time() < self.until

    @property
    def may_send(self) -> bool:
        """Whether the endpoint takes notices, and is not closed after a failure of all."""
        return self.state.value.closed_until is None and self.endpoint.takes_notices


@asynccontextmanager
async def leased(deps: Dependencies, endpoint: NoticeEndpoint) -> AsyncIterator[Worker | None]:
    """Take the lease of an endpoint; yield the worker, or None if another worker holds the lease."""
    now, before = deps.clock.now(), await state_of(deps, endpoint)
    if before.value.is_leased(now):
        yield None
        return
    lease = before.value.but(leased_until=now + LEASE)
    try:
        held = await deps.endpoint_states.replace(lease, seen=before.etag)
    except (StaleError, NotFoundError):
        yield None
        return
    worker = Worker(deps, endpoint, held, asyncio.get_running_loop().time() + _WORKS_FOR_S)
    try:
        yield worker
    finally:
        freed = worker.state.value.but(leased_until=None)
        try:
            worker.state = await deps.endpoint_states.replace(freed, seen=worker.state.etag)
        except (StaleError, NotFoundError):
            _log.warning("the lease of %s/%s was taken over", endpoint.tenant_id, endpoint.id)


async def state_of(deps: Dependencies, endpoint: NoticeEndpoint) -> Stored[EndpointState]:
    """Return the state of an endpoint; it is made where there is none."""
    found = await deps.endpoint_states.find(endpoint.tenant_id, endpoint.id)
    if found is not None:
        return found
    try:
        return await deps.endpoint_states.insert(EndpointState(id=endpoint.id, tenant_id=endpoint.tenant_id))
    except ConflictError:
        return await deps.endpoint_states.get(endpoint.tenant_id, endpoint.id)


async def keep_lease(worker: Worker) -> None:
    """Renew the lease before it ends. Raises: StaleError where another worker has taken it."""
    now, until = worker.deps.clock.now(), worker.state.value.leased_until
    if until is None or until - now < LEASE / 2:
        renewed = worker.state.value.but(leased_until=now + LEASE)
        worker.state = await worker.deps.endpoint_states.replace(renewed, seen=worker.state.etag)


async def note(worker: Worker, some: Sequence[WaitingDelivery], known: Mapping[str, Delivery]) -> None:
    """Bring the marks of deliveries up to date; a delivery that is not *known* no longer waits."""
    endpoint = worker.endpoint
    await worker.deps.deliveries.note(
        endpoint.tenant_id, endpoint.id, some, {each.key: known.get(each.key) for each in some}
    )


async def settle(worker: Worker, delivery: Delivery, answer: Tried) -> Delivery:
    """Write down how a try ended: of the delivery, and of the endpoint."""
    deps, now = worker.deps, worker.deps.clock.now()
    settled = delivery.after(answer, now)
    await deps.deliveries.settle(settled)
    state = worker.state.value.after(answer, now, settled.next_try_at)
    worker.state = Stored(state, worker.state.etag)
    if settled.status is DeliveryStatus.FAILED and (answer.gone or state.has_only_failed_since(settled)):
        worker.endpoint = await disable(deps, worker.endpoint, answer)
    return settled


async def disable(deps: Dependencies, endpoint: NoticeEndpoint, answer: Tried) -> NoticeEndpoint:
    """Disable an endpoint whose tries are used up, or that is gone: its record, the audit log and an event say so."""
    now = deps.clock.now()
    reason = DisabledReason.GONE if answer.gone else DisabledReason.TRIES_USED_UP
    disabled = EndpointDisabled(reason=reason, message=answer.detail, at=now)

    def edit(there: NoticeEndpoint) -> NoticeEndpoint | None:
        return None if there.disabled else there.but(disabled=disabled, last_modified_date_time=now)

    after = await deps.notice_endpoints.change(endpoint.tenant_id, endpoint.id, edit)
    event = AuditEvent.of_service(
        endpoint.tenant_id,
        (ResourceType.NOTICE_ENDPOINT.value, endpoint.id),
        "disable",
        disabled.to_json(),
        at=now,
        run=now.isoformat(),
    )
    await deps.audit.append(event)
    _log.warning("the endpoint %s/%s is disabled: %s", endpoint.tenant_id, endpoint.id, reason.value)
    return after
