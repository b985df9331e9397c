"""Directory data of one user: account, licences and groups; and the policy that applies to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.domain.cloud_pcs.cloud_pc import User
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.policies.policy import Policy
from shared.domain.tenants.directory import DirectoryUser, SubscribedSku
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
    """Whether a policy targets one of the groups, whichever wins: a Cloud PC stays with the policy that built it."""
    own = (policy for policy in policies if policy.id == policy_id)
    return any(assignment.group_id in group_ids for policy in own for assignment in policy.assignments)


def targeted_group(policy: Policy, group_ids: frozenset[str]) -> str | None:
    """Return the group through which a policy targets a user: of several, the one that was assigned first."""
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
