"""Power schedules: create, change and delete; and the Cloud PCs that one applies to are looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from shared.dependencies import Dependencies
from shared.domain.operations.operation import ResourceType
from shared.domain.power.settings import PowerSchedule, PowerScheduleForm
from shared.errors import InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.in_the_way import refuse_while_used
from shared.services.operations.named_records import NamedKind, edited
from shared.storage.due import EVERYBODY, DueKind
from shared.storage.repository import Stored

_SCHEDULES = NamedKind(
    ResourceType.POWER_SCHEDULE,
    lambda deps: deps.power_schedules,
    Problem("/displayName", "a power schedule of this name exists; choose another name"),
)


async def create_power_schedule(context: ActionContext, form: PowerScheduleForm) -> Stored[PowerSchedule]:
    """Save a power schedule; it applies to nobody until a policy refers to it. Raises: InvalidError."""
    return await _SCHEDULES.insert(context, _SCHEDULES.new(context, PowerSchedule, _checked(form)))


async def update_power_schedule(
    context: ActionContext, stored: Stored[PowerSchedule], given: Mapping[str, Any]
) -> Stored[PowerSchedule]:
    """Apply the properties in *given*; null gives one its default back. Raises: InvalidError, StaleError."""
    form = edited(stored.value.form, given)
    if form == stored.value.form:
        return stored
    promise = partial(look_at_everybody, context.deps, context.tenant.id, context.now)
    return await _SCHEDULES.replace(context, stored, stored.value.but(**dict(_checked(form))), promise)


async def delete_power_schedule(context: ActionContext, stored: Stored[PowerSchedule]) -> None:
    """Delete a power schedule that no policy refers to. Raises: ConflictError, StaleError."""
    deps, schedule = context.deps, stored.value
    policies = [each.value async for each in deps.policies.each(schedule.tenant_id)]
    used = [each.display_name for each in policies if each.configuration.power_schedule_id == schedule.id]
    powers = [each.value async for each in deps.cloud_pc_powers.each(schedule.tenant_id)]
    overridden = [each.overridden_at(context.now) for each in powers]
    pcs = [
        power.id for power, own in zip(powers, overridden, strict=True) if own and own.power_schedule_id == schedule.id
    ]
    refuse_while_used("the power schedule is in use", {"provisioningPolicies": used, "cloudPCs": pcs})
    await _SCHEDULES.remove(context, stored)


async def look_at_everybody(deps: Dependencies, tenant_id: str, at: datetime) -> None:
    """Promise a look at the power of all Cloud PCs of a tenant, after a schedule or a policy has changed."""
    await deps.due.put(DueKind.POWER, at, tenant_id, EVERYBODY)


def _checked(form: PowerScheduleForm) -> PowerScheduleForm:
    """Return the form. Raises: InvalidError where its phases contradict each other, or its time zone is unknown."""
    if problems := form.problems():
        raise InvalidError(*problems)
    return form
