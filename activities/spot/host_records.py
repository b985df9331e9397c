"""The record of a session host: where its task stands, how it ended. Each may be repeated, and has its effect once.

Each compares its run with the record: a task that has been overtaken gets ``Superseded`` and changes nothing. So does
an order that is older than the latest record of its task, but is done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from activities.cloud_pcs.comparing import ask
from activities.machines.scripts import CONFIGURATION_STEPS
from activities.operations.audit import begin_operation_step, fail_operation, record_audit_event, succeed_operation
from shared.contracts.calls import is_overtaken, moment
from shared.contracts.outcomes import Done, Superseded
from shared.contracts.session_hosts import (
    END_HOST_TASK,
    HIBERNATION_NOT_ENABLED,
    RECORD_HOST_BUILT,
    RECORD_HOST_FAILED,
    RECORD_HOST_PARKED,
    RECORD_HOST_REMOVED,
    RECORD_HOST_STEP,
    HostBuiltRecord,
    HostEndRecord,
    HostFailedRecord,
    HostParkedRecord,
    HostStepRecord,
    OfHostTask,
)
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.operations.machines_gone import Answer, gone_failure, lose_host, machine_of_host
from shared.domain.spot.hosts.host import TITLES, AppliedWindows, HostEvent, HostStatus, HostTask, SessionHost, does
from shared.errors import NotFoundError
from shared.services.spot.reconciling import ENGINE
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()

_STEPS = {step.value: title for step, title in TITLES.items()}
_LONGEST = 500


async def _change(of: OfHostTask, edit: Callable[[SessionHost], SessionHost | None]) -> SessionHost | None:
    """Change the host and return the new record; None if it does not exist or has another task now."""
    ours: list[bool] = []

    def guarded(host: SessionHost) -> SessionHost | None:
        ours[:] = [does(host, of.run)]
        return recorded(host, edit) if ours[0] else None

    try:
        host = await dependencies().session_hosts.change(of.tenant_id, of.session_host_id, guarded)
    except NotFoundError:
        return None
    return host if ours[0] else None


def recorded(host: SessionHost, edit: Callable[[SessionHost], SessionHost | None]) -> SessionHost | None:
    """Return the host after a record of its task; None if nothing changes, or a later order has been recorded."""
    now = dependencies().clock.now()
    if host.work is None or is_overtaken(host.work.ordered_at, now):
        return None
    after = edit(host)
    if after is None or after.work is None:
        return after
    return after.but(work=after.work.but(ordered_at=moment(now)))


def _operation_of(host: SessionHost) -> str | None:
    return host.work.operation_id if host.work else None


@bp.activity_trigger(input_name="payload")
@implements(RECORD_HOST_STEP)
async def record_host_step(record: HostStepRecord) -> Done | Superseded:
    """Record that a step begins, with the resources of the host so far."""
    at = dependencies().clock.now()

    def edit(host: SessionHost) -> SessionHost:
        changed = host.but(step=record.step.value, resources=record.resources)
        if record.failure is not None:
            changed = changed.but(failure=record.failure)
        if record.password_left is not None:
            changed = changed.but(warnings=(*host.warnings, _password_left(record.password_left)))
        return changed if changed == host else changed.but(last_modified_date_time=at)

    host = await _change(record, edit)
    if host is None:
        return Superseded()
    await begin_operation_step(record.tenant_id, _operation_of(host), record.step.value, _STEPS, percent=0)
    return Done()


def _password_left(why: Failure) -> Warn:
    message = f"the extension that joined the domain stays, with its password encrypted: {why.code}: {why.message}"
    return Warn(step="joinDirectory", message=message[:_LONGEST])


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(RECORD_HOST_PARKED)
async def record_host_parked(record: HostParkedRecord, client: DurableClient) -> Done | Superseded:
    """Record that the build waits, and the reason; the first time write an audit event, and run the group's engine."""
    at, before = dependencies().clock.now(), list[SessionHost]()

    def edit(host: SessionHost) -> SessionHost | None:
        before[:] = [host]
        parked: dict[str, Any] = {
            "parked_since": record.since,
            "parked_because": f"{record.reason.code}: {record.reason.message}",
            "step": None,
        }
        if host.status is HostStatus.BUILDING:
            return host.after(HostEvent.PARKED, at=at, **parked)
        return host.but(**parked)

    host = await _change(record, edit)
    if host is None:
        return Superseded()
    if before and before[0].parked_since is None:
        await _note(host, "park", {"parkedBecause": host.parked_because}, at, f"{record.run}/{record.since}")
        await ENGINE.request(dependencies(), client, host.tenant_id, host.spot_group_id, at)
    return Done()


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(RECORD_HOST_FAILED)
async def record_host_failed(record: HostFailedRecord, client: DurableClient) -> Done | Superseded:
    """Record that an attempt failed; after the last one the build has failed, and the engine decides the next step."""
    at = dependencies().clock.now()
    if not record.last:
        kept = {"failure": record.failure, "resources": record.resources}
        return Done() if await _change(record, lambda host: host.but(**kept)) else Superseded()
    return await _end(
        record,
        client,
        lambda host: host.after(
            HostEvent.GAVE_UP, at=at, **_OVER, failure=record.failure, resources=record.resources, proven=None
        ),
        failure=record.failure,
    )


_OVER: dict[str, Any] = {"work": None, "step": None, "parked_since": None, "parked_because": None}


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(RECORD_HOST_BUILT)
async def record_host_built(record: HostBuiltRecord, client: DurableClient) -> Done | Superseded:
    """Record that the host has registered, and whether it is proven."""
    at = dependencies().clock.now()

    def edit(host: SessionHost) -> SessionHost:
        kept = tuple(each for each in host.warnings if each.step == "joinDirectory")
        return host.after(
            HostEvent.BUILT,
            at=at,
            **_OVER,
            resources=record.resources,
            warnings=(*kept, *record.warnings),
            proven=record.proven,
            failure=None,
            applied=AppliedWindows(windows=record.windows, at=at) if record.windows else host.applied,
        )

    return await _end(record, client, edit)


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(END_HOST_TASK)
async def end_host_task(record: HostEndRecord, client: DurableClient) -> Done | Superseded:
    """Record that a task other than a build has ended, and why it was not done.

    A machine that was made without hibernation never gets it: the engine stops that host from then on.
    """
    at, answer = dependencies().clock.now(), await _if_gone(record)
    if answer is not None:
        record = record.but(failure=gone_failure(answer.machine, ((answer.at, answer.words),)))

    def edit(host: SessionHost) -> SessionHost:
        ended = host.but(work=None, step=None, failure=record.failure, last_modified_date_time=at)
        if record.windows is not None:
            applied = AppliedWindows(windows=record.windows, at=at)
            kept = tuple(each for each in host.warnings if each.step not in CONFIGURATION_STEPS)
            return ended.but(applied=applied, warnings=(*kept, *record.warnings), settings_failed_at=None)
        lost = (
            lose_host(ended.but(failure=None), answer.machine, record.failure, at)
            if answer and record.failure
            else None
        )
        if lost is not None:
            return lost
        if record.failure is not None and record.failure.code == HIBERNATION_NOT_ENABLED:
            return ended.found_unable_to_hibernate(record.failure.message)
        failed = record.failure is not None and host.work is not None and host.work.task is HostTask.CONFIGURE
        return ended.but(settings_failed_at=at) if failed else ended

    return await _end(record, client, edit, failure=record.failure)


async def _if_gone(record: HostEndRecord) -> Answer | None:
    """Ask Azure for the machine of a failed task; return the answer only if it says that the machine is gone.

    The task has asked for it before, so that this is the second answer.
    """
    if record.failure is None:
        return None
    found = await dependencies().session_hosts.find(record.tenant_id, record.session_host_id)
    if found is None or not does(found.value, record.run):
        return None
    known = machine_of_host(found.value.but(work=None))
    answer = await ask(known) if known else None
    return answer if answer is not None and answer.gone else None


async def _end(
    record: OfHostTask,
    client: DurableClient,
    edit: Callable[[SessionHost], SessionHost],
    *,
    failure: Failure | None = None,
) -> Done | Superseded:
    """End a task: its operation and its audit event first, then the record, then the group looks at its hosts again.

    The record comes last of what a repetition needs: without work it no longer names the operation.
    """
    deps, at = dependencies(), dependencies().clock.now()
    found = await deps.session_hosts.find(record.tenant_id, record.session_host_id)
    if found is None or not does(found.value, record.run):
        return Superseded()
    host = found.value
    if failure is None:
        await succeed_operation(host.tenant_id, _operation_of(host), {"sessionHostId": host.id}, at)
    else:
        await fail_operation(host.tenant_id, _operation_of(host), failure, at)
    task = host.work.task.value if host.work else "task"
    told = {"task": task, **({"failure": failure.to_json()} if failure else {})}
    await _note(host, task, told, at, str(record.run))
    if await _change(record, edit) is None:
        return Superseded()
    await ENGINE.request(deps, client, host.tenant_id, host.spot_group_id, at)
    return Done()


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(RECORD_HOST_REMOVED)
async def record_host_removed(record: OfHostTask, client: DurableClient) -> Done | Superseded:
    """Remove the record of a host of which nothing is left."""
    deps, at = dependencies(), dependencies().clock.now()
    found = await deps.session_hosts.find(record.tenant_id, record.session_host_id)
    if found is None:
        return Done()
    host = found.value
    if not does(host, record.run):
        return Superseded()
    await succeed_operation(host.tenant_id, _operation_of(host), {"sessionHostId": host.id}, at)
    await _note(host, "remove", {"task": "remove"}, at, str(record.run))
    await deps.session_hosts.remove(host.tenant_id, host.id)
    await ENGINE.request(deps, client, host.tenant_id, host.spot_group_id, at)
    return Done()


async def _note(host: SessionHost, verb: str, after: dict[str, Any], at: datetime, run: str) -> None:
    resource = ("sessionHost", host.id)
    await record_audit_event(
        host.tenant_id, resource, verb, {**after, "spotGroupId": host.spot_group_id}, at=at, run=run
    )
