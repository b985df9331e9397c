"""Reading a tenant's users from the directory: all of them, or as many as a plan needs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.clients.directory import GroupMembers, members_of_groups
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.machines.service_plan import ServicePlan, service_plan
from shared.domain.planning.entitlements import Entitlement, person, plans_of, seat_units, seated
from shared.domain.planning.plans import NOTHING_TO_LOSE, Doubt, Observed
from shared.domain.planning.queueing import free_licences
from shared.domain.policies.policy import Policy
from shared.domain.tenants.directory import DirectoryUser, SubscribedSku
from shared.domain.tenants.tenant import LicenceSource, Tenant, TenantSettings
from shared.errors import UnavailableError
from shared.services.directory.fresh_readings import accounts, memberships

_IN_NONE: frozenset[str] = frozenset()


class Directory(Protocol):
    """As much of a directory as planning reads (shared.clients.graph)."""

    async def group_users(self, group_id: str) -> list[DirectoryUser]:
        """Return every user of a group, nested groups included. Raises: NotFoundError."""

    async def licensed_users(self, sku_ids: Iterable[str]) -> list[DirectoryUser]:
        """Return every user who holds one of the licences."""

    async def user(self, id_or_upn: str) -> DirectoryUser:
        """Return one user. Raises: NotFoundError."""

    async def member_group_ids(self, user_id: str, group_ids: list[str]) -> frozenset[str]:
        """Return the ids of *group_ids* whose members include the user."""

    async def groups_of_users(self, user_ids: Sequence[str], group_ids: Sequence[str]) -> dict[str, frozenset[str]]:
        """Return for each user the ids of *group_ids* that they are in; users that no longer exist are left out."""

    async def users_by_id(self, user_ids: Sequence[str]) -> dict[str, DirectoryUser]:
        """Return users by id; who is gone is left out."""

    async def subscribed_skus(self) -> list[SubscribedSku]:
        """Return the licences that were bought."""


class Line(Protocol):
    """The users of a tenant in line for its seats, by when they were first seen (shared.storage.requests)."""

    async def members(self) -> frozenset[str]:
        """Return the ids of the users in line, without users who had left at the last reading."""

    async def note(self, user_ids: Iterable[str], left: Collection[str]) -> Mapping[str, datetime]:
        """Note these users, and who has left; return when each was first seen."""


async def observe_all(
    directory: Directory, settings: TenantSettings, group_ids: list[str], records: tuple[CloudPc, ...], line: Line
) -> Observed:
    """Read the whole directory, as far as Cloud PCs depend on it. *line*: keeps who was seen first.

    Results that are empty where that is unlikely make the observation incomplete: nothing is taken from anybody
    because of it. What rests on one group that is gone or empty is in doubt.
    """
    members = await members_of_groups(directory.group_users, group_ids)
    certain = bool(members.people) or not group_ids  # nobody in any of them makes all of it uncertain
    people, held = members.people, set[str]()
    if settings.licence_source is LicenceSource.SEATS:
        lacking = await _lacking(line, records, people) if certain and not members.empty else frozenset[str]()
        left, silent = await _ask_about(directory, lacking, group_ids, members)
        plans = seated(settings, (*people, *silent), records, await line.note(people, left))
        licences = Licences(units=seat_units(settings))
    else:
        licences = await licences_of(directory, settings, records)
        licensed = await directory.licensed_users(licences.plans) if licences.plans else []
        people = {user.id: user for user in licensed} | people
        plans = {user.id: plans_of(user, licences.plans, licences.skus) for user in people.values()}
        held = {sku_id for user in licensed for sku_id in user.sku_ids}
    if not (any(plans.values()) or held & set(licences.plans)):
        return Observed(entitlements=(), cloud_pcs=records, complete=False)
    entitlements = tuple(
        Entitlement(
            user=person(user),
            plans=plans.get(user.id, ()),
            group_ids=frozenset(members.groups.get(user.id, ())),
            certain=certain,
        )
        for user in people.values()
    )
    return Observed(
        entitlements=entitlements,
        cloud_pcs=records,
        complete=certain,
        doubt=Doubt(
            group_ids=frozenset(members.empty),
            plan_ids=licences.consumed - held,
            seats=settings.licence_source is LicenceSource.SEATS,
        ),
        free=free_licences(licences.units, records),
    )


async def observe_some(
    directory: Directory,
    settings: TenantSettings,
    group_ids: list[str],
    user_ids: Iterable[str],
    records: tuple[CloudPc, ...],
    *,
    fleet: Callable[[Sequence[Entitlement]], Awaitable[tuple[CloudPc, ...]]] | None = None,
) -> Observed:
    """Read just these users: each of them, their licences, and which of the groups they are in.

    Twenty users cost two requests. *fleet*: returns all Cloud PCs of the tenant where they matter by what was read of
    the users: they decide how many licences are free, and whose. Raises: UnavailableError, if the directory knows a
    user and then does not know their groups.
    """
    licences = await licences_of(directory, settings, records)
    asked = list(dict.fromkeys(user_ids))
    users = await directory.users_by_id(asked)
    groups = await directory.groups_of_users(list(users), group_ids) if group_ids else dict.fromkeys(users, _IN_NONE)
    if set(users) - set(groups):
        raise UnavailableError("the directory knew a user, and then did not know their groups")
    entitlements = [
        Entitlement(user=person(user), plans=plans_of(user, licences.plans, licences.skus), group_ids=groups[user_id])
        for user_id, user in users.items()
    ]
    everything = await fleet(entitlements) if fleet else ()
    return Observed(
        entitlements=tuple(entitlements),
        cloud_pcs=records,
        complete=False,
        gone=frozenset(asked) - set(users),
        free=free_licences(licences.units, everything) if everything else {},
        fleet=everything,
    )


async def _lacking(line: Line, records: Iterable[CloudPc], people: Collection[str]) -> frozenset[str]:
    """Return the ids of users, not among *people*, who are in line or have a Cloud PC that is not being removed."""
    holders = {pc.user.id for pc in records if pc.status not in NOTHING_TO_LOSE and pc.removal is None}
    return (await line.members() | holders) - set(people)


async def _ask_about(
    directory: Directory, user_ids: Collection[str], group_ids: Sequence[str], members: GroupMembers
) -> tuple[frozenset[str], frozenset[str]]:
    """Ask about each of these users, who are in no list; return who has left, and who was not answered for.

    Who is in a group by that answer is added to *members*: a list proves who is a member, never who is not.
    """
    there = await memberships(directory, sorted(user_ids), group_ids)
    users = await accounts(directory, (user_id for user_id, groups in there.items() if groups))
    left = {user_id for user_id, groups in there.items() if not groups}
    for user_id, user in users.items():
        if user is None:
            left.add(user_id)
        else:
            members.people[user.id] = user
            members.groups.setdefault(user.id, set()).update(there[user_id])
    return frozenset(left), frozenset(user_ids) - left - set(users)


@dataclass(frozen=True, slots=True)
class Licences:
    """The Cloud PC licences of a directory, by plan id: *plans*, how many were bought, and which anybody holds."""

    plans: Mapping[str, ServicePlan] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    consumed: frozenset[str] = frozenset()
    skus: Mapping[str, SubscribedSku] = field(default_factory=dict)


async def licences_of(directory: Directory, settings: TenantSettings, records: Iterable[CloudPc]) -> Licences:
    """Return the purchased licences; licences of existing Cloud PCs count as known."""
    known = {plan.id: plan for pc in records for plan in ((pc.plan, pc.swap.plan) if pc.swap else (pc.plan,))}
    units, consumed = dict[str, int](), set[str]()
    skus = await directory.subscribed_skus()
    for sku in skus:
        if plan := service_plan(sku.sku_id, sku.sku_part_number, settings.service_plans):
            known[plan.id], units[plan.id] = plan, sku.enabled
            if sku.consumed:
                consumed.add(plan.id)
    return Licences(plans=known, units=units, consumed=frozenset(consumed), skus={sku.sku_id: sku for sku in skus})


@dataclass(frozen=True, slots=True)
class KeptLine:
    """The line for the seats of a tenant, which records new users. With *looks_at* it only reads, for that moment."""

    deps: Dependencies
    tenant_id: str
    looks_at: datetime | None = None

    async def members(self) -> frozenset[str]:
        """Return the ids of the users in line, without users who had left at the last reading."""
        places = await self.deps.first_seen.places(self.tenant_id)
        return frozenset(place.user_id for place in places.values() if place.left_at is None)

    async def note(self, user_ids: Iterable[str], left: Collection[str]) -> Mapping[str, datetime]:
        """Note these users, and who has left; return when each was first seen."""
        if self.looks_at is None:
            return await self.deps.first_seen.note(self.tenant_id, user_ids, self.deps.clock.now(), left=left)
        return await self.deps.first_seen.of(self.tenant_id, user_ids, self.looks_at)


async def observe(
    deps: Dependencies,
    tenant: Tenant,
    policies: tuple[Policy, ...],
    records: tuple[CloudPc, ...],
    user_ids: tuple[str, ...] | None,
) -> Observed:
    """Read all users, or the users *user_ids* with the Cloud PCs *records*. Raises: as the directory does."""
    directory = deps.graph(tenant)
    line = KeptLine(deps, tenant.id)
    group_ids = sorted({assignment.group_id for policy in policies for assignment in policy.assignments})
    if user_ids is None:
        return await observe_all(directory, tenant.settings, group_ids, records, line)
    if tenant.settings.licence_source is LicenceSource.SEATS:
        # Who has a seat depends on all users: read all, and plan only those of the order.
        everybody = tuple([stored.value async for stored in deps.cloud_pcs.each(tenant.id)])
        everything = await observe_all(directory, tenant.settings, group_ids, everybody, line)
        wanted = tuple(each for each in everything.entitlements if each.user.id in user_ids)
        return everything.but(entitlements=wanted, cloud_pcs=records, fleet=everybody)

    async def fleet(read: Sequence[Entitlement]) -> tuple[CloudPc, ...]:
        return await _fleet(deps, tenant, _losing(tenant, records, read))

    return await observe_some(directory, tenant.settings, group_ids, user_ids, records, fleet=fleet)


def _losing(tenant: Tenant, records: tuple[CloudPc, ...], read: Sequence[Entitlement]) -> int:
    """Return how many of *records* a plan may take, by the answers about their users."""
    if tenant.settings.disabled_account_starts_grace:
        return len(records)
    kept = {(each.user.id, plan.id) for each in read if each.group_ids for plan in each.plans}
    return sum((pc.user.id, pc.plan.id) not in kept for pc in records)


async def _fleet(deps: Dependencies, tenant: Tenant, losing: int) -> tuple[CloudPc, ...]:
    """Return all Cloud PCs of the tenant where they matter for a few of its users, *losing* of which may be removed.

    Only Cloud PCs in their grace period and those that are removed hold licences that others have been given; and the
    brake counts all when some are removed at once, or have been within the last hour.
    """
    if losing <= tenant.settings.removal_brake.never_stops:
        for status in (Status.IN_GRACE_PERIOD, Status.DEPROVISIONING):
            if [each async for each in deps.cloud_pcs.each(tenant.id, status=status.value)]:
                break
        else:
            return ()
    return tuple([stored.value async for stored in deps.cloud_pcs.each(tenant.id)])
