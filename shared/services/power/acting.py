"""The engine of power at work: a Cloud PC's power is observed, decided about, and changed, at each due row of it."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial

from shared.clients.arm import parse_id
from shared.contracts.calls import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.remote_action_run import begun as action_begun
from shared.domain.operations.operation import AuditEvent
from shared.domain.power.engine import Opinion, PowerDecision, PowerFacts, PowerStep, decide, next_change
from shared.domain.power.hours import hold_until
from shared.domain.power.record import CloudPcPower, actor_of, begun, seen
from shared.domain.power.state import DesiredPower, MaintenanceWindow, ObservedPower, PowerActor
from shared.domain.power.zones import ELSEWHERE
from shared.domain.tenants.tenant import Tenant
from shared.services.cloud_pcs.remote_actions import RemoteActionRequest, refusal, start_action
from shared.services.cost.budgets import brake_of
from shared.services.policies.pausing import why_paused
from shared.services.power.applying import AppliedSchedule, keeps_shut_down, promise_looks, schedule_of
from shared.services.power.by_hand import HELD_FOR
from shared.services.power.observing import power_in
from shared.services.power.records import change_power
from shared.services.power.sessions import SessionReading, answer_or_none, session_reading
from shared.services.power.start_on_connect import why_nobody_could_start, why_scaled_outside
from shared.services.power.warning import warn
from shared.storage.due import ACT_EVERY, EVERYBODY, Due, DueKind
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.sweeps")

_SOON = timedelta(minutes=1)
"""Time until the next look at a machine that is on its way, or whose change is at work."""

_LATER = timedelta(minutes=15)
"""Longest time between two looks at a machine that is on, while a rule wants something of it."""

_WHILE_SETTLED = timedelta(hours=1)
"""Longest time between two looks at a machine that is as it should be: somebody may have switched it outside."""

_ACTIONS = {
    PowerStep.START: Remote.POWER_ON,
    PowerStep.DEALLOCATE: Remote.POWER_OFF,
    PowerStep.HIBERNATE: Remote.POWER_OFF,  # the order says that its memory is kept
}


async def power_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Look at the power of a Cloud PC, and do the step of the engine; return the time of the next look."""
    if due.subject_id == EVERYBODY:
        await promise_looks(deps, due.tenant_id, deps.clock.now())
        return None
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    before = await deps.cloud_pc_powers.find(due.tenant_id, due.subject_id)
    tenant = await deps.tenants.find(due.tenant_id)
    if found is None and before is not None:
        await deps.cloud_pc_powers.remove(due.tenant_id, due.subject_id)
    if found is None or tenant is None:
        return None
    pc, now = found.value, deps.clock.now()
    applied = await schedule_of(deps, pc)
    if before is None and applied is None:
        return None
    if pc.occupied:  # its end asks for the next look
        return now + _LATER
    power, readable = await _looked(deps, pc, applied, before.value if before else None)
    wake = power.to_wake(applied.settings.time_zone if applied else ELSEWHERE, now)
    kept, hibernates = await keeps_shut_down(deps, pc), power.can_hibernate(pc.current.generation)
    facts = power.facts(readable=readable, maintenance=wake, can_hibernate=hibernates, keeps_shut_down=kept)
    facts = applied.facts(facts, power, now) if applied else facts
    with on_behalf_of(pc.tenant_id):
        facts = await _with_obstacles(deps, tenant.value, pc, facts)
        decision = await _decided(deps, tenant.value, facts, now)
    acts = decision.step in _ACTIONS and refusal(pc, RemoteActionRequest(_ACTIONS[decision.step])) is None
    later = now + _LATER if acts else next_look(power, facts, decision, now)  # an action's end asks for an earlier look
    looks_at = await _promised(deps, power, later, due)
    await change_power(
        deps, pc.tenant_id, pc.id, now, partial(_planned, decision, looks_at, wake, next_change(facts, decision))
    )
    if decision.step is PowerStep.WARN:
        with on_behalf_of(pc.tenant_id):
            await warn(deps, pc, facts, decision)
    if acts:
        await _do(deps, client, pc, decision, due, starts_elsewhere=power.starts_elsewhere)
    return looks_at


async def _looked(
    deps: Dependencies, pc: CloudPc, applied: AppliedSchedule | None, before: CloudPcPower | None
) -> tuple[CloudPcPower, bool]:
    """Read the power and the sessions of a machine; return the record with them, and whether sessions were readable."""
    now = deps.clock.now()
    with on_behalf_of(pc.tenant_id):
        observed = await observed_power(deps, pc)
        sessions = SessionReading(now) if observed.is_off else await session_reading(deps, pc)
    power = await change_power(deps, pc.tenant_id, pc.id, now, partial(_observed, observed, sessions, applied, now))
    await tell_of_outside(deps, before or power, power, now)
    return power, sessions.found is not None


async def _with_obstacles(deps: Dependencies, tenant: Tenant, pc: CloudPc, facts: PowerFacts) -> PowerFacts:
    """Return *facts* with the budget of a Cloud PC, and with reasons why its power is left alone."""
    removal = None if pc.status in WORKING else f"it is {pc.status.value}"
    pause = await why_paused(deps, tenant, pc) or await why_scaled_outside(deps, pc) or facts.pause
    return facts.but(removal=removal, pause=pause, budget=await brake_of(deps, pc))


async def _decided(deps: Dependencies, tenant: Tenant, facts: PowerFacts, now: datetime) -> PowerDecision:
    """Decide; a machine that nobody could start again is neither stopped nor is its stop announced."""
    decision = decide(facts, now)
    if decision.stops_at is None or not facts.observed.is_on:
        return decision
    why = await why_nobody_could_start(deps, tenant)
    return decision.but(step=None, stops_at=None, waits=why) if why else decision


def _planned(
    decision: PowerDecision,
    looks_at: datetime | None,
    wake: MaintenanceWindow | None,
    change: Opinion | None,
    power: CloudPcPower,
) -> CloudPcPower:
    return power.planned(decision, looks_at or power.looks_at, wake, change)


async def _promised(deps: Dependencies, power: CloudPcPower, at: datetime | None, due: Due) -> datetime | None:
    """Write the due row of the next look before the record names it, unless another row looks in time.

    A look that somebody has asked for, beside the planned one, leaves one row, so that they do not add up.
    """
    if at is None or power.has_look(at, deps.clock.now(), due.at):
        return None
    await deps.due.put(DueKind.POWER, at, due.tenant_id, due.subject_id)
    return at


def next_look(power: CloudPcPower, facts: PowerFacts, decision: PowerDecision, now: datetime) -> datetime | None:
    """Return the time of the next look, or None while nothing is wanted or waited for.

    A machine that is as it should be, and does not stop in working hours, is looked at rarely: only what somebody does
    outside could be found. Without a schedule one that is off is looked at when it is woken after weeks.
    """
    if power.observed in {ObservedPower.STARTING, ObservedPower.STOPPING}:
        return now + _SOON
    if power.observed is ObservedPower.SHUT_DOWN:  # it is billed, whoever wants what
        return min(decision.next_look or now + _WHILE_SETTLED, now + _WHILE_SETTLED)
    unwanted = facts.schedule is None and power.observed.is_off  # whoever signs in needs no rule
    if decision.winner is None and (unwanted or decision.next_look is None):
        return decision.next_look
    sleeps = facts.schedule is not None and facts.schedule.stops_in_working_hours
    kept_on = power.observed.is_on and decision.desired is DesiredPower.ON and not sleeps
    settled = power.observed.is_off or kept_on
    latest = now + (_WHILE_SETTLED if settled else _LATER)
    return min(decision.next_look or latest, latest)


async def observed_power(deps: Dependencies, pc: CloudPc) -> ObservedPower:
    """Return the power of a Cloud PC's machine; unknown where Azure does not tell."""
    if not pc.current.resources.vm_id:
        return ObservedPower.UNKNOWN
    vm = parse_id(pc.current.resources.vm_id)
    machines = deps.compute(vm.subscription_id).virtual_machines
    view = await answer_or_none(
        machines.instance_view(vm.resource_group, vm.name), f"the power of {pc.tenant_id}/{pc.id}"
    )
    return power_in(view)


def _observed(
    observed: ObservedPower,
    sessions: SessionReading,
    applied: AppliedSchedule | None,
    now: datetime,
    power: CloudPcPower,
) -> CloudPcPower:
    hold = hold_until(applied.settings if applied else None, now, HELD_FOR)
    if sessions.found is None:
        return seen(power.unread(sessions.at), observed, now, hold)
    after = power.with_sessions(len(sessions.active), len(sessions.disconnected), sessions.at, sessions.began)
    return seen(after, observed, now, hold)


async def tell_of_outside(deps: Dependencies, before: CloudPcPower, after: CloudPcPower, now: datetime) -> None:
    """Write to the audit log a change of somebody outside, and to the log that our changes end after two of them."""
    if (
        (after.since, after.observed) == (before.since, before.observed)
        or after.changed_by is not PowerActor.OUTSIDE
        or not after.reason
    ):
        return
    changed = {"powerState": after.observed.graph, "reason": after.reason}
    resource, run = ("cloudPC", after.id), after.since.isoformat()
    await deps.audit.append(AuditEvent.of_service(after.tenant_id, resource, "outside", changed, at=now, run=run))
    if after.disputed:
        _log.error("the power of %s/%s is changed outside again and again", after.tenant_id, after.id)


async def _do(
    deps: Dependencies, client: DurableClient, pc: CloudPc, decision: PowerDecision, due: Due, *, starts_elsewhere: bool
) -> None:
    """Begin the remote action of a step; it has no operation, because nobody waits for it."""
    step, now = decision.step, deps.clock.now()
    if step is None:
        return
    action = RemoteAction(
        name=_ACTIONS[step],
        operation_id=naming.derived_id("automatic", "power", pc.tenant_id, pc.id, due.at.isoformat()),
        begun_at=now,
        hibernates=step is PowerStep.HIBERNATE or None,
        elsewhere=(step is PowerStep.START and starts_elsewhere) or None,
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
