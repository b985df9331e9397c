"""Giving one Cloud PC other rules of power than its policy's schedule, until a time."""

from __future__ import annotations

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.operations.operation import Operation
from shared.domain.power.overriding import AuditedOverride, PowerOverride, PowerOverrideForm
from shared.domain.power.record import CloudPcPower
from shared.domain.power.schedule import NO_ZONE, is_zone
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.power.applying import policy_schedule
from shared.services.power.at_once import change_at_once
from shared.services.power.keeping_awake import refusal
from shared.workflow import DurableClient

_ACTION = ("overridePowerSchedule", "Write down the rules that it has for a while")


async def override_power_schedule(
    context: ActionContext, client: DurableClient, pc_id: str, form: PowerOverrideForm
) -> Operation:
    """Override the power schedule of a Cloud PC, or end that; return the operation, which is over.

    Raises: InvalidError for what is not there or has no end, ConflictError while it is not provisioned,
    or where there is no schedule to override.
    """
    del client
    pc = (await context.cloud_pc(pc_id)).value
    if why := refusal(pc):
        raise ConflictError(why, status=pc.status.value)
    after = await _checked(context, pc, form) if form.changes else None
    known = await context.deps.cloud_pc_powers.find(pc.tenant_id, pc.id)
    before = known.value.overridden_at(context.now) if known else None

    def edit(power: CloudPcPower) -> CloudPcPower:
        return power.but(override=after)

    audited = AuditedOverride(override=before), AuditedOverride(override=after)
    result = {"overriddenUntil": after.until_date_time.isoformat()} if after else {}
    return await change_at_once(context, pc, _ACTION, edit, audited, result)


async def _checked(context: ActionContext, pc: CloudPc, form: PowerOverrideForm) -> PowerOverride:
    """Return the override that a form asks for. Raises: InvalidError, ConflictError."""
    until = form.until_date_time
    if until is None or until <= context.now:
        raise InvalidError(Problem("/untilDateTime", "write when the override ends; it has to be in the future"))
    if form.time_zone and not is_zone(form.time_zone):
        raise InvalidError(Problem("/timeZone", NO_ZONE))
    if form.power_schedule_id:
        if await context.deps.power_schedules.find(pc.tenant_id, form.power_schedule_id) is None:
            raise InvalidError(Problem("/powerScheduleId", "there is no such power schedule"))
    elif await policy_schedule(context.deps, pc) is None:
        message = "its policy has no power schedule to override; name one with powerScheduleId"
        raise ConflictError(message, status=pc.status.value)
    return PowerOverride(**form.changes, until_date_time=until, at=context.now, by=context.actor.name)
