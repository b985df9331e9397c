"""Reconciles of Spot Groups and runs of their engine: requested so that none is lost; and the work that waits."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

from pydantic import Field

from shared.contracts.definitions import Workflow
from shared.contracts.spot_groups import RECONCILE_SPOT_GROUP, RUN_SPOT_ENGINE, EngineOrder, SpotGroupOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.spot.engine.seeing import has_failed
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.members import MemberStatus
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.spot.hosts.release import ReleaseStatus
from shared.domain.values import Value
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Follow
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled
from shared.storage.due import Due, DueKind, SpotLook
from shared.workflow import DurableClient, start

Order = TypeVar("Order", EngineOrder, SpotGroupOrder)


@dataclass(frozen=True)
class SpotWork(Generic[Order]):
    """Work on a group that any of many causes may ask for, and of which one run at a time is enough.

    *variant*: of its due rows. *instance*, *part*: what tells its instance and its requests from those of other work.
    """

    workflow: Workflow[Order, Any]
    variant: SpotLook
    instance: str
    part: str = ""

    def subject(self, group_id: str) -> str:
        """Return the subject of the requests of a group."""
        return f"{group_id}{self.part}"

    def instance_id(self, tenant_id: str, group_id: str) -> str:
        """Return the id of its instance."""
        return naming.instance_id(tenant_id, group_id, self.instance, 0)

    async def promise(self, deps: Dependencies, tenant_id: str, group_id: str, now: datetime) -> None:
        """Have the sweep do it soon: written before a record that must not be saved without it."""
        at = full_minute(now) if self.variant is SpotLook.HOSTS else now
        await deps.due.put(DueKind.SPOT, at + DueKind.SPOT.checked_after, tenant_id, group_id, self.variant)
        await deps.requests.add(tenant_id, now, self.subject(group_id))

    def after(self, context: ActionContext, client: DurableClient, group_id: str) -> Follow:
        """Return the work that follows a change: keyword arguments for the call that makes the change."""
        tenant_id = context.tenant.id
        return {
            "promise": partial(self.promise, context.deps, tenant_id, group_id, context.now),
            "start": lambda _: self.start(client, tenant_id, group_id),
        }

    async def request(
        self, deps: Dependencies, client: DurableClient, tenant_id: str, group_id: str, now: datetime
    ) -> None:
        """Ask for it and start it. A run that is under way is followed by another one."""
        await self.promise(deps, tenant_id, group_id, now)
        await self.start(client, tenant_id, group_id)

    async def start(self, client: DurableClient, tenant_id: str, group_id: str) -> bool:
        """Start it; return False when it runs already."""
        order = self.workflow.accepts(tenant_id=tenant_id, spot_group_id=group_id)
        return await start(client, self.workflow, order, instance_id=self.instance_id(tenant_id, group_id))


RECONCILE = SpotWork(RECONCILE_SPOT_GROUP, SpotLook.MEMBERS, "spot")
"""The group gets its members and settings."""
ENGINE = SpotWork(RUN_SPOT_ENGINE, SpotLook.HOSTS, "engine", "/hosts")
"""The engine looks at the group's hosts."""


async def look_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Run the engine of a group because of the time, or because a request has not been handled.

    A row that is older than the latest plan's next look is forgotten: another announces that. Rows are of whole
    minutes, so that there are at most a few of a group, however often it is looked at.
    """
    now = deps.clock.now()
    requested = await deps.requests.newest(due.tenant_id, ENGINE.subject(due.subject_id))
    state = await deps.spot_states.find(due.tenant_id, due.subject_id)
    next_look = state.value.next_look_at if state else None
    if requested is None and state is not None and state.value.planned_at and (next_look is None or next_look > now):
        return None
    if await deps.spot_groups.find(due.tenant_id, due.subject_id) is None:
        return None
    if await end_stalled(client, RUN_SPOT_ENGINE, ENGINE.instance_id(due.tenant_id, due.subject_id), now):
        return now + AGAIN_AFTER
    await ENGINE.start(client, due.tenant_id, due.subject_id)
    return full_minute(now) + DueKind.SPOT.checked_after


def full_minute(moment: datetime) -> datetime:
    """Return the minute in which *moment* is."""
    return moment.replace(second=0, microsecond=0)


async def spot_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Look at a group again: because of the time, or because a request has not been handled."""
    if due.variant is SpotLook.HOSTS:
        return await look_due(deps, client, due)
    if await deps.spot_groups.find(due.tenant_id, due.subject_id) is None:
        return None
    now = deps.clock.now()
    if await end_stalled(client, RECONCILE_SPOT_GROUP, RECONCILE.instance_id(due.tenant_id, due.subject_id), now):
        return now + AGAIN_AFTER
    started = await RECONCILE.start(client, due.tenant_id, due.subject_id)
    requested = await deps.requests.newest(due.tenant_id, due.subject_id)
    if started and requested is None:
        return None
    return now + DueKind.SPOT.checked_after  # one that runs may have planned before


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
    """Reconcile the Spot Groups of a directory group, or all of them if it is None."""
    groups = [each.value async for each in deps.spot_groups.each(tenant_id)]
    concerned = [group for group in groups if directory_group_id is None or directory_group_id in group.group_ids]
    return await _wake(deps, client, concerned, now)


async def promise_all_groups(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Have the sweep reconcile all Spot Groups of a tenant soon."""
    async for stored in deps.spot_groups.each(tenant_id):
        if stored.value.deleting_since is None:
            await RECONCILE.promise(deps, tenant_id, stored.value.id, now)


async def _wake(deps: Dependencies, client: DurableClient, groups: Iterable[SpotGroup], now: datetime) -> int:
    woken = 0
    for group in groups:
        if group.deleting_since is None:
            await RECONCILE.request(deps, client, group.tenant_id, group.id, now)
            woken += 1
    return woken


class SpotWaiting(Value):
    """Counts of the work in a tenant's Spot Groups that waits for a person."""

    removals_held: int = Field(0, description="members whose removal waits until somebody confirms it")
    hosts_broken: int = Field(0, description="session hosts that do not work, without excluded ones")
    releases_stopped: int = Field(0, description="releases that a host which does not work has stopped")


async def spot_waiting(context: ActionContext) -> SpotWaiting:
    """Return the work that waits for a person in a tenant's Spot Groups; a tenant without groups costs one reading."""
    deps, tenant_id = context.deps, context.tenant_id
    if not [each async for each in deps.spot_groups.each(tenant_id)]:
        return SpotWaiting()
    held = deps.spot_members.each(tenant_id, status=MemberStatus.REMOVAL_HELD.value)
    stopped = deps.releases.each(tenant_id, status=ReleaseStatus.FAILED.value)
    hosts = deps.session_hosts.each(tenant_id)
    return SpotWaiting(
        removals_held=len([1 async for _ in held]),
        hosts_broken=len([1 async for each in hosts if _is_broken(each.value)]),
        releases_stopped=len([1 async for _ in stopped]),
    )


async def hosts_gone(deps: Dependencies, tenant_id: str) -> int:
    """Return how many session hosts of a tenant have a machine that somebody has deleted."""
    return len([1 async for each in deps.session_hosts.each(tenant_id) if each.value.machine_gone])


async def hosts_gone_everywhere(deps: Dependencies) -> Counter[str]:
    """Return how many session hosts have a machine that somebody has deleted, by the id of their tenant."""
    return Counter([each.value.tenant_id async for each in deps.session_hosts.of_all() if each.value.machine_gone])


async def spot_waiting_everywhere(deps: Dependencies) -> dict[str, SpotWaiting]:
    """Return the work that waits for a person, by the id of each tenant with a Spot Group; each table is read once."""
    tenants = {stored.value.tenant_id async for stored in deps.spot_groups.of_all()}
    if not tenants:
        return {}
    held = deps.spot_members.of_all(status=MemberStatus.REMOVAL_HELD.value)
    stopped = deps.releases.of_all(status=ReleaseStatus.FAILED.value)
    removals = Counter([each.value.tenant_id async for each in held])
    releases = Counter([each.value.tenant_id async for each in stopped])
    hosts = Counter([each.value.tenant_id async for each in deps.session_hosts.of_all() if _is_broken(each.value)])
    return {
        each: SpotWaiting(removals_held=removals[each], hosts_broken=hosts[each], releases_stopped=releases[each])
        for each in sorted(tenants)
    }


def _is_broken(host: SessionHost) -> bool:
    return has_failed(host) and not host.excluded
