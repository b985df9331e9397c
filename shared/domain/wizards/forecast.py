"""Forecast of a policy in its review: Cloud PCs, addresses, licences, and overlaps with other policies."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.domain.machines.sizes import Size
from shared.domain.networks.connection import Connection, JoinType
from shared.domain.planning.entitlements import Entitlement, address_forecast, winner
from shared.domain.planning.queueing import rights_for
from shared.domain.policies.policy import Assignment, Policy
from shared.domain.values import Value, amount
from shared.domain.wizards.reviews import Forecast, ReviewWarning, WarningCode


def address_warnings(connections: list[Connection], new: int, cloud_pcs: tuple[CloudPc, ...]) -> list[ReviewWarning]:
    """Return a warning when the connection that would be used has too few free addresses for *new* Cloud PCs more."""
    first = next((each for each in connections if each.usable), None)
    forecast = address_forecast(first, cloud_pcs, more=new) if first else None
    if first is None or forecast is None or not forecast.short:
        return []
    message = (
        f"Connection {first.display_name} has {forecast.free} free addresses for {forecast.awaited} Cloud PCs that are "
        f"still to come: {forecast.short} will wait for room."
    )
    return [
        ReviewWarning(
            concern=WarningCode.ADDRESSES_SHORT,
            step="connection",
            message=message,
            details={"connectionId": first.id, **forecast.to_json()},
        )
    ]


_SHOWN = 100
"""The most users that a forecast names; its number counts all."""


@dataclass(frozen=True, slots=True)
class Target:
    """The groups that a policy targets. A policy that is not saved yet has an id as well."""

    id: str
    name: str
    assignments: tuple[Assignment, ...]

    @property
    def groups(self) -> frozenset[str]:
        """The groups it is assigned to."""
        return frozenset(assignment.group_id for assignment in self.assignments)


def target(policy: Policy) -> Target:
    """Return a saved policy as a target."""
    return Target(policy.id, policy.display_name, policy.assignments)


def overlaps(
    subject: Target,
    others: Iterable[Policy],
    group_names: Mapping[str, str],
    members: Iterable[Entitlement] | None,
) -> list[ReviewWarning]:
    """Return a warning for each other policy that targets a group or a member of *subject* too.

    *members*: with all assigned groups they are in; None when the directory did not answer: then only shared groups
    are found.
    """
    targets = [target(policy) for policy in others if policy.id != subject.id and policy.assignments]
    licensed = [m for m in members or () if m.plans and m.user.account_enabled and m.group_ids & subject.groups]
    found = (_between(subject, other, targets, licensed, group_names) for other in targets)
    return [warning for warning in found if warning is not None]


def _between(
    subject: Target, other: Target, targets: list[Target], members: list[Entitlement], group_names: Mapping[str, str]
) -> ReviewWarning | None:
    shared = sorted(subject.groups & other.groups)
    both = sorted((m for m in members if m.group_ids & other.groups), key=lambda m: m.user.user_principal_name)
    if not shared and not both:
        return None
    everybody = [subject, *targets]
    winners = Counter(_winner(everybody, m.group_ids) for m in both)
    named = [group_names.get(group, group) for group in shared]
    what = [f"group {', '.join(named)}"] if named else []
    what += [amount(len(both), "member")] if both else []
    wins = sorted(winners) if winners else [_winner(everybody, frozenset(shared))]
    return ReviewWarning(
        concern=WarningCode.OVERLAP,
        step="groups",
        message=f"Policy {other.name} targets {' and '.join(what)} too; {_outcome(wins, winners)}",
        details={
            "policyId": other.id,
            "policies": [other.name],
            "groups": [{"id": group, "displayName": group_names.get(group, group)} for group in shared],
            "count": len(both),
            "users": [m.user.user_principal_name for m in both[:_SHOWN]],
            "wins": wins,
        },
    )


def _winner(targets: Iterable[Target], group_ids: frozenset[str]) -> str:
    """Return the name of the first assigned, as ``winner`` decides when Cloud PCs are planned."""
    claims = [
        (assignment.assigned_at, each.id, each.name)
        for each in targets
        for assignment in each.assignments
        if assignment.group_id in group_ids
    ]
    return min(claims)[2]


def _outcome(wins: list[str], winners: Mapping[str, int]) -> str:
    if len(wins) == 1:
        return f"{wins[0]} was assigned first and wins."
    return f"the first assigned wins: {', '.join(f'{name} for {winners[name]}' for name in wins)}."


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

    def quota_warnings(
        self, subscription_ids: Collection[str], region: str, usages: tuple[Usage, ...]
    ) -> list[ReviewWarning]:
        """Return a warning when the new Cloud PCs need more vCPUs than the region has left for them."""
        ladders = [size_ladder(plan) for _, plan in self.new]
        return quota_shortages(ladders, subscription_ids, region, usages)

    def rights_warnings(self, join_type: JoinType, left: int) -> list[ReviewWarning]:
        """Return a warning when the new Cloud PCs need more role assignments than the subscriptions have left."""
        needed = rights_for(join_type) * len(self.new)
        if needed <= left:
            return []
        message = (
            f"The new Cloud PCs need {needed} role assignments, and the subscriptions have {left} left: those above "
            "wait until the provider adds a subscription."
        )
        return [
            ReviewWarning(
                concern=WarningCode.RIGHTS_SHORT,
                step="connection",
                message=message,
                details={"needed": needed, "free": left},
            )
        ]


def quota_shortages(
    ladders: Iterable[tuple[Size, ...]],
    subscription_ids: Collection[str],
    region: str,
    usages: tuple[Usage, ...],
    *,
    step: str = "connection",
) -> list[ReviewWarning]:
    """Return a warning when new machines need more vCPUs than the region has left. *ladders*: the sizes for each.

    *subscription_ids*: those over which the machines are spread.
    """
    left: dict[str, int] = {}
    for usage in usages:
        if usage.subscription_id in subscription_ids and usage.region == region:
            left[usage.family] = left.get(usage.family, 0) + _free(usage)
    needed, total = Counter[frozenset[str]](), 0
    for ladder in ladders:
        if ladder:
            needed[frozenset(size.family for size in ladder)] += ladder[0].v_cpu_count
            total += ladder[0].v_cpu_count
    found = [
        _short(region, " or ".join(sorted(families)), cores, free, step)
        for families, cores in needed.items()
        if families & left.keys() and (free := sum(left.get(family, 0) for family in families)) < cores
    ]
    if "cores" in left and left["cores"] < total:
        found.append(_short(region, "cores", total, left["cores"], step))
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
