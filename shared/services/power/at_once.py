"""Changes of the record of a Cloud PC's power that a person asks for, and that are over at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.power.record import CloudPcPower
from shared.domain.values import Value
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation
from shared.services.operations.writes import no_record
from shared.services.power.records import change_power
from shared.storage.due import DueKind


async def change_at_once(
    context: ActionContext,
    pc: CloudPc,
    action: tuple[str, str],
    edit: Callable[[CloudPcPower], CloudPcPower],
    audited: tuple[Value, Value],
    result: dict[str, Any],
) -> Operation:
    """Change the record, with a look of the engine at once; return the operation, which is over.

    *action*: its name, and the title of its only step. *audited*: what was before, and what is.
    """

    async def start(_: object) -> None:
        deps, at = context.deps, context.now
        await deps.due.put(DueKind.POWER, at, pc.tenant_id, pc.id)
        await change_power(deps, pc.tenant_id, pc.id, at, edit)
        await succeed(context, pc, action, result)

    await begin_operation(context, action[0], Resource(ResourceType.CLOUD_PC, pc.id), no_record(*audited), start=start)
    return (await context.deps.operations.get(pc.tenant_id, context.operation_id)).value


async def succeed(context: ActionContext, pc: CloudPc, action: tuple[str, str], result: dict[str, Any]) -> None:
    """Record that the operation of a request is over. *action*: its name, and the title of its only step."""
    name, title = action

    def end(there: Operation) -> Operation:
        begun = there.at_step(name, {name: title}, percent=0, at=context.now)
        return begun.succeeded({"cloudPcId": pc.id, **result}, context.now)

    await context.deps.operations.change(pc.tenant_id, context.operation_id, end)
