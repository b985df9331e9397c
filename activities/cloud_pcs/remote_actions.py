"""Remote actions: the record of one, and the examination of a Cloud PC that is troubleshot."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Literal

from activities.cloud_pcs.action_timeline import close_entry, open_entry
from activities.cloud_pcs.comparing import ask, record_lost
from activities.cloud_pcs.desktops import USABLE, application_group_id, find_host
from activities.cloud_pcs.principal_names import users_named
from activities.cloud_pcs.rights import DESKTOP_USER, MACHINE_USER, assignment_id
from activities.machines.identities import graph_of
from activities.machines.vms import read_vm_health
from activities.operations.audit import begin_operation_step, fail_operation, record_audit_event, succeed_operation
from shared.clients.arm import parse_id
from shared.contracts.outcomes import Done, MissingError, Refused, Superseded
from shared.contracts.remote_actions import (
    BEGIN_REMOTE_STEP,
    END_REMOTE_ACTION,
    EXAMINE,
    Check,
    Examined,
    RemoteEnd,
    RemoteOrder,
    RemoteStep,
)
from shared.contracts.session_hosts import SESSIONS_IN_THE_WAY
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Event, Status
from shared.domain.cloud_pcs.remote_action import OPEN, STEPS, Remote, RemoteAction
from shared.domain.cloud_pcs.replacing import moved, resized_for_a_time, stayed
from shared.domain.networks.connection import JoinType
from shared.domain.operations.machines_gone import machine_known
from shared.domain.power.record import CloudPcPower, Unhibernated, switched
from shared.domain.power.state import ObservedPower
from shared.services.power.records import change_power
from shared.storage.due import DueKind, read_once
from shared.workflow import Blueprint, implements

bp = Blueprint()

_PLANNED_ANEW = frozenset({Status.RESTORING, Status.RESIZING, Status.RESIZE_PENDING_LICENSE})
_LEAVES: Mapping[Remote, ObservedPower] = MappingProxyType(
    {
        Remote.POWER_ON: ObservedPower.RUNNING,
        Remote.POWER_OFF: ObservedPower.DEALLOCATED,
        Remote.REBOOT: ObservedPower.RUNNING,
        Remote.RESTORE: ObservedPower.RUNNING,
        Remote.RESIZE: ObservedPower.RUNNING,
        Remote.RESIZE_TEMPORARILY: ObservedPower.RUNNING,
    }
)
"""The power that an action leaves when it succeeds."""

_STOP_AGAIN = timedelta(minutes=15)
"""Time until a stop that failed may be tried again."""

_TOLD_AFTER = 3
"""Number of refused starts, or stops, in a row at which an operator is told."""

_log = logging.getLogger("deskwright.power")
_ADMINISTRATOR_STEP = "assignLocalAdministrator"


def _is_at_work(pc: CloudPc, record: RemoteStep | RemoteEnd) -> bool:
    return pc.action is not None and pc.action.operation_id == record.operation_id


def _opened(record: RemoteStep, at: datetime, pc: CloudPc) -> CloudPc | None:
    """Return a Cloud PC whose user may sign in again; None where that is noted already."""
    if pc.action is None or not _is_at_work(pc, record) or pc.action.opened_at is not None:
        return None
    return pc.but(action=pc.action.but(opened_at=at))


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_REMOTE_STEP)
async def begin_remote_step(record: RemoteStep) -> Done | Superseded:
    """Record that a step begins, unless the record no longer has the action."""
    at = dependencies().clock.now()
    found = await dependencies().cloud_pcs.find(record.tenant_id, record.cloud_pc_id)
    if found is None or not _is_at_work(found.value, record):
        gone = Failure(code="superseded", message="the Cloud PC is being built anew or removed", retriable=False)
        await fail_operation(record.tenant_id, record.operation_id, gone, at)
        return Superseded()
    await open_entry(found.value, record, at)
    if record.step == OPEN:  # an old order to close the machine would shut the user out, and nothing opened it again
        await dependencies().cloud_pcs.change(record.tenant_id, record.cloud_pc_id, partial(_opened, record, at))
    titles = STEPS[record.name]
    done = list(titles).index(record.step) * 100 // len(titles)
    await begin_operation_step(record.tenant_id, record.operation_id, record.step, titles, percent=done)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(END_REMOTE_ACTION)
async def end_remote_action(record: RemoteEnd) -> Done:
    """Record the result, and let the next action begin."""
    deps = dependencies()
    at = deps.clock.now()
    found = await deps.cloud_pcs.find(record.tenant_id, record.cloud_pc_id)
    if found is not None and _is_at_work(found.value, record):
        before = found.value
        await close_entry(before, record, at)
        if before.action is not None:
            await _record_power(before, before.action, record, at)
        if before.action is not None and before.action.temporary_size is not None and record.failure is not None:
            await deps.due.put(DueKind.TEMPORARY_SIZE, at, before.tenant_id, before.id, before.current.generation)
        if before.status in _PLANNED_ANEW:  # the user is planned again: something may have changed meanwhile
            late = (at + timedelta(hours=before.swap.hours),) if before.swap else ()
            await deps.due.put_all([read_once(before, when) for when in (at, *late)])

        def edit(pc: CloudPc) -> CloudPc | None:
            return _ended(pc, record, at) if _is_at_work(pc, record) else None

        after = await deps.cloud_pcs.change(record.tenant_id, record.cloud_pc_id, edit)
        if after.status is not before.status:
            build = after.current
            changed = {"status": after.status.value, "generation": build.generation, "attempt": build.attempt}
            run = f"{record.operation_id}/{after.status.value}"
            await record_audit_event(record.tenant_id, ("cloudPC", before.id), "updateStatus", changed, at=at, run=run)
        await _audit_automatic(before, record, at)
        if record.failure is not None or record.result.get("healthy") is False:
            record = await _unless_gone(after, record)
    failure = record.failure
    if failure is not None:
        await fail_operation(record.tenant_id, record.operation_id, failure, at)
    else:
        result = {"cloudPcId": record.cloud_pc_id, **record.result}
        await succeed_operation(record.tenant_id, record.operation_id, result, at)
    return Done()


async def _audit_automatic(before: CloudPc, record: RemoteEnd, at: datetime) -> None:
    """Write to the audit log an action of the service that has failed, or given a machine its own size again."""
    if before.action is None or not before.action.automatic:
        return
    changed: dict[str, object] = {}
    if record.failure is not None:
        changed = {"error": record.failure.to_json()}
    elif record.name is Remote.RESIZE_TEMPORARILY:
        changed = {"servicePlanName": before.plan.display_name, "vmSize": record.size}
    if changed:
        resource, run = ("cloudPC", before.id), record.operation_id
        await record_audit_event(record.tenant_id, resource, record.name.value, changed, at=at, run=run)


def _left(action: RemoteAction, record: RemoteEnd) -> ObservedPower | None:
    """Return the power after an action that has succeeded; None for an action that does not change it."""
    left = ObservedPower.DEALLOCATED if record.rests else _LEAVES.get(action.name)
    return ObservedPower.HIBERNATED if left is ObservedPower.DEALLOCATED and record.hibernated else left


def _with_machine(power: CloudPcPower, pc: CloudPc, record: RemoteEnd) -> CloudPcPower:
    """Return *power* with the size that the machine has, and why it could not be hibernated."""
    after = power
    if record.name is Remote.POWER_ON and record.size:
        own = pc.current.resources.size or record.size
        after = after.but(fallback_size=record.size if record.size.casefold() != own.casefold() else None)
    if record.name in {Remote.RESIZE, Remote.RESIZE_TEMPORARILY} and record.failure is None:
        after = after.but(fallback_size=None)
    if record.hibernated:
        return after.but(unhibernated=None)
    if record.unhibernated is None:
        return after
    return after.but(unhibernated=Unhibernated(generation=pc.current.generation, why=record.unhibernated))


async def _record_power(pc: CloudPc, action: RemoteAction, record: RemoteEnd, at: datetime) -> None:
    """Record the power in which an action has left the machine, and the hold of the person who has switched it."""
    left = _left(action, record)
    if left is None:
        return

    def edit(there: CloudPcPower) -> CloudPcPower:
        power = _with_machine(there, pc, record)
        if record.failure is None:
            kept = there.hibernated and action.name is Remote.POWER_OFF  # it was off before, with its memory
            return switched(power, ObservedPower.HIBERNATED if kept else left, action.hold, at).but(
                failed_stops=0, stop_refused=None
            )
        after = power.but(step=None)
        if action.name is not Remote.POWER_ON:
            more = action.name is Remote.POWER_OFF and record.failure.code != SESSIONS_IN_THE_WAY
            why = record.failure.message if more else after.stop_refused
            return after.but(failed_stops=power.failed_stops + more, stop_refused=why)
        held = after.but(hold=action.hold, desired=action.hold.wants) if action.hold else after
        return held.with_refusal(record.failure.code, record.failure.message, at)

    if action.name in {Remote.POWER_ON, Remote.POWER_OFF}:
        stays = action.name is Remote.POWER_OFF and record.failure is not None
        look = at + _STOP_AGAIN if stays else at
        await dependencies().due.put(DueKind.POWER, look, record.tenant_id, record.cloud_pc_id)
    after = await change_power(dependencies(), record.tenant_id, record.cloud_pc_id, at, edit)
    if after.refused is not None and after.refused.times == _TOLD_AFTER and record.failure is not None:
        said = f"{after.refused.code}: {after.refused.message}"
        _log.error("the start of %s/%s is refused again and again: %s", record.tenant_id, record.cloud_pc_id, said)
    if record.name is Remote.POWER_OFF and after.failed_stops == _TOLD_AFTER and record.failure is not None:
        said = f"{record.failure.code}: {record.failure.message}"
        _log.error("the stop of %s/%s is refused again and again: %s", record.tenant_id, record.cloud_pc_id, said)


async def _unless_gone(pc: CloudPc, record: RemoteEnd) -> RemoteEnd:
    """Ask whether the machine of a failed action exists; if not, record that, and return the failure to show.

    The action has asked for it before, so that this is the second answer.
    """
    known = machine_known(pc)
    answer = await ask(known) if known else None
    if answer is None or not answer.gone:
        return record
    lost = await record_lost(pc.tenant_id, answer)
    return record if lost is None else record.but(failure=lost.failure)


def _ended(pc: CloudPc, record: RemoteEnd, at: datetime) -> CloudPc:
    """Return *pc* without the action, as its result has left it."""
    points = tuple(point for point in pc.current.restore_points if point.id not in record.forgotten)
    after = pc.with_current(restore_points=points).but(action=None, last_modified_date_time=at)
    if pc.status is Status.RESIZING:
        well = record.failure is None
        return moved(after, record.size, record.warnings, at) if well else stayed(after, record.size, at)
    if pc.status is Status.RESTORING:
        after = after.after(Event.RESTORE_ENDED_WITH_WARNINGS if pc.current.warnings else Event.RESTORE_ENDED, at=at)
    if record.name is Remote.RESIZE_TEMPORARILY and pc.action is not None:
        after = resized_for_a_time(after, pc.action, record.size, record.failure, at)
    if record.failure is not None or pc.action is None:
        return after
    match record.name:
        case Remote.CHANGE_USER_ACCOUNT_TYPE:
            return _with_account_type(after, administrator=bool(pc.action.administrator), at=at)
        case Remote.CREATE_SNAPSHOT:
            return _with_point(after, pc.action.restore_point_id, status="ready", created_at=at)
        case Remote.RESTORE:
            disks = (record.new_disk,) if record.new_disk else after.current.disks
            restored = _with_point(after, pc.action.restore_point_id, last_restored_at=at)
            return restored.with_current(disks=disks)
    return after


def _with_account_type(pc: CloudPc, *, administrator: bool, at: datetime) -> CloudPc:
    """Return *pc* with the user's account type; a warning that the account could not be set before is gone."""
    before = pc.current.snapshot
    snapshot = before.but(local_admin_enabled=administrator) if before else None
    warnings = tuple(warning for warning in pc.current.warnings if warning.step != _ADMINISTRATOR_STEP)
    after = pc.with_current(snapshot=snapshot, warnings=warnings)
    cured = pc.status is Status.PROVISIONED_WITH_WARNINGS and not warnings
    return after.after(Event.CURED, at=at) if cured else after


def _with_point(pc: CloudPc, restore_point_id: str | None, **changes: object) -> CloudPc:
    points = tuple(
        point.but(**changes) if point.id == restore_point_id else point for point in pc.current.restore_points
    )
    return pc.with_current(restore_points=points)


_TITLES = {
    "power": "The machine runs",
    "agent": "Azure's agent in Windows answers",
    "sessionHost": "The desktop agent answers, and the desktop is the user's",
    "device": "The device is in Entra ID",
    "managedDevice": "The device is in Intune",
    "signInRights": "The user may sign in",
}
_ANEW = "Reprovision the Cloud PC."


def _check(name: str, evidence: str, wrong: str | None) -> Check:
    """Return a check that passed, or that failed if *wrong*, the advice to the administrator, is given."""
    status: Literal["passed", "failed"] = "failed" if wrong else "passed"
    return Check(name=name, title=_TITLES[name], status=status, evidence=evidence, recommended_action=wrong)


@bp.activity_trigger(input_name="payload")
@implements(EXAMINE)
async def examine(order: RemoteOrder) -> Examined | Refused:
    """Examine the machine, its agents, its devices and the user's rights."""
    checks = (
        *await _machine(order),
        await _session_host(order),
        await _device(order),
        await _managed_device(order),
        await _rights(order),
    )
    group = application_group_id(order.host_pool_id) if order.host_pool_id else None
    return Examined(checks=checks, application_group_id=group)


async def _machine(order: RemoteOrder) -> tuple[Check, Check]:
    machine = order.machine
    try:
        found = await read_vm_health(machine)
    except MissingError:
        gone = f"{machine.vm_name} is no longer there"
        return _check("power", gone, _ANEW), _check("agent", gone, _ANEW)
    stopped = None if found.power == "running" else "Troubleshoot starts it; if it cannot, the operation says why."
    silent = None if found.answers else "Restart it; if that is no help, reprovision it."
    return (
        _check("power", f"{machine.vm_name} is {found.power or 'neither running nor stopped'}", stopped),
        _check("agent", f"the agent is {found.agent or 'silent'}", silent),
    )


async def _session_host(order: RemoteOrder) -> Check:
    machine = order.machine
    if order.host_pool_id is None:
        return _check("sessionHost", "the host pool is not known", _ANEW)
    host = await find_host(machine, parse_id(order.host_pool_id))
    if host is None or (host.resource_id or "").casefold() != machine.vm_id.casefold():
        return _check("sessionHost", f"{machine.computer_name} is not in its host pool", _ANEW)
    status = str(getattr(host.status, "value", host.status))
    name = host.assigned_user or ""
    assigned = await users_named(machine.tenant_id, name) == {order.user_id} if name else False
    evidence = f"{machine.computer_name} is {status}, assigned to {host.assigned_user or 'nobody'}"
    if status not in USABLE:
        return _check(
            "sessionHost", evidence, "Wait some minutes after a start; else look at its network, or restart it."
        )
    if not assigned or not host.allow_new_session:
        closed = "" if host.allow_new_session else ", and lets no new session begin"
        return _check("sessionHost", evidence + closed, "Troubleshoot gives it to the user and opens it.")
    return _check("sessionHost", evidence, None)


async def _device(order: RemoteOrder) -> Check:
    name = order.machine.computer_name
    found = await (await graph_of(order.machine.tenant_id)).devices(name)
    known = any(device.device_id == order.device_id for device in found)
    evidence = f"{name} is {order.device_id}" if known else f"there are {len(found)} devices of the name {name}"
    return _check("device", evidence, None if known else f"Somebody has deleted its device. {_ANEW}")


async def _managed_device(order: RemoteOrder) -> Check:
    if order.device_id is None:
        return _check("managedDevice", "its Entra device is not known", _ANEW)
    found = await (await graph_of(order.machine.tenant_id)).managed_devices(device_id=order.device_id)
    ids = ", ".join(sorted(device.id for device in found))
    evidence = f"Intune knows it as {ids}" if ids else f"Intune does not know the device {order.device_id}"
    return _check("managedDevice", evidence, None if ids else f"Somebody has retired or deleted it. {_ANEW}")


async def _rights(order: RemoteOrder) -> Check:
    subscription = order.machine.subscription_id
    assignments = dependencies().authorization(subscription).role_assignments
    wanted = [(application_group_id(order.host_pool_id), DESKTOP_USER)] if order.host_pool_id else []
    if order.join_type is JoinType.AZURE_AD_JOIN:
        wanted.append((order.machine.vm_id, MACHINE_USER))
    missing = []
    for scope, role in wanted:
        try:
            await assignments.get(scope, assignment_id(scope, role, order.user_id))
        except MissingError:
            missing.append(scope.rpartition("/")[2])
    if missing:
        return _check("signInRights", f"no role on {', '.join(missing)}", "Troubleshoot gives it back.")
    return _check("signInRights", f"{len(wanted)} roles are there", None)
