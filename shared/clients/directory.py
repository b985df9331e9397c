"""Reads of the directory that a caller waits for: groups, licences and users."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.clients.pacing import retry_while_throttled
from shared.domain.machines.service_plan import ServicePlan, ServicePlanRule, service_plan
from shared.domain.planning.entitlements import Entitlement, person, plans_of
from shared.domain.policies.policy import Policy
from shared.domain.tenants.directory import DirectoryUser, Group, SubscribedSku
from shared.errors import NotFoundError

if TYPE_CHECKING:
    from shared.clients.graph import Graph


@dataclass(slots=True)
class GroupMembers:
    """Members of groups: *people* by id, the *groups* of each, and which groups are gone or *empty*."""

    people: dict[str, DirectoryUser] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)


async def members_of_groups(
    read: Callable[[str], Awaitable[list[DirectoryUser]]], group_ids: Iterable[str]
) -> GroupMembers:
    """Read groups one after the other by *read*; a missing group counts as empty. Raises: as *read*."""
    members = GroupMembers()
    for group_id in group_ids:
        try:
            users = await read(group_id)
        except NotFoundError:
            users = []
        if not users:
            members.empty.add(group_id)
        for user in users:
            members.people[user.id] = user
            members.groups.setdefault(user.id, set()).add(group_id)
    return members


def assigned_groups(policies: Iterable[Policy]) -> frozenset[str]:
    """Return every group that some policy is assigned to."""
    return frozenset(assignment.group_id for policy in policies for assignment in policy.assignments)


async def existing_groups(graph: Graph, group_ids: Iterable[str]) -> tuple[Group, ...]:
    """Return the groups that exist."""

    async def find(group_id: str) -> Group | None:
        try:
            return await retry_while_throttled(lambda: graph.group(group_id))
        except NotFoundError:
            return None

    found = await asyncio.gather(*map(find, dict.fromkeys(group_ids)))
    return tuple(group for group in found if group is not None)


Rules = Mapping[str, ServicePlanRule]
"""The service plans that the tenant's settings define, by the licence's part number."""


async def plans(graph: Graph, rules: Rules) -> dict[str, ServicePlan]:
    """Return the Cloud PC licences that the directory has bought, by skuId."""
    return _plans(await retry_while_throttled(graph.subscribed_skus), rules)


def _plans(skus: Iterable[SubscribedSku], rules: Rules) -> dict[str, ServicePlan]:
    return {s.sku_id: plan for s in skus if (plan := service_plan(s.sku_id, s.sku_part_number, rules)) is not None}


async def entitlements_of_groups(graph: Graph, rules: Rules, group_ids: Iterable[str]) -> tuple[Entitlement, ...]:
    """Return every user of the groups and nested groups, with Cloud PC licences and membership of *group_ids*."""
    wanted = tuple(dict.fromkeys(group_ids))

    async def members(group_id: str) -> list[DirectoryUser]:
        try:
            return await retry_while_throttled(lambda: graph.group_users(group_id))
        except NotFoundError:  # the group was deleted
            return []

    skus, each = await asyncio.gather(
        retry_while_throttled(graph.subscribed_skus), asyncio.gather(*map(members, wanted))
    )
    users: dict[str, DirectoryUser] = {}
    groups: dict[str, set[str]] = {}
    for group_id, found in zip(wanted, each, strict=True):
        for user in found:
            users[user.id] = user
            groups.setdefault(user.id, set()).add(group_id)
    return tuple(entitlement(user, skus, rules, groups[user.id]) for user in users.values())


async def entitlement_of_user(graph: Graph, rules: Rules, id_or_upn: str, group_ids: Iterable[str]) -> Entitlement:
    """Return a user with their Cloud PC licences and their groups among *group_ids*. Raises: NotFoundError."""
    user = await retry_while_throttled(lambda: graph.user(id_or_upn))
    wanted = sorted(group_ids)
    skus, groups = await asyncio.gather(
        retry_while_throttled(graph.subscribed_skus),
        retry_while_throttled(lambda: graph.member_group_ids(user.id, wanted)),
    )
    return entitlement(user, skus, rules, groups)


def entitlement(
    user: DirectoryUser, skus: Iterable[SubscribedSku], rules: Rules, group_ids: Iterable[str]
) -> Entitlement:
    """Return the entitlement of a user of the directory that has bought *skus*."""
    bought = {sku.sku_id: sku for sku in skus}
    held = plans_of(user, _plans(bought.values(), rules), bought)
    return Entitlement(user=person(user), plans=held, group_ids=frozenset(group_ids))
