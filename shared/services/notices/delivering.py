"""Deliveries: one worker at a time sends the notices of an endpoint, in the order of each subject.

Each try is written down before the next one begins, so that a crash repeats one notice at most, with the same id. An
endpoint that does not answer is tried with one notice at a time, ever more seldom: its worker ends, and others have
their own (docs/decisions/0179).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain.notices.delivery import (
    ALONE,
    LEASE,
    Delivery,
    DeliveryStatus,
    EndpointState,
    Tried,
    WaitingDelivery,
    next_look,
    ready,
)
from shared.domain.notices.endpoint import DisabledReason, EndpointDisabled, NoticeEndpoint
from shared.domain.operations.operation import AuditEvent, ResourceType
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.services.notices.endpoints import forget_previous_secret
from shared.services.notices.relaying import watch
from shared.services.notices.sending import send_notice
from shared.storage.due import Delivering, Due, DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.notices")

_SOON = timedelta(minutes=1)
"""A pause shorter than the sweep's is a message that is seen later."""

_WORKS_FOR_S = 60.0
"""So long a worker sends; then it puts a message for the next one, and others have a turn."""

_READ_TOGETHER = 100


@dataclass(slots=True)
class _Worker:
    """A worker that holds the lease of an endpoint. *until*: by the event loop's clock, when it stops sending."""

    deps: Dependencies
    endpoint: NoticeEndpoint
    state: Stored[EndpointState]
    until: float


async def deliver_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Queue a message if an endpoint has notices that may be tried now; return when to look again."""
    del client
    endpoint = await deps.notice_endpoints.find(due.tenant_id, due.subject_id)
    if endpoint is None:
        return None
    if due.variant is Delivering.SECRET:
        return await forget_previous_secret(deps, endpoint.value)
    if not endpoint.value.takes_notices:
        return None
    waiting = await deps.deliveries.waiting(due.tenant_id, due.subject_id)
    if not waiting:
        return None
    now, state = deps.clock.now(), (await _state_of(deps, endpoint.value)).value
    at = next_look(waiting, state, now, collects=endpoint.value.collects) or now
    if at > now:
        return at
    if not state.is_leased(now):
        await deps.notice_queue.wake(due.tenant_id, due.subject_id)
    return now + LEASE


async def deliver(deps: Dependencies, tenant_id: str, endpoint_id: str) -> None:
    """Send the notices of an endpoint that may be tried now, unless another worker holds its lease."""
    while True:
        found = await deps.notice_endpoints.find(tenant_id, endpoint_id)
        if found is None or not found.value.takes_notices or not await _may_send(deps, tenant_id):
            return
        async with _leased(deps, found.value) as worker:
            if worker is None:
                return
            finished = await _send_all(worker)
        if not worker.endpoint.takes_notices:
            return
        if not finished:
            await watch(deps, tenant_id, endpoint_id)
            await deps.notice_queue.wake(tenant_id, endpoint_id)
            return
        # Who came while the lease was held has gone again: what they were called for is looked at now.
        waiting = await deps.deliveries.waiting(tenant_id, endpoint_id)
        at = next_look(waiting, worker.state.value, deps.clock.now(), collects=worker.endpoint.collects)
        if at is None or at > deps.clock.now():
            await _call_again(deps, worker.endpoint, at)
            return


async def _may_send(deps: Dependencies, tenant_id: str) -> bool:
    tenant = await deps.tenants.find(tenant_id)
    return tenant is not None and tenant.value.settings.notices_enabled


async def _call_again(deps: Dependencies, endpoint: NoticeEndpoint, at: datetime | None) -> None:
    """Schedule the next try: by a queue message if it is soon, else by a due row."""
    if at is None:
        return
    now = deps.clock.now()
    await deps.due.put(DueKind.DELIVER, max(at, now + _SOON), endpoint.tenant_id, endpoint.id)
    if at - now < _SOON:
        await deps.notice_queue.wake(endpoint.tenant_id, endpoint.id, at - now)


@asynccontextmanager
async def _leased(deps: Dependencies, endpoint: NoticeEndpoint) -> AsyncIterator[_Worker | None]:
    """Take the lease of an endpoint; yield the worker, or None if another worker holds the lease."""
    now, before = deps.clock.now(), await _state_of(deps, endpoint)
    if before.value.is_leased(now):
        yield None
        return
    lease = before.value.but(leased_until=now + LEASE)
    try:
        held = await deps.endpoint_states.replace(lease, seen=before.etag)
    except (StaleError, NotFoundError):
        yield None
        return
    worker = _Worker(deps, endpoint, held, asyncio.get_running_loop().time() + _WORKS_FOR_S)
    try:
        yield worker
    finally:
        freed = worker.state.value.but(leased_until=None)
        try:
            worker.state = await deps.endpoint_states.replace(freed, seen=worker.state.etag)
        except (StaleError, NotFoundError):
            _log.warning("the lease of %s/%s was taken over", endpoint.tenant_id, endpoint.id)


async def _state_of(deps: Dependencies, endpoint: NoticeEndpoint) -> Stored[EndpointState]:
    found = await deps.endpoint_states.find(endpoint.tenant_id, endpoint.id)
    if found is not None:
        return found
    try:
        return await deps.endpoint_states.insert(EndpointState(id=endpoint.id, tenant_id=endpoint.tenant_id))
    except ConflictError:
        return await deps.endpoint_states.get(endpoint.tenant_id, endpoint.id)


async def _send_all(worker: _Worker) -> bool:
    """Send notices while the worker has time; return whether none is left that may be tried now."""
    deps, endpoint = worker.deps, worker.endpoint
    while asyncio.get_running_loop().time() < worker.until:
        waiting = await deps.deliveries.waiting(endpoint.tenant_id, endpoint.id)
        some = list(ready(waiting, worker.state.value, deps.clock.now()))
        if endpoint.collects:
            return await _send_mail(worker, some)
        if not some:
            return True
        held: set[str] = set()
        for at in range(0, len(some), _READ_TOGETHER):
            if not await _send_some(worker, some[at : at + _READ_TOGETHER], held):
                return True
            if asyncio.get_running_loop().time() >= worker.until:
                return False
    return False


async def _send_mail(worker: _Worker, some: Sequence[WaitingDelivery]) -> bool:
    """Send a mail for each alert, and one for all else whose hour is over; return that none is left."""
    now = worker.deps.clock.now()
    held: set[str] = set()
    for each in some:
        if each.subject.startswith(ALONE) and not await _send_some(worker, [each], held):
            return True
    rest = [each for each in some if not each.subject.startswith(ALONE)]
    if any(each.collected_at <= now for each in rest):
        await _send_digest(worker, rest)
    return True


async def _send_digest(worker: _Worker, some: Sequence[WaitingDelivery]) -> None:
    deps, endpoint = worker.deps, worker.endpoint
    found: list[Delivery] = []
    for at in range(0, len(some), _READ_TOGETHER):
        keys = [each.key for each in some[at : at + _READ_TOGETHER]]
        found += (await deps.deliveries.among(endpoint.tenant_id, endpoint.id, keys)).values()
    if not found:
        await _note(worker, some, {})
        return
    await _keep_lease(worker)
    answer = await send_notice(deps, endpoint, found)
    settled = [await _settle(worker, delivery, answer) for delivery in found]
    await _note(worker, some, {each.key: each for each in settled})


async def _keep_lease(worker: _Worker) -> None:
    """Renew the lease before it ends. Raises: StaleError where another worker has taken it."""
    now, until = worker.deps.clock.now(), worker.state.value.leased_until
    if until is None or until - now < LEASE / 2:
        renewed = worker.state.value.but(leased_until=now + LEASE)
        worker.state = await worker.deps.endpoint_states.replace(renewed, seen=worker.state.etag)


async def _send_some(worker: _Worker, few: Sequence[WaitingDelivery], held: set[str]) -> bool:
    """Send deliveries one after the other; return False when a failure concerns the whole endpoint.

    *held*: subjects of which a delivery has failed, to which others are added.
    """
    deps, endpoint = worker.deps, worker.endpoint
    found = await deps.deliveries.among(endpoint.tenant_id, endpoint.id, [each.key for each in few])
    settled: dict[str, Delivery] = {}
    try:
        for pending in few:
            delivery = found.get(pending.key)
            if delivery is None or pending.subject in held:
                continue
            await _keep_lease(worker)
            answer = await send_notice(deps, endpoint, [delivery])
            settled[pending.key] = await _settle(worker, delivery, answer)
            if settled[pending.key].status is not DeliveryStatus.DELIVERED:
                held.add(pending.subject)
            if worker.state.value.closed_until is not None or not worker.endpoint.takes_notices:
                return False
            if asyncio.get_running_loop().time() >= worker.until:
                return True
        return True
    finally:
        await _note(worker, few, {**found, **settled})


async def _note(worker: _Worker, some: Sequence[WaitingDelivery], known: Mapping[str, Delivery]) -> None:
    """Bring the marks of deliveries up to date; a delivery that is not *known* no longer waits."""
    endpoint = worker.endpoint
    await worker.deps.deliveries.note(
        endpoint.tenant_id, endpoint.id, some, {each.key: known.get(each.key) for each in some}
    )


async def _settle(worker: _Worker, delivery: Delivery, answer: Tried) -> Delivery:
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
