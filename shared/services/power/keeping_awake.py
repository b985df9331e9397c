"""Keeping a Cloud PC on for some hours, because a person asks for it."""

from __future__ import annotations

from datetime import timedelta

from shared.domain.cloud_pcs.action_forms import KeepAwakeForm
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.operations.operation import Operation
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import AwakeUntil, KeepAwake
from shared.domain.values import amount
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.power.at_once import change_at_once
from shared.workflow import DurableClient

_ACTION = ("keepAwake", "Write down until when it stays on")


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

    def edit(power: CloudPcPower) -> CloudPcPower:
        return power.kept_awake(after.until, after.by, context.now) if after else power.but(keep_awake=None)

    ended = {"keptAwakeUntil": after.until.isoformat()} if after else {}
    return await change_at_once(context, pc, _ACTION, edit, (_audited(before), _audited(after)), ended)


def _audited(awake: KeepAwake | None) -> AwakeUntil:
    return AwakeUntil(kept_awake_until=awake.until if awake else None)
