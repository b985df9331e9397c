"""Pause of a Spot Group: nothing starts, nothing is built or removed, and no user's access changes."""

from __future__ import annotations

from functools import partial

from shared.domain.intent import ResourceType
from shared.domain.policies.pausing import spot_pause_sentence
from shared.domain.spot.group import SpotGroup
from shared.domain.tenants.tenant import Paused
from shared.services.action_context import ActionContext
from shared.services.intents import Resource, make_change
from shared.services.spot_reconciling import reconciled_after
from shared.services.writes import Write, change
from shared.storage.repository import Stored
from shared.workflow import DurableClient


async def pause_of(context: ActionContext, group: SpotGroup) -> str | None:
    """Return why a group stands still, in a sentence: somebody has paused it, its tenant or the service; else None."""
    return spot_pause_sentence(await context.deps.service_state.get(), context.tenant, group)


async def pause_spot_group(context: ActionContext, stored: Stored[SpotGroup], reason: str) -> SpotGroup:
    """Pause a group; sessions that run go on."""
    paused = Paused(by=context.actor.name, at=context.now, reason=reason)
    return await make_change(context, _resource(stored), _setting(context, stored, paused))


async def resume_spot_group(context: ActionContext, client: DurableClient, stored: Stored[SpotGroup]) -> SpotGroup:
    """Let a group act again; waiting work begins."""
    follow = reconciled_after(context, client, stored.value.id)
    return await make_change(context, _resource(stored), _setting(context, stored, None), **follow)


def _resource(stored: Stored[SpotGroup]) -> Resource:
    return Resource(ResourceType.SPOT_GROUP, stored.value.id)


def _setting(context: ActionContext, stored: Stored[SpotGroup], paused: Paused | None) -> Write[SpotGroup]:
    before = stored.value

    def edit(group: SpotGroup) -> SpotGroup | None:
        there = group.paused
        same = there is None if paused is None else there is not None and there.reason == paused.reason
        return None if same else group.but(paused=paused, last_modified_date_time=context.now)

    return change(before, edit, partial(context.deps.spot_groups.change, before.tenant_id, before.id, known=stored))
