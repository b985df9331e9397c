"""The engine of power at work: a Cloud PC's power is observed, decided about, and changed, at each due row of it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from shared.clients.arm import parse_id
from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import DeclinedError, MissingError
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.remote_action_run import begun as action_begun
from shared.domain.operations.operation import AuditEvent
from shared.domain.power.engine import PowerDecision, PowerStep, decide
from shared.domain.power.record import CloudPcPower, actor_of, begun, seen
from shared.domain.power.state import ObservedPower, PowerActor
from shared.errors import ThrottledError, UnavailableError
from shared.services.cloud_pcs.remote_actions import RemoteActionRequest, refusal, start_action
from shared.services.policies.pausing import why_paused
from shared.services.power.by_hand import HELD_FOR, activity_of
from shared.services.power.records import change_power
from shared.storage.due import ACT_EVERY, Due, DueKind
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.sweeps")

_SOON = timedelta(minutes=1)
"""Time until the next look at a machine that is on its way, or whose change is at work."""

_LATER = timedelta(minutes=15)
"""Longest time between two looks at a machine that is on, while a rule wants something of it."""

_WHILE_OFF = timedelta(hours=1)
"""Longest time between two looks at a machine that is off: somebody may have started it."""

_POWERS = {
    "starting": ObservedPower.STARTING,
    "running": ObservedPower.RUNNING,
    "stopping": ObservedPower.STOPPING,
    "deallocating": ObservedPower.STOPPING,
    "stopped": ObservedPower.SHUT_DOWN,
    "deallocated": ObservedPower.DEALLOCATED,
}
_ACTIONS = {
    PowerStep.START: Remote.POWER_ON,
    PowerStep.DEALLOCATE: Remote.POWER_OFF,
    PowerStep.HIBERNATE: Remote.POWER_OFF,
}


async def power_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Look at the power of a Cloud PC, and do the step of the engine; return the time of the next look."""
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    before = await deps.cloud_pc_powers.find(due.tenant_id, due.subject_id)
    tenant = await deps.tenants.find(due.tenant_id)
    if found is None and before is not None:
        await deps.cloud_pc_powers.remove(due.tenant_id, due.subject_id)
    if found is None or before is None or tenant is None:
        return None
    pc, now = found.value, deps.clock.now()
    if pc.occupied:  # its end asks for the next look
        return now + _LATER
    with on_behalf_of(pc.tenant_id):
        observed = await observed_power(deps, pc)
        sessions = (0, 0) if observed.is_off else await _sessions(deps, pc)
    power = await change_power(deps, pc.tenant_id, pc.id, now, partial(_observed, observed, sessions, now))
    await _tell(deps, before.value, power, now)
    removal = None if pc.status in WORKING else f"it is {pc.status.value}"
    pause = await why_paused(deps, tenant.value, pc)
    facts = power.facts(readable=sessions is not None, removal=removal)
    decision = decide(facts.but(pause=pause) if pause else facts, now)
    await change_power(deps, pc.tenant_id, pc.id, now, lambda there: there.planned(decision))
    if decision.step in _ACTIONS and refusal(pc, RemoteActionRequest(_ACTIONS[decision.step])) is None:
        await _do(deps, client, pc, decision, due)
        return now + _LATER  # its end asks for an earlier look
    return _next_look(power, decision, now)


def _next_look(power: CloudPcPower, decision: PowerDecision, now: datetime) -> datetime | None:
    """Return the time of the next look, or None while nothing is wanted or waited for."""
    if power.observed in {ObservedPower.STARTING, ObservedPower.STOPPING}:
        return now + _SOON
    if decision.winner is None and decision.next_look is None:
        return None
    latest = now + (_WHILE_OFF if power.observed.is_off else _LATER)
    return min(decision.next_look or latest, latest)


async def observed_power(deps: Dependencies, pc: CloudPc) -> ObservedPower:
    """Return the power of a Cloud PC's machine; unknown where Azure does not tell."""
    if not pc.current.resources.vm_id:
        return ObservedPower.UNKNOWN
    vm = parse_id(pc.current.resources.vm_id)
    try:
        view = await deps.compute(vm.subscription_id).virtual_machines.instance_view(vm.resource_group, vm.name)
    except ThrottledError:
        raise
    except (MissingError, DeclinedError, UnavailableError) as error:
        _log.warning("the power of %s/%s could not be read: %s", pc.tenant_id, pc.id, type(error).__name__)
        return ObservedPower.UNKNOWN
    codes = [str(status.code or "").lower() for status in view.statuses or ()]
    if "hibernationstate/hibernated" in codes:
        return ObservedPower.HIBERNATED
    power = next((code.partition("/")[2] for code in codes if code.startswith("powerstate/")), "")
    return _POWERS.get(power, ObservedPower.UNKNOWN)


async def _sessions(deps: Dependencies, pc: CloudPc) -> tuple[int, int] | None:
    """Return the numbers of active and of disconnected sessions, or None where they cannot be read."""
    try:
        active, disconnected = await activity_of(deps, pc)
    except ThrottledError:
        raise
    except (DeclinedError, UnavailableError) as error:
        _log.warning("the sessions of %s/%s could not be read: %s", pc.tenant_id, pc.id, type(error).__name__)
        return None
    return len(active), len(disconnected)


def _observed(
    observed: ObservedPower, sessions: tuple[int, int] | None, now: datetime, power: CloudPcPower
) -> CloudPcPower:
    after = power.with_sessions(*sessions, now) if sessions is not None else power
    return seen(after, observed, now, now + HELD_FOR)


async def _tell(deps: Dependencies, before: CloudPcPower, after: CloudPcPower, now: datetime) -> None:
    """Write to the audit log a change of somebody outside, and to the log that our changes end after two of them."""
    if after.since == before.since or after.changed_by is not PowerActor.OUTSIDE or not after.reason:
        return
    changed = {"powerState": after.observed.graph, "reason": after.reason}
    resource, run = ("cloudPC", after.id), after.since.isoformat()
    await deps.audit.append(AuditEvent.of_service(after.tenant_id, resource, "outside", changed, at=now, run=run))
    if after.disputed:
        _log.error("the power of %s/%s is changed outside again and again", after.tenant_id, after.id)


async def _do(deps: Dependencies, client: DurableClient, pc: CloudPc, decision: PowerDecision, due: Due) -> None:
    """Begin the remote action of a step; it has no operation, because nobody waits for it."""
    step, now = decision.step, deps.clock.now()
    if step is None:
        return
    action = RemoteAction(
        name=_ACTIONS[step],
        operation_id=naming.derived_id("automatic", "power", pc.tenant_id, pc.id, due.at.isoformat()),
        begun_at=now,
        automatic=True,
    )
    why = decision.winner.why if decision.winner else "it was shut down inside Windows, and still billed"

    def planned(power: CloudPcPower) -> CloudPcPower:
        return begun(power, step, now, actor_of(decision, power.hold), why)

    await deps.due.put(DueKind.ACT, now + ACT_EVERY, pc.tenant_id, pc.id, pc.current.generation)
    await change_power(deps, pc.tenant_id, pc.id, now, planned)

    def edit(there: CloudPc) -> CloudPc | None:
        same = there.current.generation == pc.current.generation
        return (
            action_begun(there, action) if same and refusal(there, RemoteActionRequest(action.name)) is None else None
        )

    await start_action(client, await deps.cloud_pcs.change(pc.tenant_id, pc.id, edit))
