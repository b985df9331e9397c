"""Waking the Spot Groups that a change of the directory concerns: each once for a batch of changes, no other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain.spot.group import SpotGroup
from shared.services.spot_reconciling import promise_spot_reconcile, request_spot_reconcile
from shared.workflow import DurableClient


async def wake_for_users(
    deps: Dependencies, client: DurableClient, tenant_id: str, user_ids: Iterable[str], now: datetime
) -> int:
    """Reconcile the Spot Groups of which these users are members, or should be by the directory; return how many.

    The directory is asked for all of them together, and not about groups that are reconciled anyway.
    """
    groups = [each.value async for each in deps.spot_groups.each(tenant_id)]
    tenant = await deps.tenants.find(tenant_id)
    if not groups or tenant is None:
        return 0
    users = list(user_ids)
    concerned = {each.value.group_id async for each in deps.spot_members.each_of(tenant_id, "user_id", users)}
    open_questions = {group_id for group in groups if group.id not in concerned for group_id in group.group_ids}
    if open_questions:
        found = await deps.graph(tenant.value).groups_of_users(users, sorted(open_questions))
        joined = frozenset[str]().union(*found.values())
        concerned |= {group.id for group in groups if joined & set(group.group_ids)}
    return await _wake(deps, client, [group for group in groups if group.id in concerned], now)


async def wake_for_group(
    deps: Dependencies, client: DurableClient, tenant_id: str, directory_group_id: str | None, now: datetime
) -> int:
    """Reconcile the Spot Groups for a group of the directory; None: that is not known, and all are."""
    groups = [each.value async for each in deps.spot_groups.each(tenant_id)]
    concerned = [group for group in groups if directory_group_id is None or directory_group_id in group.group_ids]
    return await _wake(deps, client, concerned, now)


async def promise_all_groups(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Have the sweep reconcile all Spot Groups of a tenant soon."""
    async for stored in deps.spot_groups.each(tenant_id):
        if stored.value.deleting_since is None:
            await promise_spot_reconcile(deps, tenant_id, stored.value.id, now)


async def _wake(deps: Dependencies, client: DurableClient, groups: Iterable[SpotGroup], now: datetime) -> int:
    woken = 0
    for group in groups:
        if group.deleting_since is None:
            await request_spot_reconcile(deps, client, group.tenant_id, group.id, now)
            woken += 1
    return woken
