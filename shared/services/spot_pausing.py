"""Pausing a Spot Group: nothing starts, nothing is built or removed, and nobody's access changes."""

from __future__ import annotations

from functools import partial

from shared.domain.intent import ResourceType
from shared.domain.spot.group import SpotGroup
from shared.domain.tenants.tenant import Paused
from shared.services.action_context import ActionContext
from shared.services.intents import Promise, Resource, make_change
from shared.services.spot_engine import promise_spot_reconcile, start_spot_reconcile
from shared.services.writes import change
from shared.storage.repository import Stored
from shared.workflow import DurableClient


async def pause_spot_group(context: ActionContext, stored: Stored[SpotGroup], reason: str) -> SpotGroup:
    """Pause a group; sessions that run go on."""
    return await _set(context, stored, Paused(by=context.actor.name, at=context.now, reason=reason))


async def resume_spot_group(context: ActionContext, client: DurableClient, stored: Stored[SpotGroup]) -> SpotGroup:
    """Let a group act again; what has waited for it begins."""
    promise = partial(promise_spot_reconcile, context.deps, context.tenant.id, stored.value.id, context.now)
    after = await _set(context, stored, None, promise)
    await start_spot_reconcile(client, context.tenant.id, after.id)
    return after


async def _set(
    context: ActionContext, stored: Stored[SpotGroup], paused: Paused | None, promise: Promise | None = None
) -> SpotGroup:
    before = stored.value

    def edit(group: SpotGroup) -> SpotGroup | None:
        there = group.paused
        same = there is None if paused is None else there is not None and there.reason == paused.reason
        return None if same else group.but(paused=paused, last_modified_date_time=context.now)

    apply_edit = partial(context.deps.spot_groups.change, before.tenant_id, before.id, known=stored)
    resource = Resource(ResourceType.SPOT_GROUP, before.id)
    return await make_change(context, resource, change(before, edit, apply_edit), promise=promise)
