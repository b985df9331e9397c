"""A member of a warm pool: a Cloud PC without a user, whose id the Cloud PC has that it becomes."""

from datetime import datetime, timedelta

from pydantic import Field

from shared.domain.cloud_pcs.build import Build, PoolUse, Step
from shared.domain.cloud_pcs.cloud_pc import WAITING_TO_START, CloudPc, User
from shared.domain.cloud_pcs.lifecycle import BUILT, Event, Phase, Status
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.naming import GENERATIONS_BEGIN
from shared.domain.policies.policy import Snapshot
from shared.domain.policies.warm_pool import PoolKey
from shared.domain.values import is_none

NOBODY = User.model_construct(id="", user_principal_name="")

SWITCHING = timedelta(minutes=5)
"""Time after the decision to stop a member in which nobody gets it: the request may be on its way to Azure."""

UNHEALTHY_FOR = timedelta(minutes=30)
"""A member that has been unhealthy for so long is never given to anybody."""

_GOING = frozenset({Status.FAILED, Status.DEPROVISIONING, Status.NOT_PROVISIONED})


class PoolMember(CloudPc):
    """A machine that is built for the users of a policy, before one of them needs it.

    *ready_at*: when its session host was available first. *unhealthy_since*: when it was found not to be so any more,
    and *unhealthy_why*. *parked_at*: when somebody has stopped it to look at it. *rests_since*: when it was decided to
    stop it, because its pool waits deallocated.
    """

    user: User = NOBODY
    ready_at: datetime | None = None
    unhealthy_since: datetime | None = None
    unhealthy_why: str | None = None
    parked_at: datetime | None = None
    rests_since: datetime | None = Field(None, exclude_if=is_none)
    pool_region: str | None = Field(None, exclude_if=is_none)  # that of its pool, in which alone it is built
    counted: bool = False  # its failed build is among the failures of its pool

    @property
    def policy_id(self) -> str:
        """The id of the policy by which the member is built."""
        return self.current.snapshot.policy_id if self.current.snapshot else ""

    @property
    def pool_key(self) -> PoolKey:
        """The names of its pool."""
        return PoolKey(self.policy_id, self.plan.id, self.pool_region or "")

    @property
    def is_running(self) -> bool:
        """Whether the member is built and stays, healthy or not."""
        return self.ready_at is not None and not self.is_going

    @property
    def is_going(self) -> bool:
        """Whether the member has failed or is retired: it cannot be claimed, and its machine is removed."""
        return self.status in _GOING

    @property
    def is_ready(self) -> bool:
        """Whether the member is built and healthy."""
        return self.status in BUILT and self.ready_at is not None and self.unhealthy_since is None

    def is_being_switched(self, at: datetime) -> bool:
        """Whether a request to stop it may still be on its way."""
        return self.rests_since is not None and at - self.rests_since < SWITCHING

    def is_quarantined(self, at: datetime) -> bool:
        """Whether the member was unhealthy for too long: it can no longer be claimed."""
        return self.unhealthy_since is not None and at - self.unhealthy_since >= UNHEALTHY_FOR


def new_member(
    member_id: str,
    tenant_id: str,
    plan: ServicePlan,
    snapshot: Snapshot,
    subscription_id: str | None,
    at: datetime,
    *,
    region: str | None = None,
) -> PoolMember:
    """Return the record of a member that is to be built; *region*: where alone it may be."""
    return PoolMember(
        id=member_id,
        tenant_id=tenant_id,
        plan=plan,
        status=Status.PENDING_PROVISION,
        display_name=f"{snapshot.policy_name} - pool",
        current=Build(
            generation=int((at - GENERATIONS_BEGIN).total_seconds()),
            reason=WAITING_TO_START,
            snapshot=snapshot,
            subscription_id=subscription_id,
        ),
        pool_region=region,
        created_date_time=at,
        last_modified_date_time=at,
    )


def retired(member: PoolMember, why: str, at: datetime) -> PoolMember:
    """Return *member* retired: it can no longer be claimed.

    What is built has nobody to sign off, so it is cleaned up as soon as its build has come to its end.
    """
    if member.is_going:
        return member
    if member.status not in BUILT:
        return member.with_current(reason=why).after(Event.CANCELLED, at=at)
    lost = member.after(Event.LOST, at=at)
    return lost.with_current(reason=why).after(Event.EXPIRED, at=at)


def leaving(member: PoolMember, at: datetime) -> PoolMember:
    """Return a retired *member* whose build has ended, so that its machine may be removed."""
    return member.with_current(phase=Phase.LEAVING, clean_up_at=at).but(last_modified_date_time=at)


def given_back(pc: CloudPc, why: str, at: datetime) -> PoolMember:
    """Return the machine of *pc*, which Azure does not let its user have, as a retired member: it is removed."""
    facts = {name: getattr(pc, name) for name in CloudPc.model_fields}
    use = pc.current.pool
    member = PoolMember(**{**facts, "user": NOBODY, "pool_region": use.region if use else None})
    return retired(member.with_current(pool=None), why, at).but(last_modified_date_time=at)


def claimed_instead(member: PoolMember, pc: CloudPc, why: str, at: datetime) -> CloudPc:
    """Return the Cloud PC of the user of *pc* that has the machine of *member*, because Azure refused theirs."""
    planned = CloudPc(
        id=pc.id,
        tenant_id=pc.tenant_id,
        user=pc.user,
        plan=pc.plan,
        status=Status.PENDING_PROVISION,
        display_name=pc.display_name,
        renamed=pc.renamed,
        current=pc.current,
        created_date_time=pc.created_date_time,
        last_modified_date_time=at,
    )
    mine, before = claimed(member, planned, at), pc.current.pool
    if mine.current.pool is None or before is None:
        raise ValueError("a Cloud PC that never had a member of a pool")
    use = mine.current.pool.but(asked_at=before.asked_at, instead_of=pc.id, why=why)
    return mine.with_current(pool=use)


def claimed(member: PoolMember, planned: CloudPc, at: datetime, *, asked_at: datetime | None = None) -> CloudPc:
    """Return the Cloud PC of a user that has the machine of *member*, instead of being built as *planned*.

    It has the id of the member, and its build goes on where the user is assigned. *asked_at*: when its machine was
    asked for, None: now.
    """
    before = member.current
    build = Build(
        generation=member.next_generation,
        reason=WAITING_TO_START,
        resumed_at=Step.ASSIGN_USER,
        snapshot=before.snapshot,
        subscription_id=before.subscription_id or before.resources.subscription_id,
        group_id=planned.current.group_id,
        resources=before.resources,
        warnings=before.warnings,
        pool=PoolUse(
            asked_at=asked_at or at,
            claimed=True,
            claimed_at=at,
            off=member.rests_since is not None,
            region=member.pool_region,
        ),
    )
    named = planned.named_for(before.snapshot) if before.snapshot else planned.display_name
    return planned.but(id=member.id, current=build, display_name=named, last_modified_date_time=at)
