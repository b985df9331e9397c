"""Keeping a Cloud PC on for some hours, because a person asks for it."""

from __future__ import annotations

from datetime import timedelta

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import AwakeUntil, KeepAwake
from shared.domain.values import amount
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.action_forms import KeepAwakeForm
from shared.services.operations.intents import Resource, begin_operation
from shared.services.operations.writes import no_record
from shared.services.power.records import change_power
from shared.storage.due import DueKind
from shared.workflow import DurableClient

_STEPS = {"keepAwake": "Write down until when it stays on"}


def refusal(pc: CloudPc) -> str | None:
    """Return why a Cloud PC cannot be kept awake by its record, or None when it can."""
    return None if pc.status in WORKING else f"it is {pc.status.value}"


async def keep_awake(context: ActionContext, client: DurableClient, pc_id: str, form: KeepAwakeForm) -> Operation:
    """Keep a Cloud PC on for some hours from now, or no longer; return the operation, which is over.

    A machine that is off starts. Raises: ConflictError while it is not provisioned, InvalidError for more hours than
    the tenant allows.
    """
    del client
    pc, most = (await context.cloud_pc(pc_id)).value, context.tenant.settings.keep_awake_max_hours
    if form.hours > most:
        raise InvalidError(Problem("/hours", f"a Cloud PC is kept awake for at most {amount(most, 'hour')}"))
    if why := refusal(pc):
        raise ConflictError(why, status=pc.status.value)
    known = await context.deps.cloud_pc_powers.find(pc.tenant_id, pc.id)
    before = known.value.awake_at(context.now) if known else None
    until = context.now + timedelta(hours=form.hours)
    after = KeepAwake(at=context.now, until=until, by=context.actor.name) if form.hours else None

    async def start(_: object) -> None:
        await _begin(context, pc, after)

    resource = Resource(ResourceType.CLOUD_PC, pc_id)
    write = no_record(_audited(before), _audited(after))
    await begin_operation(context, "keepAwake", resource, write, start=start)
    return (await context.deps.operations.get(pc.tenant_id, context.operation_id)).value


def _audited(awake: KeepAwake | None) -> AwakeUntil:
    return AwakeUntil(kept_awake_until=awake.until if awake else None)


async def _begin(context: ActionContext, pc: CloudPc, awake: KeepAwake | None) -> None:
    """Record that the machine is kept awake, promise a look of the engine, and end the operation."""
    deps, at = context.deps, context.now

    def edit(power: CloudPcPower) -> CloudPcPower:
        return power.kept_awake(awake.until, awake.by, at) if awake else power.but(keep_awake=None)

    def end(there: Operation) -> Operation:
        until = {"keptAwakeUntil": awake.until.isoformat()} if awake else {}
        begun = there.at_step("keepAwake", _STEPS, percent=0, at=at)
        return begun.succeeded({"cloudPcId": pc.id, **until}, at)

    await deps.due.put(DueKind.POWER, at, pc.tenant_id, pc.id)
    await change_power(deps, pc.tenant_id, pc.id, at, edit)
    await deps.operations.change(pc.tenant_id, context.operation_id, end)
