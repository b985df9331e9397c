"""Deliveries: one worker at a time sends the notices of an endpoint, in the order of each subject.

Each try is written down before the next one begins, so that a crash repeats one notice at most, with the same id. An
endpoint that does not answer is tried with one notice at a time, ever more seldom: its worker ends, and others have
their own (docs/decisions/0179).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain.notices.delivery import (
    ALONE,
    LEASE,
    Delivery,
    DeliveryStatus,
    WaitingDelivery,
    next_look,
    ready,
)
from shared.domain.notices.endpoint import NoticeEndpoint
from shared.services.notices.endpoints import forget_previous_secret
from shared.services.notices.relaying import watch
from shared.services.notices.sending import send_notice
from shared.services.notices.to_users import send_to_users
from shared.services.notices.worker import Worker, keep_lease, leased, note, settle, state_of
from shared.storage.due import Delivering, Due, DueKind
from shared.workflow import DurableClient

_SOON = timedelta(minutes=1)
"""A pause shorter than the sweep's is a message that is seen later."""

_READ_TOGETHER = 100


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
    now, state = deps.clock.now(), (await state_of(deps, endpoint.value)).value
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
        async with leased(deps, found.value) as worker:
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


async def _send_all(worker: Worker) -> bool:
    """Send notices while the worker has time; return whether none is left that may be tried now."""
    deps, endpoint = worker.deps, worker.endpoint
    while worker.has_time:
        waiting = await deps.deliveries.waiting(endpoint.tenant_id, endpoint.id)
        some = list(ready(waiting, worker.state.value, deps.clock.now()))
        if endpoint.is_personal:
            return await send_to_users(worker, some)
        if endpoint.collects:
            return await _send_mail(worker, some)
        if not some:
            return True
        held: set[str] = set()
        for at in range(0, len(some), _READ_TOGETHER):
            if not await _send_some(worker, some[at : at + _READ_TOGETHER], held):
                return True
            if not worker.has_time:
                return False
    return False


async def _send_mail(worker: Worker, some: Sequence[WaitingDelivery]) -> bool:
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


async def _send_digest(worker: Worker, some: Sequence[WaitingDelivery]) -> None:
    deps, endpoint = worker.deps, worker.endpoint
    found: list[Delivery] = []
    for at in range(0, len(some), _READ_TOGETHER):
        keys = [each.key for each in some[at : at + _READ_TOGETHER]]
        found += (await deps.deliveries.among(endpoint.tenant_id, endpoint.id, keys)).values()
    if not found:
        await note(worker, some, {})
        return
    await keep_lease(worker)
    answer = await send_notice(deps, endpoint, found)
    settled = [await settle(worker, delivery, answer) for delivery in found]
    await note(worker, some, {each.key: each for each in settled})


async def _send_some(worker: Worker, few: Sequence[WaitingDelivery], held: set[str]) -> bool:
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
            await keep_lease(worker)
            answer = await send_notice(deps, endpoint, [delivery])
            settled[pending.key] = await settle(worker, delivery, answer)
            if settled[pending.key].status is not DeliveryStatus.DELIVERED:
                held.add(pending.subject)
            if not worker.may_send:
                return False
            if not worker.has_time:
                return True
        return True
    finally:
        await note(worker, few, {**found, **settled})
