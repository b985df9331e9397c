"""The tasks of session hosts: beginning one, and beginning a broken-off one again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from shared.contracts.session_hosts import RUN_HOST_TASK, HostTaskOrder, host_task_instance
from shared.dependencies import Dependencies
from shared.domain.spot.host import HostTask, SessionHost, begin_task
from shared.services.stalling import AGAIN_AFTER, end_stalled
from shared.storage.due import Due, DueKind
from shared.workflow import DurableClient, start

_log = logging.getLogger("deskwright.sweeps")

_CHECK_EVERY = DueKind.HOST.checked_after


async def start_host_task(
    deps: Dependencies,
    client: DurableClient,
    host: SessionHost,
    task: HostTask,
    *,
    reason: str = "",
    operation_id: str | None = None,
) -> SessionHost:
    """Begin a task of a host, and return the host as it is then; one that runs already goes on.

    The due row is written first: whatever is cut off after it is begun again by the sweep. Raises: ConflictError when
    another task runs, NotFoundError, IllegalTransitionError.
    """
    now = deps.clock.now()
    await deps.due.put(DueKind.HOST, now + _CHECK_EVERY, host.tenant_id, host.id, host.run + 1)

    def edit(there: SessionHost) -> SessionHost | None:
        return begin_task(there, task, at=now, reason=reason, operation_id=operation_id)

    begun = await deps.session_hosts.change(host.tenant_id, host.id, edit)
    await _start(client, begun)
    return begun


async def _start(client: DurableClient, host: SessionHost, *, broken_off: bool = False) -> bool:
    instance_id = host_task_instance(host)
    if host.work is None or instance_id is None:
        return False
    order = HostTaskOrder(
        tenant_id=host.tenant_id,
        spot_group_id=host.spot_group_id,
        session_host_id=host.id,
        task=host.work.task,
        run=host.work.run,
        broken_off=broken_off,
    )
    return await start(client, RUN_HOST_TASK, order, instance_id=instance_id)


async def _longest_wait(deps: Dependencies, tenant_id: str) -> timedelta:
    """Return the longest that a step of a task may take: a tenant may let a join or an enrolment take hours."""
    tenant = await deps.tenants.find(tenant_id)
    if tenant is None:
        return RUN_HOST_TASK.longest_wait
    settings = tenant.value.settings
    minutes = max(settings.hybrid_join_wait_in_minutes, settings.enrollment_wait_in_minutes)
    return max(RUN_HOST_TASK.longest_wait, timedelta(minutes=minutes))


async def host_task_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Begin a task again that broke off or stands still; one that goes on is left alone."""
    found = await deps.session_hosts.find(due.tenant_id, due.subject_id)
    if found is None or found.value.work is None or found.value.work.run != due.run:
        return None
    host, now = found.value, deps.clock.now()
    instance_id = host_task_instance(host)
    longest = await _longest_wait(deps, due.tenant_id)
    if instance_id and await end_stalled(client, RUN_HOST_TASK, instance_id, now, longest):
        return now + AGAIN_AFTER
    late = host.work is not None and now - host.work.begun_at >= _CHECK_EVERY
    if await _start(client, host, broken_off=late) and late:
        _log.warning("a task of host %s/%s had broken off; begun again", due.tenant_id, host.id)
    return now + _CHECK_EVERY
