"""Maintenance windows: create, change, assign and delete; and when work on a Cloud PC may begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.actions import BUILDS
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.graph_property import changed
from shared.domain.networks.connection import JoinType
from shared.domain.operations.bulk import BulkAction, ItemStatus, durations_of
from shared.domain.operations.operation import ResourceType
from shared.domain.policies.maintenance_window import CloudPcMaintenanceWindow, MaintenanceWindowForm, window_of
from shared.domain.power.zones import zone_of
from shared.domain.values import Value
from shared.errors import Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.estimating import estimates_of
from shared.services.operations.intents import Promise
from shared.services.operations.named_records import NamedKind
from shared.services.policies.assigning import judged_assignments
from shared.storage.due import DueKind
from shared.storage.repository import Stored

_WINDOWS = NamedKind(
    ResourceType.MAINTENANCE_WINDOW,
    lambda deps: deps.maintenance_windows,
    Problem("/displayName", "a maintenance window of this name exists; choose another name"),
)
_UNKNOWN = timedelta(minutes=30)
"""Length of work of which the tenant has seen none, and which is no build."""

Written = Stored[CloudPcMaintenanceWindow]


async def create_maintenance_window(context: ActionContext, form: MaintenanceWindowForm) -> Written:
    """Save a maintenance window; it applies to nobody until it is assigned. Raises: InvalidError."""
    return await _WINDOWS.insert(context, _WINDOWS.new(context, CloudPcMaintenanceWindow, form))


async def update_maintenance_window(context: ActionContext, stored: Written, edit: Value) -> Written:
    """Apply the changes that *edit* names. Raises: InvalidError, StaleError."""
    return await _WINDOWS.replace(context, stored, changed(stored.value, edit), _waiting_again(context))


async def assign_maintenance_window(context: ActionContext, stored: Written, group_ids: tuple[str, ...]) -> Written:
    """Replace the groups of a maintenance window; groups that stay keep their date.

    Raises: InvalidError with a pointer ``/groups/groupIds/<n>`` for each of *group_ids* that is wrong, StaleError.
    """
    before = stored.value
    assignments = await judged_assignments(context, before.id, before.assignments, group_ids)
    return await _WINDOWS.replace(context, stored, before.but(assignments=assignments), _waiting_again(context))


async def delete_maintenance_window(context: ActionContext, stored: Written) -> None:
    """Delete a maintenance window; work that waits for it begins. Raises: StaleError."""
    await _WINDOWS.remove(context, stored, _waiting_again(context))


def _waiting_again(context: ActionContext) -> Promise:
    """Return the promise to look at all waiting bulk actions of the tenant again."""

    async def promise() -> None:
        async for stored in context.deps.bulk_actions.each(context.tenant.id):
            if stored.value.waits_until is not None and stored.value.unsettled:
                await context.deps.due.put(DueKind.BULK, context.now, context.tenant.id, stored.value.id)

    return promise


@dataclass(frozen=True, slots=True)
class WindowWait:
    """The Cloud PCs of a bulk action that may begin now, those that may not, and when the first of them may.

    *next_at* is None where nothing waits, and where no window is long enough.
    """

    now: frozenset[str]
    later: frozenset[str]
    next_at: datetime | None
    why: str = ""


async def wait_of(deps: Dependencies, bulk: BulkAction, cloud_pcs: Sequence[CloudPc]) -> WindowWait:
    """Return which Cloud PCs of a bulk action that waits for windows may begin now, and which may not."""
    windows = [each.value async for each in deps.maintenance_windows.each(bulk.tenant_id)]
    needs, at = await _length(deps, bulk), deps.clock.now()
    ready, later, begins, names = set[str](), set[str](), list[datetime](), set[str]()
    for pc in cloud_pcs:
        window = window_of(windows, pc.current.group_id)
        begin = window.next_begin(zone_of(pc.current.resources.region or ""), at, needs) if window else at
        if begin == at:
            ready.add(pc.id)
        elif window is not None:
            later.add(pc.id)
            names.add(window.display_name)
            begins += [] if begin is None else [begin]
    why = f"waits for the maintenance window {', '.join(sorted(names))}" if names else ""
    if names and not begins:
        why = f"takes longer ({needs}) than the maintenance window {', '.join(sorted(names))} is open"
    return WindowWait(frozenset(ready), frozenset(later), min(begins, default=None), why)


async def waiting_for_window(deps: Dependencies, bulk: BulkAction) -> WindowWait:
    """Return which pending Cloud PCs of a bulk action may begin now; nothing is read where it does not wait."""
    if not bulk.scheduled_during_maintenance_window:
        return WindowWait(frozenset(), frozenset(), None)
    items = [each.value for each in await deps.bulk_items.of(bulk.tenant_id, bulk.id)]
    pending = [each.cloud_pc_id for each in items if each.status is ItemStatus.PENDING]
    return await wait_of(deps, bulk, [each.value for each in await deps.cloud_pcs.several(bulk.tenant_id, pending)])


async def _length(deps: Dependencies, bulk: BulkAction) -> timedelta:
    """Return the median length of the work on one Cloud PC: as the tenant's own took, or as builds take."""
    if lengths := durations_of(await deps.operations.entries(bulk.tenant_id)).get(bulk.action):
        return timedelta(seconds=median_low(lengths))
    if bulk.action in BUILDS:
        estimates = await estimates_of(deps, bulk.tenant_id)
        usual = estimates.of(JoinType.AZURE_AD_JOIN, None).left.quantile(0.5)
        return timedelta(seconds=usual) if usual else _UNKNOWN
    return _UNKNOWN
