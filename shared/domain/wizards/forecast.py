"""Forecast of an unsaved policy: number of Cloud PCs, their users, and obstacles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.amounts import amount
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.domain.machines.sizes import Size
from shared.domain.planning.entitlements import Entitlement, winner
from shared.domain.policies.policy import Policy
from shared.domain.values import Value
from shared.domain.wizards.reviews import Forecast, ReviewWarning, WarningCode

_SHOWN = 100
"""At most so many users are named; the numbers count all."""


class Usage(Value):
    """Usage of a quota, in vCPUs; *family* ``cores`` is the region's total."""

    subscription_id: str
    region: str
    family: str
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class PolicyReach:
    """The users that a policy would reach, by their gains: with the service plan of each Cloud PC."""

    new: tuple[tuple[User, ServicePlan], ...]
    existing: tuple[tuple[User, ServicePlan], ...]
    unlicensed: tuple[User, ...]
    disabled: tuple[User, ...]

    def forecast(self) -> Forecast:
        """Return the forecast in words and in numbers."""
        users = len({user.id for user, _ in self.new})
        plans = Counter(plan.display_name for _, plan in self.new)
        return Forecast(
            summary=f"{amount(len(self.new), 'Cloud PC')} will be provisioned for {amount(users, 'user')}.",
            details={
                "cloudPcs": len(self.new),
                "users": users,
                "byServicePlan": dict(sorted(plans.items())),
                "existingCloudPcs": len(self.existing),
                "for": [
                    {"userPrincipalName": user.user_principal_name, "servicePlanName": plan.display_name}
                    for user, plan in self.new[:_SHOWN]
                ],
            },
        )

    def warnings(self) -> list[ReviewWarning]:
        """Return the warnings about users."""
        found = []
        if self.unlicensed:
            message = f"{amount(len(self.unlicensed), 'member')} without a Cloud PC licence, and so without a Cloud PC."
            found.append(_about(WarningCode.UNLICENSED_MEMBERS, message, self.unlicensed))
        return found

    def quota_warnings(self, subscription_id: str, region: str, usages: tuple[Usage, ...]) -> list[ReviewWarning]:
        """Return a warning when the new Cloud PCs need more vCPUs than the region has left for them."""
        ladders = [size_ladder(plan) for _, plan in self.new]
        return quota_shortages(ladders, subscription_id, region, usages)


def quota_shortages(
    ladders: Iterable[tuple[Size, ...]],
    subscription_id: str,
    region: str,
    usages: tuple[Usage, ...],
    *,
    step: str = "connection",
) -> list[ReviewWarning]:
    """Return a warning when new machines need more vCPUs than the region has left. *ladders*: the sizes for each."""
    quotas = {u.family: u for u in usages if u.subscription_id == subscription_id and u.region == region}
    needed, total = Counter[frozenset[str]](), 0
    for ladder in ladders:
        if ladder:
            needed[frozenset(size.family for size in ladder)] += ladder[0].v_cpu_count
            total += ladder[0].v_cpu_count
    found = [
        _short(region, " or ".join(sorted(families)), cores, free, step)
        for families, cores in needed.items()
        if families & quotas.keys() and (free := sum(_free(quotas[f]) for f in families if f in quotas)) < cores
    ]
    if "cores" in quotas and _free(quotas["cores"]) < total:
        found.append(_short(region, "cores", total, _free(quotas["cores"]), step))
    return found


def policy_reach(
    members: tuple[Entitlement, ...],
    group_ids: tuple[str, ...],
    policies: tuple[Policy, ...],
    cloud_pcs: tuple[CloudPc, ...],
) -> PolicyReach:
    """Return the effects that a new policy, assigned to *group_ids* now, would have on *members*.

    The newest assignment never wins against an older one: users that another policy targets stay with that one.
    """
    claimed = {
        (pc.user.id, plan_id) for pc in cloud_pcs if pc.status is not Status.NOT_PROVISIONED for plan_id in pc.claims
    }
    ours = frozenset(group_ids)
    new: list[tuple[User, ServicePlan]] = []
    existing: list[tuple[User, ServicePlan]] = []
    unlicensed: list[User] = []
    disabled: list[User] = []
    for member in sorted(members, key=lambda e: e.user.user_principal_name):
        if not member.group_ids & ours:
            continue
        if not member.user.account_enabled:
            disabled.append(member.user)
        elif not member.plans:
            unlicensed.append(member.user)
        elif winner(policies, member.group_ids) is None:
            for plan in member.plans:
                (existing if (member.user.id, plan.id) in claimed else new).append((member.user, plan))
    return PolicyReach(tuple(new), tuple(existing), tuple(unlicensed), tuple(disabled))


def _free(usage: Usage) -> int:
    return max(0, usage.limit - usage.used)


def _short(region: str, what: str, needed: int, free: int, step: str) -> ReviewWarning:
    return ReviewWarning(
        concern=WarningCode.QUOTA_SHORT,
        step=step,
        message=f"{region} has {free} vCPUs left of {what}; {needed} are needed. What does not fit waits for room.",
        details={"region": region, "family": what, "needed": needed, "free": free},
    )


def _about(code: WarningCode, message: str, users: tuple[User, ...]) -> ReviewWarning:
    named = [user.user_principal_name for user in users[:_SHOWN]]
    return ReviewWarning(concern=code, step="groups", message=message, details={"count": len(users), "users": named})
