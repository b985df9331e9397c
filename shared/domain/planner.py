"""Desired x observed -> Plan: who should have which Cloud PC, and what has to happen for it.

Pure: the directory's answer, the policies and the records go in; a Plan comes out. Applying a plan and
planning again yields an empty plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from shared.domain import naming, swapping
from shared.domain.brake import Fleet, braked
from shared.domain.cloud_pc import CloudPc, Removal, RemovalCause, Resources, User, replanned
from shared.domain.entitlements import Entitlement, linked, way_in, winner
from shared.domain.grace import begin_grace, reprieve
from shared.domain.lifecycle import BUILT, Event, Status
from shared.domain.plans import Observed, Plan, Rules
from shared.domain.policy import Policy, Snapshot
from shared.domain.queueing import queue_up, waits
from shared.domain.service_plan import ServicePlan

_GENERATIONS_BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
_LEFT_ALONE = frozenset({Status.IN_GRACE_PERIOD, Status.RESTORING, Status.RESIZING})  # planned anew at the end


def plan(
    observed: Observed,
    policies: tuple[Policy, ...],
    snapshots: Mapping[str, Snapshot],
    *,
    tenant_id: str,
    at: datetime,
    rules: Rules | None = None,
) -> Plan:
    """Return what has to happen so that everyone has what he is entitled to, and nobody what he is not.

    *snapshots* holds, by policy id, what a Cloud PC built today would be built from; a policy without one builds
    nothing.
    """
    steps = _Steps(tenant_id, policies, snapshots, rules or Rules(), at)
    of_user: dict[str, list[CloudPc]] = defaultdict(list)
    for record in observed.cloud_pcs:
        of_user[record.user.id].append(record)
    weighed: set[str] = set()
    for entitlement in sorted(observed.entitlements, key=lambda e: e.user.id):
        weighed |= steps.weigh_all(entitlement, of_user[entitlement.user.id])
    known = {e.user.id for e in observed.entitlements} | observed.gone
    for record in observed.cloud_pcs:
        if record.id not in weighed and (observed.complete or record.user.id in known):
            gone = record.user.id in observed.gone
            steps.miss(record, RemovalCause.USER_DELETED if gone else RemovalCause.LICENSE_REMOVED)
    return steps.settle(observed)


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
        self._held: dict[str, frozenset[str]] = {}  # by user, the licences that he has
        self._list_only: list[CloudPc] = []
        self._takings: list[tuple[CloudPc, RemovalCause]] = []
        self._reprieves: list[CloudPc] = []
        self._forget: list[CloudPc] = []
        self._resizes: list[CloudPc] = []
        self._moved: list[CloudPc] = []  # whose user comes to their policy by another group now
        self._settled: list[CloudPc] = []  # whose swap of licences is over

    def weigh_all(self, entitlement: Entitlement, records: Collection[CloudPc]) -> set[str]:
        """Decide for every licence of one user whose Cloud PCs are *records*; return the ids of those it is about.

        One whose licences are being swapped claims two, and is weighed once.
        """
        user, held = entitlement.user, frozenset(plan.id for plan in entitlement.plans)
        self._held[user.id] = held
        settled = [self._settle(each, held, stays=self._stays(entitlement, each)) for each in records]
        owners = {plan_id: pc for pc in settled for plan_id in pc.claims}
        taken, weighed = {pc.id for pc in records}, set[str]()
        for plan in sorted(entitlement.plans, key=lambda p: p.id):
            record = owners.get(plan.id) or self._fresh(user, plan, taken)
            if record.id not in weighed:
                weighed.add(record.id)
                self._weigh(entitlement, record)
        return weighed

    def _settle(self, record: CloudPc, held: Collection[str], *, stays: bool = True) -> CloudPc:
        """Return *record* with its swap over, if it is; whatever is paused stays as it is."""
        after = record if self._rules.held(record) else swapping.settled(record, held, self._at, stays=stays)
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
            display_name=_called(user),
            generation=int((self._at - _GENERATIONS_BEGIN).total_seconds()),
            created_date_time=self._at,
            last_modified_date_time=self._at,
        )

    def _weigh(self, entitlement: Entitlement, record: CloudPc) -> None:
        user, policy = entitlement.user, winner(self._policies, entitlement.group_ids)
        if record.status is Status.NOT_PROVISIONED:
            self._whether_to_build(record, policy, entitlement)
        elif record.status is Status.DEPROVISIONING:
            self._after_the_old_one(record, policy, entitlement)
        elif self._keeps(entitlement, record):
            self._keep(record, entitlement)
        elif entitlement.certain and _is_only_planned(record):
            self._elsewhere(record, policy, entitlement)
        elif entitlement.certain:
            self._take(record, self._cause(record, user))

    def _keeps(self, entitlement: Entitlement, record: CloudPc) -> bool:
        """Whether its user still has an account and a policy for what there is."""
        groups = entitlement.group_ids
        own = record.snapshot.policy_id if record.snapshot and record.status is not Status.NOT_PROVISIONED else None
        if record.status is Status.FAILED:  # whichever policy wins, a retry by hand builds by it
            own = None
        by_policy = linked(self._policies, own, groups) if own else winner(self._policies, groups) is not None
        return entitlement.user.account_enabled and by_policy

    def _stays(self, entitlement: Entitlement, record: CloudPc) -> bool:
        return not entitlement.certain or self._keeps(entitlement, record)

    def miss(self, record: CloudPc, cause: RemovalCause) -> None:
        """Decide for a Cloud PC whose licence is gone, or whose user; one that waits for another licence goes on."""
        record = self._settle(record, ())
        awaits = record.status is Status.RESIZE_PENDING_LICENSE and cause is RemovalCause.LICENSE_REMOVED
        if awaits or record.status in {Status.IN_GRACE_PERIOD, Status.DEPROVISIONING}:
            return
        if record.status is Status.NOT_PROVISIONED and record.beside is not None:
            return  # a machine that it had is still being removed
        if record.status is Status.NOT_PROVISIONED or _is_only_planned(record):
            self._forget.append(record)
        else:
            self._take(record, cause)

    def settle(self, observed: Observed) -> Plan:
        """Return what was collected: within the licences there are, and with the brake on."""
        mine = {pc.id for pc in observed.cloud_pcs}
        others = [pc for pc in observed.everything if pc.id not in mine and waits(pc)]
        queue = queue_up((self._new, self._planned, others), observed.free, self._rules.held, self._fresh_snapshots)
        takings = [(pc, cause) for pc, cause in self._takings if not self._rules.held(pc)]
        fleet = Fleet.of(observed.everything, self._at)
        doubts = braked(takings, observed.doubt, self._rules.brake, self._policies, fleet)
        taken = [(pc, cause) for pc, cause in takings if pc.id not in doubts]
        made = Plan(
            provision=queue.new,
            waiting=queue.changed,
            list_only=tuple(self._list_only),
            grace=tuple(self._begin_grace(pc, cause) for pc, cause in taken if pc.status in BUILT),
            cancel=tuple(self._cancelled(pc, cause) for pc, cause in taken if pc.status not in BUILT),
            removals=tuple(
                pc.but(removal=Removal(cause=cause, seen_at=self._at, why=doubts[pc.id]))
                for pc, cause in takings
                if pc.id in doubts and pc.removal is None
            ),
            reprieves=tuple(self._reprieves),
            resizes=tuple(self._resizes),
            moved=tuple(self._moved),
            forget=tuple(self._forget),
            start=queue.start,
        )
        told = {pc.id for pc in (*made.writes, *made.forget)}
        return made.but(swapped=tuple(pc for pc in self._settled if pc.id not in told))

    def _whether_to_build(self, record: CloudPc, policy: Policy | None, entitlement: Entitlement) -> None:
        reason = _why_not(entitlement.user, policy)
        snapshot = self._snapshots.get(policy.id) if policy else None
        if policy is not None and not reason and snapshot is None:
            reason = f"the connections or the image of policy {policy.display_name} are gone"
        if reason or policy is None or snapshot is None:
            self._list(record, reason or "", entitlement.user)
        else:
            group_id = way_in(policy, entitlement.group_ids)
            self._new.append(self._planned_for(record, snapshot, entitlement.user, group_id))

    def _planned_for(self, record: CloudPc, snapshot: Snapshot, user: User, group_id: str | None) -> CloudPc:
        return replanned(record, Event.PLANNED, self._at).but(
            user=user,
            snapshot=snapshot,
            group_id=group_id,
            display_name=f"{snapshot.policy_name} - {_called(user)}",
        )

    def _after_the_old_one(self, record: CloudPc, policy: Policy | None, entitlement: Entitlement) -> None:
        """Build anew in the place of one that is out of use: the build first cleans up what is left of it.

        One that is still being closed has to be that first; and a clean-up that has begun (``clean_up_at`` is taken
        away then) has to end.
        """
        ready = record.clean_up_at is not None and policy is not None and policy.id in self._snapshots
        if ready and entitlement.user.account_enabled:
            self._whether_to_build(record, policy, entitlement)

    def _keep(self, record: CloudPc, entitlement: Entitlement) -> None:
        way, held = self._way(record, entitlement), self._held[entitlement.user.id]
        if swapping.may_begin(record, held) and not self._rules.held(record):
            self._resizes.append(swapping.begin(record, self._at))
        elif record.status is Status.IN_GRACE_PERIOD:
            self._reprieves.append(reprieve(record, self._at).but(group_id=way))
        elif record.removal is not None:
            self._reprieves.append(record.but(removal=None, group_id=way, last_modified_date_time=self._at))
        elif waits(record):
            self._planned.append(self._renewed(record))
        elif way != record.group_id and record.status in BUILT:
            self._moved.append(record.but(group_id=way))

    def _way(self, record: CloudPc, entitlement: Entitlement) -> str | None:
        """Return the group through which its user comes to its policy: the one he came by, while that is one."""
        own = next((p for p in self._policies if record.snapshot and p.id == record.snapshot.policy_id), None)
        if record.group_id is None or own is None:
            return record.group_id
        stays = record.group_id in entitlement.group_ids & {a.group_id for a in own.assignments}
        return record.group_id if stays else way_in(own, entitlement.group_ids)

    def _renewed(self, record: CloudPc) -> CloudPc:
        """Return one that was planned and not begun as its policy builds it today; what was asked by hand stays."""
        today = self._snapshots.get(record.snapshot.policy_id) if record.snapshot else None
        if today is None or today == record.snapshot or record.operation_id is not None:
            return record
        self._fresh_snapshots.add(record.id)
        return record.but(snapshot=today, last_modified_date_time=self._at)

    def _elsewhere(self, record: CloudPc, policy: Policy | None, entitlement: Entitlement) -> None:
        """Plan one that was planned and not begun for the policy that wins now; without any it is listed."""
        left = record.after(Event.POLICY_LEFT, at=self._at, reason=None, user=entitlement.user, removal=None)
        self._whether_to_build(left, policy, entitlement)

    def _take(self, record: CloudPc, cause: RemovalCause) -> None:
        if record.status not in _LEFT_ALONE:
            self._takings.append((record, cause))

    def _cause(self, record: CloudPc, user: User) -> RemovalCause:
        if not user.account_enabled:
            return RemovalCause.USER_DISABLED
        own = record.snapshot.policy_id if record.snapshot else None
        assigned = {a.group_id for policy in self._policies if policy.id == own for a in policy.assignments}
        left = record.group_id in assigned if record.group_id else bool(assigned)
        return RemovalCause.USER_LEFT_GROUP if left else RemovalCause.GROUP_UNASSIGNED

    def _begin_grace(self, record: CloudPc, cause: RemovalCause) -> CloudPc:
        """Return *record* in its grace period, in which nothing waits for a licence that its user does not have."""
        held = self._held.get(record.user.id, frozenset())
        return swapping.settled(begin_grace(record, cause, self._at), held, self._at)

    def _cancelled(self, record: CloudPc, cause: RemovalCause) -> CloudPc:
        confirmed_by = record.removal.confirmed_by if record.removal else None
        removal = Removal(cause=cause, seen_at=self._at, confirmed_by=confirmed_by)
        return record.after(
            Event.CANCELLED, at=self._at, reason=f"cancelled: {cause.value}", removal=removal, clean_up_at=None
        )

    def _list(self, record: CloudPc, reason: str, user: User) -> None:
        if (record.reason, record.user) != (reason, user):
            self._list_only.append(record.but(reason=reason, user=user, last_modified_date_time=self._at))


def _is_only_planned(record: CloudPc) -> bool:
    return waits(record) and record.resources == Resources()


def _called(user: User) -> str:
    return user.display_name or user.user_principal_name


def _why_not(user: User, policy: Policy | None) -> str | None:
    if not user.account_enabled:
        return "the user's account is disabled"
    if policy is None:
        return "no provisioning policy targets a group the user is in"
    return None
