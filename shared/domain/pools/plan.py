"""Plan of a warm pool: which members may be claimed, which are retired, and how many are built. Pure."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from shared.domain import naming
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.policies.policy import Snapshot
from shared.domain.policies.warm_pool import AT_ONCE, PoolKey, WarmPool
from shared.domain.pools.member import PoolMember
from shared.domain.values import Value, amount

LEAD = timedelta(hours=3)
"""So long before its age limit the successor of a member is built."""

BACK_OFF = timedelta(minutes=5)
"""Pause after a failed build, for each failure in a row."""

MOST_FAILURES = 3
"""Limit of failures in a row: after that nothing is built until somebody saves the pool again."""


class PoolRecord(Value):
    """Record of a pool beside its members: failures in a row, the last failure, and whether it was reported."""

    id: str
    tenant_id: str
    policy_id: str = ""  # empty in records of an earlier release
    failures: int = 0
    failed_at: datetime | None = None
    last_error: Failure | None = None
    told: bool = False
    checked_at: datetime | None = None  # when the health of its members was read last

    def failed(self, error: Failure | None, at: datetime) -> "PoolRecord":
        """Return the record after another failed build."""
        return self.but(failures=self.failures + 1, failed_at=at, last_error=error)

    @property
    def is_halted(self) -> bool:
        """Whether nothing is built any more until somebody has looked."""
        return self.failures >= MOST_FAILURES

    def waits_until(self, at: datetime) -> datetime | None:
        """Return when a member may be built again, None when one may now."""
        if self.failed_at is None or not self.failures:
            return None
        again = self.failed_at + self.failures * BACK_OFF
        return again if again > at else None


def new_record(tenant_id: str, key: PoolKey) -> PoolRecord:
    """Return the record of a pool of which nothing is known yet: no failures."""
    return PoolRecord(id=naming.pool_id(tenant_id, *key), tenant_id=tenant_id, policy_id=key.policy_id)


class PoolPlan(Value):
    """Plan of a pool: its members (ids), each in one group, and the number of members to build, with the reason.

    *eligible*: they may be claimed. *starting*: they are built. *held*: healthy or not yet judged so, and not given.
    *parked*: left to whoever stopped them. *deleting*: their machines are being removed. All others are retired:
    *expired*, *outdated*, *quarantined*, *extraneous*.
    """

    size: int
    eligible: tuple[str, ...] = ()
    starting: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    parked: tuple[str, ...] = ()
    deleting: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()
    extraneous: tuple[str, ...] = ()
    create: int = 0
    why: str = ""

    @property
    def retired(self) -> dict[str, str]:
        """Why each member is retired, by its id."""
        groups = {
            "it has reached its age limit": self.expired,
            "its policy has changed since it was built": self.outdated,
            "it was unhealthy": self.quarantined,
            "the pool is smaller": self.extraneous,
        }
        return {member_id: why for why, ids in groups.items() for member_id in ids}


def is_alike(member: PoolMember, fresh: Snapshot | None, connection_ids: Collection[str]) -> bool:
    """Whether *member* equals a machine that is built now, through any connection of its policy."""
    built = member.current.snapshot
    if built is None or fresh is None or built.connection_id not in connection_ids:
        return False
    same = fresh.but(
        connection_id=built.connection_id,
        connection_name=built.connection_name,
        join_type=built.join_type,
        policy_name=built.policy_name,
    )
    hours = built.configuration.grace_period_in_hours
    return built == same.but(grace_period_in_hours=hours)


def is_claimable(
    pool: WarmPool, member: PoolMember, fresh: Snapshot | None, connection_ids: Collection[str], at: datetime
) -> bool:
    """Whether somebody who needs a machine of *pool* may get *member*."""
    fits = member.is_ready and member.parked_at is None
    fits = fits and (member.plan, member.pool_region) == (pool.plan, pool.region)
    fits = fits and not member.is_being_switched(at)
    return fits and not _is_expired(pool, member, at) and (pool.use_outdated or is_alike(member, fresh, connection_ids))


def why_none(policy_id: str, members: Iterable[PoolMember], at: datetime) -> str:
    """Return why nobody gets a machine of the pools of a policy: none of *members* is ready, for which reasons."""
    there = [each for each in members if each.policy_id == policy_id]
    counts = {
        "being built": sum(each.ready_at is None and not each.is_going for each in there),
        "unhealthy": sum(each.is_running and each.unhealthy_since is not None for each in there),
        "stopped by hand": sum(each.is_running and each.parked_at is not None for each in there),
        "being stopped": sum(each.is_running and each.is_being_switched(at) for each in there),
    }
    found = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return "no member of the pool was ready" + (f": {found}" if found else "")


def plan_pool(
    pool: WarmPool | None,
    members: Iterable[PoolMember],
    fresh: Snapshot | None,
    connection_ids: Collection[str],
    record: PoolRecord,
    at: datetime,
    waits: str | None = None,
) -> PoolPlan:
    """Return the plan of a pool with *members*.

    *pool*: None when there is none any more. *fresh*: the snapshot of a Cloud PC that is built now by its policy, None
    when nothing can be built by it. *waits*: why nothing may be built now, for a budget. What is too old goes, then
    what is too much; new members are built before old ones go. Planning again after the plan was carried out changes
    nothing.
    """
    of_age = sorted(members, key=lambda each: (each.created_date_time, each.id))
    parked = [each for each in of_age if each.parked_at is not None and not each.is_going]
    live = _without(of_age, parked, [each for each in of_age if each.is_going])
    deleting = _ids(each for each in of_age if each.is_going)
    if pool is None:
        made = PoolPlan(size=0, extraneous=_ids(live), why="there is no such pool any more")
        return made.but(parked=_ids(parked), deleting=deleting)
    expired = [each for each in live if _is_expired(pool, each, at)]
    quarantined = [each for each in _without(live, expired) if each.is_quarantined(at)]
    live = _without(live, expired, quarantined)
    today = [each for each in live if fresh is None or _is_of_today(pool, each, fresh, connection_ids)]
    kept, older = _staying(pool, size := pool.size_at(at), today, _without(live, today), at)
    stays = [*kept, *older]
    missing = max(0, min(size - len(kept), pool.maximum - len(stays)))
    starting = [each for each in stays if each.status in {Status.PENDING_PROVISION, Status.PROVISIONING}]
    create, why = _create(missing, len(starting), record, at, can_build=fresh is not None, waits=waits)
    eligible = [each for each in stays if is_claimable(pool, each, fresh, connection_ids, at)]
    return PoolPlan(
        size=size,
        eligible=_ids(eligible),
        starting=_ids(starting),
        held=_ids(_without(stays, eligible, starting)),
        parked=_ids(parked),
        deleting=deleting,
        expired=_ids(expired),
        outdated=_ids(_without(live, today, stays)),
        quarantined=_ids(quarantined),
        extraneous=_ids(_without(today, stays)),
        create=create,
        why=why,
    )


def _staying(
    pool: WarmPool, size: int, today: Sequence[PoolMember], outdated: Sequence[PoolMember], at: datetime
) -> tuple[list[PoolMember], list[PoolMember]]:
    """Return the members that stay: those that count, and older ones until others have taken their places."""
    solid = [each for each in today if at - each.created_date_time < _limit(pool) - LEAD]
    kept = _most_useful(solid, size)
    ageing = _most_useful(_without(today, solid), size - _ready(kept))
    usable = [each for each in outdated if pool.use_outdated and each.is_ready and each.plan == pool.plan]
    return kept, [*ageing, *_most_useful(usable, size - _ready([*kept, *ageing]))]


def _ready(members: Iterable[PoolMember]) -> int:
    return sum(each.is_ready for each in members)


def _is_of_today(pool: WarmPool, member: PoolMember, fresh: Snapshot, connection_ids: Collection[str]) -> bool:
    return member.plan == pool.plan and is_alike(member, fresh, connection_ids)


def _limit(pool: WarmPool) -> timedelta:
    return timedelta(hours=pool.ttl_hours)


def _is_expired(pool: WarmPool, member: PoolMember, at: datetime) -> bool:
    return at - member.created_date_time >= _limit(pool)


def _without(members: Iterable[PoolMember], *others: Iterable[PoolMember]) -> list[PoolMember]:
    """Return *members* that are in none of the *others*: by their ids, because there may be hundreds."""
    left_out = {each.id for group in others for each in group}
    return [each for each in members if each.id not in left_out]


def _ids(members: Iterable[PoolMember]) -> tuple[str, ...]:
    return tuple(each.id for each in members)


def _most_useful(members: Sequence[PoolMember], number: int) -> list[PoolMember]:
    """Return *number* members in the order of their age: preferably those that are ready, and the youngest of them."""
    ranked = sorted(members, key=lambda each: (each.is_ready, each.created_date_time, each.id), reverse=True)
    chosen = ranked[: max(0, number)]
    ids = {each.id for each in chosen}
    return [each for each in members if each.id in ids]


def _create(
    missing: int, starting: int, record: PoolRecord, at: datetime, *, can_build: bool, waits: str | None
) -> tuple[int, str]:
    """Return how many members are built now, and why not more."""
    if not missing:
        return 0, "it has what it should have"
    if not can_build:
        return 0, "nothing is built: the connections or the image of the policy are gone"
    if waits is not None:
        return 0, waits
    if record.is_halted:
        last = f": {record.last_error.code}: {record.last_error.message}" if record.last_error else ""
        return 0, f"nothing is built after {record.failures} failures in a row{last}; save the pool to try again"
    if (again := record.waits_until(at)) is not None:
        return 0, f"after {amount(record.failures, 'failure')} the next build begins at {again:%H:%M} UTC"
    few = max(0, min(missing, AT_ONCE - starting))
    return few, f"{amount(missing, 'member')} missing" + ("" if few == missing else f", {AT_ONCE} are built at a time")
