"""Working through a bulk action: the next wave, the action on one item, and its results."""

from __future__ import annotations

from pydantic import ValidationError

from shared.contracts.desktops import IN_USE
from shared.contracts.outcomes import Done, Pending
from shared.contracts.remote_actions import ACT_ON_ITEM, NEXT_WAVE, POLL_WAVE, BulkOrder, ItemOrder, Wave, WaveOrder
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.operations.bulk import OVER, BulkAction, BulkItem, BulkStatus, ItemStatus, item_id
from shared.domain.operations.operation import ENDED, Operation, OperationStatus
from shared.domain.tenants.tenant import Tenant
from shared.errors import DeskwrightError, InvalidError, NotFoundError, UnavailableError
from shared.services.actions.catalogue import BULK_ACTIONS
from shared.services.operations.action_context import ActionContext
from shared.services.policies.maintenance_windows import waiting_for_window
from shared.storage.due import BULK_EVERY, DueKind
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(NEXT_WAVE)
async def next_wave(order: BulkOrder) -> Wave:
    """Return the items of the next wave; write a due row for a sweep that resumes the work if it was interrupted.

    An item of a wave that was interrupted is first in the next one: to repeat the action has no further effect.
    """
    bulk = await count(order.tenant_id, order.bulk_id)
    if bulk is None or bulk.status is not BulkStatus.RUNNING:
        return Wave()
    deps = dependencies()
    await deps.due.put(DueKind.BULK, deps.clock.now() + BULK_EVERY, order.tenant_id, order.bulk_id)
    items = [stored.value for stored in await deps.bulk_items.of(order.tenant_id, order.bulk_id)]
    begun = [item.position for item in items if item.status is ItemStatus.RUNNING]
    wait = await waiting_for_window(deps, bulk)
    waiting = [
        item.position for item in items if item.status is ItemStatus.PENDING and item.cloud_pc_id not in wait.later
    ]
    wave = [*begun, *waiting[: max(0, bulk.wave_size - len(begun))]]
    until, why = (None, None) if wave else (wait.next_at, wait.why or None)
    if until is not None:
        await deps.due.put(DueKind.BULK, until, order.tenant_id, order.bulk_id)

    def edit(there: BulkAction) -> BulkAction | None:
        if there.status is not BulkStatus.RUNNING:
            return there.but(wave=order.wave) if there.wave < order.wave else None
        return there.but(wave=max(there.wave, order.wave), waits_until=until, reason=why)

    await deps.bulk_actions.change(order.tenant_id, order.bulk_id, edit)
    return Wave(positions=tuple(wave))


async def count(tenant_id: str, bulk_id: str) -> BulkAction | None:
    """Count the items anew, and with them whether it is stopped or over; None when it is gone."""
    deps = dependencies()
    if await deps.bulk_actions.find(tenant_id, bulk_id) is None:
        return None
    items = [stored.value for stored in await deps.bulk_items.of(tenant_id, bulk_id)]
    at = deps.clock.now()
    bulk = await deps.bulk_actions.change(tenant_id, bulk_id, lambda there: there.with_items(items, at))
    if bulk.status in OVER:
        left = [item for item in items if item.status is ItemStatus.PENDING]
        for item in left:
            await _settle(item, ItemStatus.SKIPPED, f"the bulk action was {bulk.status.value}")
        if left:
            return await count(tenant_id, bulk_id)
    return bulk


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(ACT_ON_ITEM)
async def act_on_item(order: ItemOrder, client: DurableClient) -> Done:
    """Perform the action on one Cloud PC, on behalf of the caller; why it is not possible is written to the item.

    Once the bulk action is paused or cancelled nothing more is begun, also of a wave that has begun.
    """
    deps = dependencies()
    bulk = (await deps.bulk_actions.get(order.tenant_id, order.bulk_id)).value
    item = (await deps.bulk_items.get(order.tenant_id, item_id(order.bulk_id, order.position))).value
    tenant = (await deps.tenants.get(order.tenant_id)).value
    if item.status not in {ItemStatus.PENDING, ItemStatus.RUNNING} or item.operation_id:
        return Done()
    if item.status is ItemStatus.PENDING and bulk.status is not BulkStatus.RUNNING:
        return Done()
    if item.status is ItemStatus.PENDING:
        item = await _settle(item, ItemStatus.RUNNING, None)
    await _act(bulk, item, tenant, client)
    return Done()


async def _act(bulk: BulkAction, item: BulkItem, tenant: Tenant, client: DurableClient) -> None:
    kind = BULK_ACTIONS[bulk.action]
    deps = dependencies()
    context = ActionContext(
        deps,
        bulk.requested_by,
        tenant,
        verb=ACTIONS[bulk.action].permission,
        trace_id=bulk.id,
        now=deps.clock.now(),
        seed=("bulk", bulk.id, item.id),
        repeatable=True,
    )
    try:
        form = kind.form.model_validate(bulk.parameters)
        result = await kind.perform(context, client, item.cloud_pc_id, form)
    except UnavailableError:
        raise
    except NotFoundError:
        await _settle(item, ItemStatus.REFUSED, "it is gone")
    except (DeskwrightError, InvalidError, ValidationError) as refused:
        await _settle(item, ItemStatus.REFUSED, str(refused))
    else:
        if isinstance(result, Operation):
            await _settle(item, ItemStatus.RUNNING, None, result.id)
        else:
            await _settle(item, ItemStatus.SUCCEEDED, None)


async def _settle(item: BulkItem, status: ItemStatus, message: str | None, operation_id: str | None = None) -> BulkItem:
    def edit(there: BulkItem) -> BulkItem | None:
        settled = there.but(status=status, message=message, operation_id=operation_id or there.operation_id)
        return settled if settled != there else None

    return await dependencies().bulk_items.change(item.tenant_id, item.id, edit)


@bp.activity_trigger(input_name="payload")
@implements(POLL_WAVE)
async def poll_wave(order: WaveOrder) -> Done | Pending:
    """Read the results of a wave; it has ended when each of its operations has."""
    deps = dependencies()
    running = 0
    for stored in await deps.bulk_items.of(order.tenant_id, order.bulk_id):
        item = stored.value
        if item.position not in order.positions or item.status is not ItemStatus.RUNNING or not item.operation_id:
            continue
        found = await deps.operations.find(order.tenant_id, item.operation_id)
        if found is not None and found.value.status not in ENDED:
            running += 1
        elif found is not None and found.value.status is OperationStatus.SUCCEEDED:
            await _settle(item, ItemStatus.SUCCEEDED, None)
        else:
            error = found.value.error if found else None
            status = ItemStatus.REFUSED if error and error.code == IN_USE else ItemStatus.FAILED
            await _settle(item, status, f"{error.code}: {error.message}" if error else "it did not succeed")
    await count(order.tenant_id, order.bulk_id)
    return Pending(note=f"{running} are running") if running else Done()
