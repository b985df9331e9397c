"""Desired x observed -> Plan: who should have which Cloud PC, and the actions that lead there.

Pure: from the directory, the policies and the records to a Plan. Applying a plan and planning again yields an empty
plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from shared.domain import naming
from shared.domain.cloud_pcs import replacing
from shared.domain.cloud_pcs.build import Build, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Removal, RemovalCause, User, replanned
from shared.domain.cloud_pcs.grace import begin_grace, reprieve
from shared.domain.cloud_pcs.lifecycle import BUILT, Event, Phase, Status
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.planning.entitlements import Entitlement, linked, targeted_group, winner
from shared.domain.planning.plans import Fleet, Observed, Plan, Rules, braked
from shared.domain.planning.queueing import queue_up, waits
from shared.domain.policies.policy import Policy, Snapshot

_DISABLED = "the user's account is disabled"
_LEFT_ALONE = frozenset({Status.IN_GRACE_PERIOD, Status.RESTORING, Status.RESIZING})  # planned again when it ends


def plan(
    observed: Observed,
    policies: tuple[Policy, ...],
    snapshots: Mapping[str, Snapshot],
    *,
    tenant_id: str,
    at: datetime,
    rules: Rules | None = None,
) -> Plan:
    """Return the actions after which users have exactly the Cloud PCs that they are entitled to.

    *snapshots* holds the snapshot of a Cloud PC built today, by policy id; a policy without one builds nothing.
    """
    steps = _Steps(tenant_id, policies, snapshots, rules or Rules(), at)
    of_user: dict[str, list[CloudPc]] = defaultdict(list)
    for record in observed.cloud_pcs:
        of_user[record.user.id].append(record)
    decided: set[str] = set()
    for entitlement in sorted(observed.entitlements, key=lambda e: e.user.id):
        decided |= steps.decide_all(entitlement, of_user[entitlement.user.id])
    known = {e.user.id for e in observed.entitlements} | observed.gone
    for record in observed.cloud_pcs:
        if record.id not in decided and (observed.complete or record.user.id in known):
            gone = record.user.id in observed.gone
            steps.license_missing(record, RemovalCause.USER_DELETED if gone else RemovalCause.LICENSE_REMOVED)
    return steps.result(observed)


class _Steps:
    """Collects the plan one (user, licence) at a time."""

    def __init__(
        self,
        tenant_id: str,
        policies: tuple[Policy, ...],
        snapshots: Mapping[str, Snapshot],
        rules: Rules,
        at: datetime,
    ) -> None:
        self._tenant_id, self._policies, self._snapshots = tenant_id, policies, snapshots
        self._rules, self._at = rules, at
        self._new: list[CloudPc] = []  # to be planned
        self._planned: list[CloudPc] = []  # were planned, and not begun
        self._fresh_snapshots: set[str] = set()  # of these, whose snapshot has been renewed
        self._licenses: dict[str, frozenset[str]] = {}  # ids of service plans, by user
        self._licensed: dict[str, tuple[ServicePlan, ...]] = {}  # as they are today, by user
        self._disabled: set[str] = set()  # ids of users
        self._list_only: list[CloudPc] = []
        self._revocations: list[tuple[CloudPc, RemovalCause]] = []
        self._reprieves: list[CloudPc] = []
        self._delete: list[CloudPc] = []
        self._resizes: list[CloudPc] = []
        self._moved: list[CloudPc] = []  # whose user comes to their policy by another group now
        self._settled: list[CloudPc] = []  # whose swap of licences is over

    def decide_all(self, entitlement: Entitlement, records: Collection[CloudPc]) -> set[str]:
        """Decide on each licence of one user with the Cloud PCs *records*; return the ids of the decided Cloud PCs.

        One whose licences are being swapped claims two, and is decided once.
        """
        user, licenses = entitlement.user, frozenset(plan.id for plan in entitlement.plans)
        self._licenses[user.id], self._licensed[user.id] = licenses, entitlement.plans
        if not user.account_enabled:
            self._disabled.add(user.id)
        settled = [self._settle(each, licenses, stays=self._stays(entitlement, each)) for each in records]
        owners = {plan_id: pc for pc in settled for plan_id in pc.claims}
        taken, decided = {pc.id for pc in records}, set[str]()
        for plan in sorted(entitlement.plans, key=lambda p: p.id):
            record = owners.get(plan.id) or self._fresh(user, plan, taken)
            if record.id not in decided:
                decided.add(record.id)
                self._decide(entitlement, record)
        return decided

    def _settle(self, record: CloudPc, licenses: Collection[str], *, stays: bool = True) -> CloudPc:
        """Return *record* with its finished swap ended; a paused record is not changed."""
        after = (
            record if self._rules.pause_reason(record) else replacing.settled(record, licenses, self._at, stays=stays)
        )
        if after is not record and after.id not in {pc.id for pc in self._settled}:
            self._settled.append(after)
        return after

    def _fresh(self, user: User, plan: ServicePlan, taken: Collection[str]) -> CloudPc:
        return CloudPc(
            id=naming.new_cloud_pc_id(self._tenant_id, user.id, plan.id, taken),
            tenant_id=self._tenant_id,
            user=user,
            plan=plan,
            status=Status.NOT_PROVISIONED,
            display_name=_name_of(user),
            current=Build(generation=int((self._at - naming.GENERATIONS_BEGIN).total_seconds()), phase=Phase.NONE),
            created_date_time=self._at,
            last_modified_date_time=self._at,
        )

    def _decide(self, entitlement: Entitlement, record: CloudPc) -> None:
        user, policy = entitlement.user, winner(self._policies, entitlement.group_ids)
        if record.status is Status.NOT_PROVISIONED:
            self._whether_to_build(record, policy, entitlement)
        elif record.status is Status.DEPROVISIONING:
            self._rebuild_after_removal(record, policy, entitlement)
        elif _is_only_planned(record) and not user.account_enabled:
            self._plan_elsewhere(record, policy, entitlement)  # nothing is built for them
        elif self._keeps(entitlement, record):
            self._keep(record, entitlement)
        elif entitlement.certain and _is_only_planned(record):
            self._plan_elsewhere(record, policy, entitlement)
        elif entitlement.certain:
            self._revoke(record, self._cause(record, user))

    def _keeps(self, entitlement: Entitlement, record: CloudPc) -> bool:
        """Whether its user still has a policy for the Cloud PC; a disabled account is no cause, unless set so."""
        groups = entitlement.group_ids
        own = record.current.policy_id if record.status is not Status.NOT_PROVISIONED else None
        if record.status is Status.FAILED:  # whichever policy wins, a retry by hand builds by it
            own = None
        by_policy = linked(self._policies, own, groups) if own else winner(self._policies, groups) is not None
        if record.being_replaced and record.replacement and record.replacement.snapshot:  # it moves to this policy
            by_policy = by_policy or linked(self._policies, record.replacement.snapshot.policy_id, groups)
        return by_policy and not self._loses_as_disabled(entitlement.user)

    def _loses_as_disabled(self, user: User) -> bool:
        return self._rules.disabled_lose and not user.account_enabled

    def _stays(self, entitlement: Entitlement, record: CloudPc) -> bool:
        return not entitlement.certain or self._keeps(entitlement, record)

    def license_missing(self, record: CloudPc, cause: RemovalCause) -> None:
        """Decide on a Cloud PC without its licence or its user; it stays while it waits for another licence."""
        record = self._settle(record, ())
        awaits = record.status is Status.RESIZE_PENDING_LICENSE and cause is RemovalCause.LICENSE_REMOVED
        if awaits or record.status in {Status.IN_GRACE_PERIOD, Status.DEPROVISIONING}:
            return
        if record.status is Status.NOT_PROVISIONED and record.replacement is not None:
            return  # a machine that it had is still to be removed
        if record.status is Status.NOT_PROVISIONED or _is_only_planned(record):
            self._delete.append(record)
        else:
            self._revoke(record, cause)

    def result(self, observed: Observed) -> Plan:
        """Return the plan of the collected actions, within the licences, and with the removal brake applied."""
        mine = {pc.id for pc in observed.cloud_pcs}
        others = [pc for pc in observed.everything if pc.id not in mine and waits(pc)]
        queue = queue_up((self._new, self._planned, others), observed.free, self._why_held, self._fresh_snapshots)
        revocations = [(pc, cause) for pc, cause in self._revocations if not self._rules.pause_reason(pc)]
        fleet = Fleet.of(observed.everything, self._at)
        doubts = braked(revocations, observed.doubt, self._rules.brake, self._policies, fleet)
        revoked = [(pc, cause) for pc, cause in revocations if pc.id not in doubts]
        made = Plan(
            provision=queue.new,
            waiting=queue.changed,
            list_only=tuple(self._list_only),
            grace=tuple(self._begin_grace(pc, cause) for pc, cause in revoked if pc.status in BUILT),
            cancel=tuple(self._cancelled(pc, cause) for pc, cause in revoked if pc.status not in BUILT),
            removals=tuple(
                pc.but(removal=Removal(cause=cause, seen_at=self._at, why=doubts[pc.id]))
                for pc, cause in revocations
                if pc.id in doubts and pc.removal is None
            ),
            reprieves=tuple(self._reprieves),
            resizes=tuple(self._resizes),
            moved=tuple(self._moved),
            delete=tuple(self._delete),
            start=queue.start,
        )
        written = {pc.id for pc in (*made.writes, *made.delete)}
        return made.but(swapped=tuple(pc for pc in self._settled if pc.id not in written))

    def _why_held(self, pc: CloudPc) -> str | None:
        """Return why a planned build may not begin, apart from a lack of licences."""
        return self._rules.pause_reason(pc) or (_DISABLED if pc.user.id in self._disabled else None)

    def _whether_to_build(self, record: CloudPc, policy: Policy | None, entitlement: Entitlement) -> None:
        reason = _why_not(entitlement.user, policy)
        snapshot = self._snapshots.get(policy.id) if policy else None
        if policy is not None and not reason and snapshot is None:
            reason = f"the connections or the image of policy {policy.display_name} are gone"
        if reason or policy is None or snapshot is None:
            self._list(record, reason or "", entitlement.user)
        else:
            group_id = targeted_group(policy, entitlement.group_ids)
            self._new.append(self._planned_for(record, snapshot, entitlement.user, group_id))

    def _planned_for(self, record: CloudPc, snapshot: Snapshot, user: User, group_id: str | None) -> CloudPc:
        record = self._as_licensed(record)
        planned = replanned(record, Event.PLANNED, self._at).with_current(snapshot=snapshot, group_id=group_id)
        return planned.but(user=user, display_name=record.named_for(snapshot, user))

    def _rebuild_after_removal(self, record: CloudPc, policy: Policy | None, entitlement: Entitlement) -> None:
        """Build again after a removal: the build first cleans up the remains.

        One that is still being closed has to be closed first; and a clean-up that has begun (``clean_up_at`` is None
        then) has to end.
        """
        ready = record.current.clean_up_at is not None and policy is not None and policy.id in self._snapshots
        if ready and entitlement.user.account_enabled:
            self._whether_to_build(record, policy, entitlement)

    def _keep(self, record: CloudPc, entitlement: Entitlement) -> None:
        group_id, licenses = self._group_of(record, entitlement), self._licenses[entitlement.user.id]
        if replacing.may_begin(record, licenses) and not self._rules.pause_reason(record):
            self._resizes.append(replacing.begin(record, self._at))
        elif record.status is Status.IN_GRACE_PERIOD:
            self._reprieves.append(reprieve(record, self._at).with_current(group_id=group_id))
        elif record.removal is not None:
            kept = record.with_current(group_id=group_id)
            self._reprieves.append(kept.but(removal=None, last_modified_date_time=self._at))
        elif waits(record):
            self._planned.append(self._renewed(record))
        elif group_id != record.current.group_id and record.status in BUILT:
            self._moved.append(record.with_current(group_id=group_id))

    def _group_of(self, record: CloudPc, entitlement: Entitlement) -> str | None:
        """Return the group through which the policy targets the user: the group of the build, if it still does."""
        own = next((p for p in self._policies if p.id == record.current.policy_id), None)
        group_id = record.current.group_id
        if group_id is None or own is None:
            return group_id
        stays = group_id in entitlement.group_ids & {a.group_id for a in own.assignments}
        return group_id if stays else targeted_group(own, entitlement.group_ids) or group_id

    def _renewed(self, record: CloudPc) -> CloudPc:
        """Return a planned Cloud PC with its policy's current snapshot.

        A build that was requested by hand, or that goes on with a machine of the warm pool, keeps its own.
        """
        fresh, licensed = self._snapshots.get(record.current.policy_id or ""), self._as_licensed(record)
        if fresh is None or record.current.operation_id is not None or record.current.resumed_at is not None:
            return record
        if (fresh, licensed) == (record.current.snapshot, record):
            return record
        self._fresh_snapshots.add(record.id)
        named = record.named_for(fresh)
        return licensed.with_current(snapshot=fresh).but(display_name=named, last_modified_date_time=self._at)

    def _as_licensed(self, record: CloudPc) -> CloudPc:
        """Return a planned Cloud PC with the hardware of its licence's current service plan."""
        licensed = self._licensed.get(record.user.id, ())
        return next((record.but(plan=plan) for plan in licensed if plan.id == record.plan.id), record)

    def _plan_elsewhere(self, record: CloudPc, policy: Policy | None, entitlement: Entitlement) -> None:
        """Plan a planned Cloud PC for the policy that wins now; without a policy it is only listed."""
        left = record.with_current(reason=None).after(
            Event.POLICY_LEFT, at=self._at, user=entitlement.user, removal=None
        )
        self._whether_to_build(left, policy, entitlement)

    def _revoke(self, record: CloudPc, cause: RemovalCause) -> None:
        if record.status not in _LEFT_ALONE:
            self._revocations.append((record, cause))

    def _cause(self, record: CloudPc, user: User) -> RemovalCause:
        if self._loses_as_disabled(user):
            return RemovalCause.USER_DISABLED
        own, group_id = record.current.policy_id, record.current.group_id
        assigned = {a.group_id for policy in self._policies if policy.id == own for a in policy.assignments}
        left = group_id in assigned if group_id else bool(assigned)
        return RemovalCause.USER_LEFT_GROUP if left else RemovalCause.GROUP_UNASSIGNED

    def _begin_grace(self, record: CloudPc, cause: RemovalCause) -> CloudPc:
        """Return *record* in its grace period, in which nothing waits for a licence that its user does not have."""
        licenses = self._licenses.get(record.user.id, frozenset())
        return replacing.settled(begin_grace(record, cause, self._at), licenses, self._at)

    def _cancelled(self, record: CloudPc, cause: RemovalCause) -> CloudPc:
        confirmed_by = record.removal.confirmed_by if record.removal else None
        removal = Removal(cause=cause, seen_at=self._at, confirmed_by=confirmed_by)
        cancelled = record.with_current(reason=f"its build is cancelled, because {cause.words}", clean_up_at=None)
        return cancelled.after(Event.CANCELLED, at=self._at, removal=removal)

    def _list(self, record: CloudPc, reason: str, user: User) -> None:
        if (record.current.reason, record.user) != (reason, user):
            listed = record.with_current(reason=reason)
            self._list_only.append(listed.but(user=user, last_modified_date_time=self._at))


def _is_only_planned(record: CloudPc) -> bool:
    return waits(record) and record.current.resources == Resources()


def _name_of(user: User) -> str:
    return user.display_name or user.user_principal_name


def _why_not(user: User, policy: Policy | None) -> str | None:
    if not user.account_enabled:
        return _DISABLED
    if policy is None:
        return "no provisioning policy targets a group the user is in"
    return None
