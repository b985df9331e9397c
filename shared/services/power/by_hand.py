"""Power by hand: a person starts or stops a Cloud PC."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.action_forms import Nothing, PowerOffForm
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.operations.operation import Operation
from shared.domain.power.hours import hold_until
from shared.domain.power.state import DesiredPower, PowerActor, PowerHold
from shared.errors import ConflictError, UnavailableError
from shared.services.cloud_pcs.remote_actions import RemoteActionRequest, act, refusal, resume_action
from shared.services.operations.action_context import ActionContext
from shared.services.power.applying import schedule_of
from shared.services.power.sessions import users_now
from shared.services.power.start_on_connect import why_nobody_could_start
from shared.workflow import DurableClient

HELD_FOR = timedelta(days=1)
"""Length of a hold without a schedule: every hold ends."""


async def power_on(context: ActionContext, client: DurableClient, pc_id: str, form: Nothing) -> Operation:
    """Start a Cloud PC. Raises: ConflictError when that is not possible now."""
    del form
    pc = (await context.cloud_pc(pc_id)).value
    return await act(context, client, pc_id, request(Remote.POWER_ON, await _hold(context, pc, DesiredPower.ON)))


async def power_off(context: ActionContext, client: DurableClient, pc_id: str, form: PowerOffForm) -> Operation:
    """Stop a Cloud PC on which nobody is active, or by force.

    Raises: ConflictError with the names of the active users, or when it is not possible now, or nobody could start it.
    """
    pc = (await context.cloud_pc(pc_id)).value
    if (resumed := await resume_action(context, client, pc)) is not None:
        return resumed
    asked = request(Remote.POWER_OFF, await _hold(context, pc, DesiredPower.OFF), force=form.force)
    if not form.force and refusal(pc, asked) is None:
        await _refuse_in_use(context.deps, pc)
    if refusal(pc, asked) is None and (why := await why_nobody_could_start(context.deps, context.tenant)):
        raise ConflictError(why, status=pc.status.value)
    return await act(context, client, pc_id, asked)


async def refuse_while_off(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    """Raise ConflictError while a Cloud PC is known to be off: for work in Windows that does not start it."""
    del client
    power = await context.deps.cloud_pc_powers.find(pc.tenant_id, pc.id)
    if power is not None and power.value.observed.is_off:
        raise ConflictError("it is off; power it on first", status=pc.status.value)


def request(name: Remote, hold: PowerHold | None = None, *, force: bool = False) -> RemoteActionRequest:
    """Return the request of a change of power. *hold*: left out where only its conditions are asked for."""
    return RemoteActionRequest(name, hold=hold, force=force or None)


async def _hold(context: ActionContext, pc: CloudPc, wants: DesiredPower) -> PowerHold:
    """Return the hold of the person who acts; it ends with the next working hours, without a schedule after a day."""
    actor = PowerActor.USER if context.actor.id == pc.user.id else PowerActor.ADMIN
    applied = await schedule_of(context.deps, pc)
    until = hold_until(applied.settings if applied else None, context.now, HELD_FOR)
    return PowerHold(wants=wants, at=context.now, until=until, actor=actor, by=context.actor.name)


async def _refuse_in_use(deps: Dependencies, pc: CloudPc) -> None:
    """Raise ConflictError while somebody is active on a Cloud PC; unreadable sessions count as active."""
    try:
        users = await users_now(deps, pc)
    except (DeclinedError, UnavailableError) as error:
        message = "its sessions cannot be read, and somebody may be active; stop it by force if nobody is"
        raise ConflictError(message, status=pc.status.value) from error
    if users:
        message = f"{', '.join(users)} is active on it; ask them to sign out, or stop it by force"
        raise ConflictError(message, status=pc.status.value)
