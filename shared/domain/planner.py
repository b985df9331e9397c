"""Desired x observed -> Plan: who should have which Cloud PC, and what has to happen for it.

Pure: the directory's answer, the policies and the records go in; a Plan comes out. Applying a plan and
planning again yields an empty plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from shared.domain import naming
from shared.domain.cloud_pc import CloudPc, Removal, RemovalCause, Resources, User
from shared.domain.lifecycle import Event, Status
from shared.domain.policy import Policy, Snapshot
from shared.domain.service_plan import ServicePlan
from shared.domain.values import Value


class Entitlement(Value):
    """What the directory says of one user: the Cloud PC licences he holds and the assigned groups he is in.

    *certain* is False when not all of his groups could be read: then nothing is taken from him.
    """

    user: User
    plans: tuple[ServicePlan, ...] = ()
    group_ids: frozenset[str] = frozenset()
    certain: bool = True


class Observed(Value):
    """What the directory and the records say.

    *complete* is False when the directory answered only partly (or for some users only): then nobody who is
    missing from *entitlements* is taken for gone.
    """

    entitlements: tuple[Entitlement, ...]
    cloud_pcs: tuple[CloudPc, ...]
    complete: bool


class Plan(Value):
    """What has to happen: records to write, and of them those to provision."""

    provision: tuple[CloudPc, ...] = ()
    list_only: tuple[CloudPc, ...] = ()  # notProvisioned, with the reason
    removals: tuple[CloudPc, ...] = ()  # a removal was seen: recorded, acted on by the life cycle
    reprieves: tuple[CloudPc, ...] = ()  # a recorded removal no longer holds

    @property
    def empty(self) -> bool:
        """Whether nothing has to happen."""
        return not (self.provision or self.list_only or self.removals or self.reprieves)


def winner(policies: Iterable[Policy], group_ids: frozenset[str]) -> Policy | None:
    """Return the policy that was assigned first (``assignedAt``, then policy id) to one of the groups."""
    claims = [
        (assignment.assigned_at, policy.id, policy)
        for policy in policies
        for assignment in policy.assignments
        if assignment.group_id in group_ids
    ]
    return min(claims, key=lambda claim: claim[:2])[2] if claims else None


def plan(
    observed: Observed,
    policies: tuple[Policy, ...],
    snapshots: Mapping[str, Snapshot],
    *,
    tenant_id: str,
    at: datetime,
) -> Plan:
    """Return what has to happen so that everyone has what he is entitled to.

    *snapshots* holds, by policy id, what a Cloud PC built today would be built from; a policy without one builds
    nothing.
    """
    records = {pc.id: pc for pc in observed.cloud_pcs}
    steps = _Steps(tenant_id, policies, snapshots, at)
    claimed: set[str] = set()
    for entitlement in sorted(observed.entitlements, key=lambda e: e.user.id):
        for service_plan in sorted(entitlement.plans, key=lambda p: p.id):
            pc_id = naming.cloud_pc_id(tenant_id, entitlement.user.id, service_plan.id)
            claimed.add(pc_id)
            steps.weigh(entitlement, service_plan, records.get(pc_id))
    known = {e.user.id for e in observed.entitlements}
    for record in observed.cloud_pcs:
        if record.id not in claimed and (observed.complete or record.user.id in known):
            steps.miss(record, RemovalCause.LICENSE_REMOVED)
    return steps.plan()


class _Steps:
    """Collects the plan one (user, licence) at a time."""

    def __init__(
        self,
        tenant_id: str,
        policies: tuple[Policy, ...],
        snapshots: Mapping[str, Snapshot],
        at: datetime,
    ) -> None:
        self._tenant_id, self._policies, self._snapshots, self._at = (
            tenant_id,
            policies,
            snapshots,
            at,
        )
        self._provision: list[CloudPc] = []
        self._list_only: list[CloudPc] = []
        self._removals: list[CloudPc] = []
        self._reprieves: list[CloudPc] = []

    def plan(self) -> Plan:
        """Return what was collected."""
        return Plan(
            provision=tuple(self._provision),
            list_only=tuple(self._list_only),
            removals=tuple(self._removals),
            reprieves=tuple(self._reprieves),
        )

    def weigh(self, entitlement: Entitlement, plan: ServicePlan, record: CloudPc | None) -> None:
        """Decide for one licence of one user."""
        policy = winner(self._policies, entitlement.group_ids)
        reason = _why_not(entitlement.user, policy)
        if record is None:
            record = self._fresh(entitlement.user, plan)
            if reason:
                self._list_only.append(record.but(reason=reason))
                return
        if reason and (entitlement.certain or record.status is Status.NOT_PROVISIONED):
            self._without(record, self._cause(record, entitlement.user), reason, entitlement.user)
        elif policy is not None and not reason:
            self._with_policy(record, policy, entitlement.user)

    def miss(self, record: CloudPc, cause: RemovalCause) -> None:
        """Record that *record* has lost its reason to be; what was only listed or waiting is listed as such."""
        self._without(record, cause, f"{cause.value}: nothing to provision", record.user)

    def _without(self, record: CloudPc, cause: RemovalCause, reason: str, user: User) -> None:
        if record.status is Status.NOT_PROVISIONED:
            self._list(record, reason, user)
        elif record.status is Status.PENDING_PROVISION and record.attempt == 0 and record.resources == Resources():
            listed = record.after(Event.POLICY_LEFT, at=self._at, reason=reason, user=user, removal=None)
            self._list_only.append(listed)
        elif record.removal is None:
            self._removals.append(
                record.but(removal=Removal(cause=cause, seen_at=self._at), last_modified_date_time=self._at)
            )

    def _cause(self, record: CloudPc, user: User) -> RemovalCause:
        if not user.account_enabled:
            return RemovalCause.USER_DISABLED
        assigned = {policy.id for policy in self._policies if policy.assignments}
        if record.snapshot is not None and record.snapshot.policy_id not in assigned:
            return RemovalCause.GROUP_UNASSIGNED
        return RemovalCause.USER_LEFT_GROUP

    def _list(self, record: CloudPc, reason: str, user: User) -> None:
        if (record.reason, record.user) != (reason, user):
            self._list_only.append(record.but(reason=reason, user=user, last_modified_date_time=self._at))

    def _with_policy(self, record: CloudPc, policy: Policy, user: User) -> None:
        snapshot = self._snapshots.get(policy.id)
        if record.status is Status.NOT_PROVISIONED and snapshot is None:
            self._list(record, f"the connections or the image of policy {policy.display_name} are gone", user)
        elif record.status is Status.NOT_PROVISIONED and snapshot is not None:
            self._provision.append(
                record.after(
                    Event.PLANNED,
                    at=self._at,
                    generation=record.generation + 1,
                    attempt=0,
                    user=user,
                    reason="waiting for its turn to start",
                    snapshot=snapshot,
                    display_name=f"{snapshot.policy_name} - {_called(user)}",
                )
            )
        elif record.removal is not None:
            self._reprieves.append(record.but(removal=None, last_modified_date_time=self._at))

    def _fresh(self, user: User, plan: ServicePlan) -> CloudPc:
        return CloudPc(
            id=naming.cloud_pc_id(self._tenant_id, user.id, plan.id),
            tenant_id=self._tenant_id,
            user=user,
            plan=plan,
            status=Status.NOT_PROVISIONED,
            display_name=_called(user),
            created_date_time=self._at,
            last_modified_date_time=self._at,
        )


def _called(user: User) -> str:
    return user.display_name or user.user_principal_name


def _why_not(user: User, policy: Policy | None) -> str | None:
    if not user.account_enabled:
        return "the user's account is disabled"
    if policy is None:
        return "no provisioning policy targets a group the user is in"
    return None
