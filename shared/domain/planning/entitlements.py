"""Entitlements: who may have which Cloud PC, how many licences are left, and the demand on addresses."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.machines.service_plan import ServicePlan, service_plan
from shared.domain.networks.connection import Connection
from shared.domain.policies.policy import Policy
from shared.domain.tenants.directory import DirectoryUser, SubscribedSku
from shared.domain.tenants.tenant import TenantSettings
from shared.domain.values import Value


class Entitlement(Value):
    """Entitlement of one user in the directory: the Cloud PC licences and the assigned groups they have.

    *certain* is False when not all of their groups could be read: then nothing is taken from them.
    """

    user: User
    plans: tuple[ServicePlan, ...] = ()
    group_ids: frozenset[str] = frozenset()
    certain: bool = True


def winner(policies: Iterable[Policy], group_ids: frozenset[str]) -> Policy | None:
    """Return the policy that was assigned first (``assignedAt``, then policy id) to one of the groups."""
    claims = [
        (assignment.assigned_at, policy.id, policy)
        for policy in policies
        for assignment in policy.assignments
        if assignment.group_id in group_ids
    ]
    return min(claims, key=lambda claim: claim[:2])[2] if claims else None


def linked(policies: Iterable[Policy], policy_id: str, group_ids: frozenset[str]) -> bool:
    """Whether a policy targets one of the groups; a Cloud PC stays with its policy even if another one wins."""
    own = (policy for policy in policies if policy.id == policy_id)
    return any(assignment.group_id in group_ids for policy in own for assignment in policy.assignments)


def targeted_group(policy: Policy, group_ids: frozenset[str]) -> str | None:
    """Return the group through which a policy targets a user: the first assigned one of several."""
    groups = [(a.assigned_at, a.group_id) for a in policy.assignments if a.group_id in group_ids]
    return min(groups)[1] if groups else None


def person(user: DirectoryUser) -> User:
    """Return the user as a Cloud PC's record keeps them."""
    return User(
        id=user.id,
        user_principal_name=user.user_principal_name,
        display_name=user.display_name,
        on_premises_user_principal_name=user.on_premises_user_principal_name,
        account_enabled=user.account_enabled,
    )


def plans_of(
    user: DirectoryUser, known: Mapping[str, ServicePlan], skus: Mapping[str, SubscribedSku]
) -> tuple[ServicePlan, ...]:
    """Return the service plans of the licences a user holds, each once; *known* maps skuIds to them.

    A licence whose Cloud PC service plan is switched off for the user gives no Cloud PC; *skus* says which it is.
    """
    held = [sku_id for sku_id in dict.fromkeys(user.sku_ids) if sku_id not in skus or user.uses(skus[sku_id])]
    return tuple(known[sku_id] for sku_id in held if sku_id in known)


_NEVER = datetime.max.replace(tzinfo=UTC)


def seat_plans(settings: TenantSettings) -> dict[str, ServicePlan]:
    """Return the service plans of the seats by id; a part number that is no Cloud PC's has none."""
    plans = (service_plan(number, number, settings.service_plans) for number in sorted(settings.seats))
    return {plan.id: plan for plan in plans if plan is not None}


def seat_units(settings: TenantSettings) -> dict[str, int]:
    """Return how many seats there are of each plan (id)."""
    return {plan_id: settings.seats[plan.sku_part_number] for plan_id, plan in seat_plans(settings).items()}


def seated(
    settings: TenantSettings,
    user_ids: Iterable[str],
    records: Iterable[CloudPc],
    first_seen: Mapping[str, datetime],
) -> dict[str, tuple[ServicePlan, ...]]:
    """Hand out the seats: users with a Cloud PC of a plan keep their seats, then who was seen first.

    Those who were seen at the same moment, or never, follow by id.
    """
    holders = {(pc.user.id, plan_id): pc.created_date_time.isoformat() for pc in records for plan_id in pc.claims}
    units = seat_units(settings)
    everybody = sorted(user_ids, key=lambda user_id: (first_seen.get(user_id, _NEVER), user_id))
    given: dict[str, tuple[ServicePlan, ...]] = {}
    for plan in seat_plans(settings).values():
        first = sorted(everybody, key=lambda user_id: holders.get((user_id, plan.id), "~"))
        for user_id in first[: units[plan.id]]:
            given[user_id] = (*given.get(user_id, ()), plan)
    return given


def with_seats(
    members: Sequence[Entitlement],
    settings: TenantSettings,
    records: Iterable[CloudPc],
    first_seen: Mapping[str, datetime],
) -> tuple[Entitlement, ...]:
    """Return the members with the seats they get in place of the licences that the directory reports."""
    given = seated(settings, (member.user.id for member in members), records, first_seen)
    return tuple(member.but(plans=given.get(member.user.id, ())) for member in members)


def awaiting_addresses(cloud_pcs: Iterable[CloudPc], connection_id: str) -> int:
    """Return how many machines are to be built through a connection and have no interface yet."""
    return sum(
        build.snapshot is not None
        and build.snapshot.connection_id == connection_id
        and pc.goes_on(build)
        and build.resources.nic_id is None
        for pc in cloud_pcs
        for build in pc.builds
    )


class AddressForecast(Value):
    """Free addresses against machines to be built. *short*: how many will have none."""

    free: int
    awaited: int
    short: int


def address_forecast(connection: Connection, cloud_pcs: Iterable[CloudPc], *, more: int = 0) -> AddressForecast | None:
    """Return the forecast of a connection with *more* Cloud PCs than planned, or None if its addresses are unknown."""
    free = connection.free_addresses
    if free is None:
        return None
    awaited = awaiting_addresses(cloud_pcs, connection.id) + more
    return AddressForecast(free=free, awaited=awaited, short=max(0, awaited - free))
