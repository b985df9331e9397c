"""A policy's users: who has a Cloud PC through it, who waits, who lacks one, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.planning.drift import Drift, TenantPolicies
from shared.domain.planning.entitlements import Entitlement, winner
from shared.domain.planning.explain import standing
from shared.domain.policies.policy import Policy
from shared.domain.values import Value


class Standing(StrEnum):
    """Status of a member of an assigned group."""

    HAS = "has"
    WAITS = "waits"
    LACKS = "lacks"


class PolicyUserCloudPc(Value):
    """One Cloud PC of a member."""

    id: str
    service_plan_name: str
    status: Status
    drift: Drift | None = None


class PolicyUser(Value):
    """One member: *standing* sums up their Cloud PCs, *because* is the reason."""

    user: User
    standing: Standing
    because: str
    cloud_pcs: tuple[PolicyUserCloudPc, ...] = ()


def policy_users(
    policy: Policy, today: TenantPolicies, members: Iterable[Entitlement], cloud_pcs: Iterable[CloudPc]
) -> tuple[PolicyUser, ...]:
    """Return every member of the policy's groups, by name.

    *members*: with all their licences and all assigned groups they are in, of this policy or another.
    """
    groups = {assignment.group_id for assignment in policy.assignments}
    records: dict[str, list[CloudPc]] = {}
    for pc in cloud_pcs:
        records.setdefault(pc.user.id, []).append(pc)
    return tuple(
        _entry(policy, today, member, records.get(member.user.id, []))
        for member in sorted(members, key=lambda m: m.user.user_principal_name)
        if member.group_ids & groups
    )


def _entry(policy: Policy, today: TenantPolicies, member: Entitlement, records: list[CloudPc]) -> PolicyUser:
    first = winner(today.policies.values(), member.group_ids)
    built = [pc for pc in records if pc.status is not Status.NOT_PROVISIONED]
    standing_, because = _standing(policy, first, member, built)
    return PolicyUser(
        user=member.user,
        standing=standing_,
        because=because,
        cloud_pcs=tuple(
            PolicyUserCloudPc(id=pc.id, service_plan_name=pc.plan.display_name, status=pc.status, drift=today.drift(pc))
            for pc in built
        ),
    )


def _standing(policy: Policy, first: Policy | None, member: Entitlement, built: list[CloudPc]) -> tuple[Standing, str]:
    mine = [pc for pc in built if pc.current.snapshot is None or pc.current.snapshot.policy_id == policy.id]
    if mine:
        return _of_records(mine, len(member.plans) if member.user.account_enabled else 0)
    if not member.user.account_enabled:
        return Standing.LACKS, "the account is disabled"
    if first is not None and first.id != policy.id:
        return Standing.LACKS, f"policy {first.display_name} was assigned first and wins"
    if not member.plans:
        return Standing.LACKS, "no Cloud PC licence"
    if built:
        return Standing.LACKS, "the Cloud PC was built from another policy and does not move"
    return Standing.WAITS, "licence and policy meet; the next reconcile creates the Cloud PC"


def _of_records(mine: list[CloudPc], licences: int) -> tuple[Standing, str]:
    ready = sum(pc.status in WORKING for pc in mine)
    failed = [pc for pc in mine if pc.status is Status.FAILED]
    waiting = [pc for pc in mine if pc.status not in WORKING and pc.status is not Status.FAILED]
    if failed:
        return Standing.LACKS, standing(failed[0])
    if waiting:
        return Standing.WAITS, standing(waiting[0])
    if ready < licences:
        return Standing.WAITS, f"{ready} of {licences} Cloud PCs are ready"
    return Standing.HAS, standing(mine[0])
