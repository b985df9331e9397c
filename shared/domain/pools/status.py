"""Status of a warm pool for people: its members, its hits and misses, and the times from request to use."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import quantiles

from shared.domain.cloud_pcs.build import PoolUse
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.policies.warm_pool import PoolSize
from shared.domain.pools.advice import SizeAdvice
from shared.domain.pools.member import PoolMember
from shared.domain.pools.plan import PoolPlan
from shared.domain.values import Value

COUNTED = timedelta(days=30)
"""The period in which requests for a machine are counted."""


class ClaimDurations(Value):
    """Median and 95th percentile of durations, in seconds."""

    count: int
    median_in_seconds: int
    p95_in_seconds: int


class PoolUsage(Value):
    """Requests for a machine of a pool in the last 30 days.

    *to_claimed*, *to_assigned*, *to_usable*: from the plan that sees licence and policy until the Cloud PC has its
    machine, until its user is assigned, and until their rights count.
    """

    claimed: int
    missed: int
    hit_rate: float | None = None
    to_claimed: ClaimDurations | None = None
    to_assigned: ClaimDurations | None = None
    to_usable: ClaimDurations | None = None


class PoolTimes(PoolUsage):
    """Times of a policy with a warm pool, over the last *window_in_days* days.

    *built_to_usable*: of Cloud PCs that were built like any other, because no member was ready.
    """

    policy_id: str
    policy_name: str
    window_in_days: int = COUNTED.days
    built_to_usable: ClaimDurations | None = None


class PoolAction(StrEnum):
    """The next thing that is done to a pool."""

    BUILD = "build"
    RETIRE = "retire"
    WAIT = "wait"
    NONE = "none"


def next_action(made: PoolPlan) -> PoolAction:
    """Return the next action of a plan; it waits where members are missing and none is built now."""
    if made.create or made.starting:
        return PoolAction.BUILD
    if made.retired:
        return PoolAction.RETIRE
    return PoolAction.WAIT if made.size > len(made.eligible) else PoolAction.NONE


class PoolMemberStatus(Value):
    """A member of a pool: its group in the plan, its age and its fault."""

    id: str
    computer_name: str | None = None
    group: str
    created_date_time: datetime
    ready_date_time: datetime | None = None
    detail: str | None = None


class PoolStatus(PoolSize):
    """A warm pool: its setting, its members by group, its use, and the reason of its next step.

    *size*: the number of members that it should have now. *oldest_date_time*: when the oldest member that may be
    claimed was begun. *cost_of_day*: of the machines that are there, by list prices; None where one is not known.
    """

    id: str
    policy_id: str
    policy_name: str
    size: int
    service_plan_id: str
    service_plan_name: str
    eligible: int
    starting: int
    held: int
    parked: int
    deleting: int
    missing: int
    failures: int
    next_action: PoolAction
    next_step: str
    oldest_date_time: datetime | None = None
    cost_of_day: float | None = None
    currency: str | None = None
    usage: PoolUsage
    advice: SizeAdvice
    members: tuple[PoolMemberStatus, ...]


def has_asked(pc: CloudPc, region: str | None) -> bool:
    """Whether *pc* has asked the pool of a region: it has a machine of it, or it found none in any."""
    use = pc.current.pool
    return use is not None and (not use.claimed or use.region == region)


def usage_of(cloud_pcs: Iterable[CloudPc], at: datetime) -> PoolUsage:
    """Return the use of a pool by the Cloud PCs of its policy and plan."""
    asked = _asked(cloud_pcs, at)
    got = [(pc, use) for pc, use in asked if use.claimed]
    taken = [(use.claimed_at, use.asked_at) for _, use in got]
    assigned = [(pc.current.resources.assigned_at, use.asked_at) for pc, use in got]
    usable = [(pc.provisioned_date_time, use.asked_at) for pc, use in got]
    return PoolUsage(
        claimed=len(got),
        missed=len(asked) - len(got),
        hit_rate=round(len(got) / len(asked), 4) if asked else None,
        to_claimed=_durations(taken),
        to_assigned=_durations(assigned),
        to_usable=_durations(usable),
    )


def times_of(policy_id: str, policy_name: str, cloud_pcs: Sequence[CloudPc], at: datetime) -> PoolTimes:
    """Return the times of a policy by its Cloud PCs."""
    missed = [(pc.provisioned_date_time, use.asked_at) for pc, use in _asked(cloud_pcs, at) if not use.claimed]
    return PoolTimes(
        **dict(usage_of(cloud_pcs, at)),
        policy_id=policy_id,
        policy_name=policy_name,
        built_to_usable=_durations(missed),
    )


def requests_of(cloud_pcs: Iterable[CloudPc], at: datetime) -> list[datetime]:
    """Return when members were asked for in the counted period."""
    return [use.asked_at for _, use in _asked(cloud_pcs, at)]


def _asked(cloud_pcs: Iterable[CloudPc], at: datetime) -> list[tuple[CloudPc, PoolUse]]:
    return [(pc, pc.current.pool) for pc in cloud_pcs if pc.current.pool and at - pc.current.pool.asked_at <= COUNTED]


def _durations(spans: Iterable[tuple[datetime | None, datetime]]) -> ClaimDurations | None:
    seconds = sorted((end - start).total_seconds() for end, start in spans if end is not None)
    if not seconds:
        return None
    cuts = quantiles(seconds, n=20, method="inclusive") if len(seconds) > 1 else seconds * 19
    return ClaimDurations(count=len(seconds), median_in_seconds=round(cuts[9]), p95_in_seconds=round(cuts[18]))


def members_of(made: PoolPlan, members: Iterable[PoolMember]) -> tuple[PoolMemberStatus, ...]:
    """Return the members of a pool, the oldest first, each with its group in the plan *made*."""
    named = ("eligible", "starting", "held", "parked", "deleting")
    groups = {member_id: name for name in named for member_id in getattr(made, name)}
    return tuple(
        PoolMemberStatus(
            id=each.id,
            computer_name=each.current.resources.computer_name,
            group=groups.get(each.id, "retired"),
            created_date_time=each.created_date_time,
            ready_date_time=each.ready_at,
            detail=each.unhealthy_why or made.retired.get(each.id) or each.current.reason,
        )
        for each in sorted(members, key=lambda each: (each.created_date_time, each.id))
    )
