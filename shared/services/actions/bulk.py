"""Bulk actions: which Cloud PCs are selected, on which the action is possible, beginning it, and steering it."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from pydantic import Field, ValidationError

from shared.contracts.remote_actions import BULK, BulkOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.action_forms import ResizeForm
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.progress import CHOICES, COLUMNS, KINDS, SEARCHED
from shared.domain.cost.forecast import CostChange
from shared.domain.filtering import Condition, FilterError, accepts, read_filter, searched
from shared.domain.operations.bulk import MOST_CLOUD_PCS, OVER, BulkAction, BulkItem, BulkStatus, Selection
from shared.domain.operations.operation import ResourceType
from shared.domain.values import Id, Value, Word
from shared.domain.wizards.forms import parse, problems_of
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.actions.catalogue import BULK_ACTIONS
from shared.services.actions.performing import Refusal
from shared.services.cloud_pcs.machine_changes import target_plan
from shared.services.cost.forecasts import cost_change, placed
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled
from shared.services.operations.writes import change, insertion
from shared.services.policies.maintenance_windows import waiting_for_window
from shared.services.policies.policies import read_configuration
from shared.storage.due import BULK_EVERY, Due, DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient, start

RESIZE = "resize"
"""The action whose dry run has a cost."""


class BulkForm(Value):
    """An action on Cloud PCs: ids, or a filter that is applied once, when the action is requested."""

    action: Word = Field(description=", ".join(BULK_ACTIONS))
    parameters: dict[Word, Any] = Field(default_factory=dict, max_length=20, description="those of the action")
    cloud_pc_ids: Annotated[tuple[Id, ...], Field(max_length=MOST_CLOUD_PCS)] | None = None
    filter: Selection | None = None
    exclude_cloud_pc_ids: Annotated[tuple[Id, ...], Field(max_length=MOST_CLOUD_PCS)] = Field(
        (), description="of those that are selected, the ones to leave out"
    )
    dry_run: bool = False
    max_concurrency: int = Field(25, ge=1, le=500, description="how many at a time")
    stop_at_failure_rate: int = Field(20, ge=0, le=100, description="percent of those that have ended")
    canary: bool = Field(True, description="whether the first goes alone, and stops the rest when it fails")
    scheduled_during_maintenance_window: bool = Field(
        False,
        description="whether it begins on a Cloud PC only where that ends in its maintenance window, if it has one",
    )


class BulkTarget(Value):
    """One Cloud PC of a bulk action; *refusal*: why the action is not possible on it, or None."""

    cloud_pc_id: str
    user_principal_name: str
    status: str
    refusal: str | None = None


def check(form: BulkForm) -> None:
    """Check the form. Raises: InvalidError."""
    action = BULK_ACTIONS.get(form.action)
    if action is None:
        raise InvalidError(Problem("/action", f"write one of {', '.join(BULK_ACTIONS)}"))
    if (form.cloud_pc_ids is None) == (form.filter is None):
        raise InvalidError(Problem("/cloudPcIds", "name either cloudPcIds or a filter"))
    try:
        parse(action.form, form.parameters)
    except ValidationError as error:
        problems = [Problem(f"/parameters{p.pointer}", p.message) for p in problems_of(error)]
        raise InvalidError(*problems) from error


async def targets_of(context: ActionContext, form: BulkForm, among: Collection[str] | None = None) -> list[BulkTarget]:
    """Return the Cloud PCs that the form selects, by user name, with why the action is not possible on each.

    *among*: the ids of those that the caller reaches, None for all; others are as Cloud PCs that do not exist.
    """
    left_out = set(form.exclude_cloud_pc_ids)
    wanted = set(form.cloud_pc_ids or ()) - left_out
    fleet = [stored.value async for stored in context.deps.cloud_pcs.each(context.tenant.id)]
    meant = await _meant(context, form.filter) if form.filter is not None else None
    reached = [pc for pc in fleet if among is None or pc.id in among]
    found = [pc for pc in reached if pc.id in wanted or (meant is not None and pc.id not in left_out and meant(pc))]
    refusal = await _judged(context, form, fleet)
    targets = [
        BulkTarget(
            cloud_pc_id=pc.id,
            user_principal_name=pc.user.user_principal_name,
            status=pc.status.value,
            refusal=refusal(pc),
        )
        for pc in sorted(found, key=lambda pc: (pc.user.user_principal_name, pc.id))
    ]
    gone = [
        BulkTarget(cloud_pc_id=pc_id, user_principal_name="", status="unknown", refusal="there is no such Cloud PC")
        for pc_id in sorted(wanted - {pc.id for pc in found})
    ]
    return [*targets, *gone]


async def cost_of(context: ActionContext, form: BulkForm, targets: Sequence[BulkTarget]) -> CostChange | None:
    """Return the effect of a resize on a month's cost, of the machines on which it is possible; None of other actions.

    Raises: InvalidError.
    """
    if form.action != RESIZE:
        return None
    chosen = {each.cloud_pc_id for each in targets if each.refusal is None}
    plan = await target_plan(context, ResizeForm.model_validate(form.parameters).target_service_plan_id)
    fleet = [stored.value async for stored in context.deps.cloud_pcs.each(context.tenant.id)]
    machines = await placed(context, [pc for pc in fleet if pc.id in chosen])
    return await cost_change(context, [(region, plan) for region, _ in machines], machines)


async def _judged(context: ActionContext, form: BulkForm, fleet: Sequence[CloudPc]) -> Refusal:
    """Return the action's refusal. Raises: InvalidError for a parameter that the tenant does not have."""
    action = BULK_ACTIONS[form.action]
    try:
        return await action.judge(context, action.form.model_validate(form.parameters), fleet)
    except InvalidError as error:
        problems = (replace(each, pointer=f"/parameters{each.pointer}") for each in error.problems)
        raise InvalidError(*problems) from error


async def _meant(context: ActionContext, selection: Selection) -> Callable[[CloudPc], bool]:
    """Return whether a Cloud PC is selected; facts outside its record are read for selections that name them."""
    conditions = _conditions(selection)
    names = {}
    if conditions:  # a list of Cloud PCs shows the names that policies have today
        policies = context.deps.policies.each(context.tenant.id)
        names = {stored.value.id: stored.value.display_name async for stored in policies}
    today = await read_configuration(context) if selection.drifted is not None else None

    def is_meant(pc: CloudPc) -> bool:
        if not selection.accepts(pc):
            return False
        if today is not None and selection.drifted != bool((drift := today.drift(pc)) and drift.drifted):
            return False
        entry = {"id": pc.id, **{name: read(pc) for name, read in COLUMNS.items()}}
        if (policy_id := str(entry["provisioningPolicyId"])) in names:
            entry["provisioningPolicyName"] = names[policy_id]
        return all(accepts(each, entry) for each in conditions)

    return is_meant


def _conditions(selection: Selection) -> list[Condition]:
    """Return the conditions of ``where`` and ``search``. Raises: InvalidError."""
    try:
        found = [read_filter(selection.where, KINDS, CHOICES)] if selection.where and selection.where.strip() else []
    except FilterError as error:
        raise InvalidError(Problem("/filter/where", str(error))) from error
    try:
        return [*found, *([searched(selection.search, SEARCHED)] if selection.search else [])]
    except FilterError as error:
        raise InvalidError(Problem("/filter/search", str(error))) from error


async def begin_bulk(
    context: ActionContext, client: DurableClient, form: BulkForm, targets: Sequence[BulkTarget]
) -> BulkAction:
    """Write the bulk action down, its items first, and begin. Raises: ConflictError when it is possible on none."""
    possible = [each for each in targets if each.refusal is None]
    if not possible:
        raise ConflictError("there is no Cloud PC on which this is possible", meant=len(targets))
    if len(possible) > MOST_CLOUD_PCS:
        raise ConflictError(f"a bulk action may have {MOST_CLOUD_PCS} Cloud PCs", meant=len(possible))
    deps, tenant_id, bulk_id = context.deps, context.tenant.id, context.new_id("bulkAction")
    items = _items(tenant_id, bulk_id, possible)
    bulk = BulkAction(
        id=bulk_id,
        tenant_id=tenant_id,
        action=form.action,
        parameters=form.parameters,
        requested_by=context.actor,
        total=len(items),
        counts={"pending": len(items)},
        max_concurrency=form.max_concurrency,
        stop_at_failure_rate=form.stop_at_failure_rate,
        canary=form.canary and len(items) > 1,
        scheduled_during_maintenance_window=form.scheduled_during_maintenance_window,
        created_date_time=context.now,
        last_modified_date_time=context.now,
    )

    async def promise() -> None:
        await deps.bulk_items.save_all([Stored(item, "*") for item in items])
        await deps.due.put(DueKind.BULK, context.now + BULK_EVERY, tenant_id, bulk_id)

    begun = await make_change(
        context,
        Resource(ResourceType.BULK_ACTION, bulk_id),
        insertion(context, deps.bulk_actions, bulk, bulk_id),
        # The items of one that is there already have begun to change.
        promise=promise if await deps.bulk_actions.find(tenant_id, bulk_id) is None else None,
        start=lambda stored: start_bulk(client, stored.value),
    )
    return begun.value


def _items(tenant_id: str, bulk_id: str, targets: Sequence[BulkTarget]) -> list[BulkItem]:
    return [
        BulkItem(
            tenant_id=tenant_id,
            bulk_id=bulk_id,
            position=position,
            cloud_pc_id=each.cloud_pc_id,
            user_principal_name=each.user_principal_name,
        )
        for position, each in enumerate(targets)
    ]


async def start_bulk(client: DurableClient, bulk: BulkAction) -> bool:
    """Start a bulk action, or resume it where it broke off; return False when it runs already."""
    order = BulkOrder(tenant_id=bulk.tenant_id, bulk_id=bulk.id, wave=bulk.wave)
    return await start(client, BULK, order, instance_id=_instance(bulk))


def _instance(bulk: BulkAction) -> str:
    return naming.instance_id(bulk.tenant_id, bulk.id, "bulk", 0)


async def steer(context: ActionContext, client: DurableClient, bulk_id: str, status: BulkStatus) -> BulkAction:
    """Pause, resume or cancel a bulk action; begun items run to their end. Raises: ConflictError after its end.

    One that is cancelled is started once more, too: that settles the items which were not begun.
    """
    deps, tenant_id = context.deps, context.tenant.id
    before = (await deps.bulk_actions.get(tenant_id, bulk_id)).value

    def edit(there: BulkAction) -> BulkAction | None:
        if there.status is status:
            return None
        if there.status in OVER:
            raise ConflictError(f"it is over: {there.status.value}", status=there.status.value)
        return there.but(status=status, reason=None, waits_until=None, last_modified_date_time=context.now)

    runs = status is not BulkStatus.PAUSED
    return await make_change(
        context,
        Resource(ResourceType.BULK_ACTION, bulk_id),
        change(before, edit, partial(deps.bulk_actions.change, tenant_id, bulk_id)),
        promise=partial(deps.due.put, DueKind.BULK, context.now + BULK_EVERY, tenant_id, bulk_id) if runs else None,
        start=partial(start_bulk, client) if runs else None,
    )


async def override_maintenance_window(context: ActionContext, client: DurableClient, bulk_id: str) -> BulkAction:
    """Begin a bulk action that waits for maintenance windows. Raises: ConflictError after its end."""
    deps, tenant_id = context.deps, context.tenant.id
    before = (await deps.bulk_actions.get(tenant_id, bulk_id)).value

    def edit(there: BulkAction) -> BulkAction | None:
        if there.status in OVER:
            raise ConflictError(f"it is over: {there.status.value}", status=there.status.value)
        if not there.scheduled_during_maintenance_window:
            return None
        changes = {"scheduled_during_maintenance_window": False, "waits_until": None, "reason": None}
        return there.but(**changes, last_modified_date_time=context.now)

    return await make_change(
        context,
        Resource(ResourceType.BULK_ACTION, bulk_id),
        change(before, edit, partial(deps.bulk_actions.change, tenant_id, bulk_id)),
        promise=partial(deps.due.put, DueKind.BULK, context.now + BULK_EVERY, tenant_id, bulk_id),
        start=partial(start_bulk, client),
    )


async def bulk_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Resume a bulk action that broke off; each of its waves writes the next due row."""
    found = await deps.bulk_actions.find(due.tenant_id, due.subject_id)
    if found is not None and found.value.unsettled:
        if found.value.waits_until is not None and found.value.status is BulkStatus.RUNNING:
            wait = await waiting_for_window(deps, found.value)
            if not wait.now and wait.next_at is not None:
                return wait.next_at
        if await end_stalled(client, BULK, _instance(found.value), deps.clock.now()):
            return deps.clock.now() + AGAIN_AFTER
        await start_bulk(client, found.value)
        return deps.clock.now() + BULK_EVERY
    return None
