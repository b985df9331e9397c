"""The order in which Cloud PCs are built, and their spread over connections.

Azure allows 4,000 role assignments in a subscription, and each Cloud PC needs its own
(docs/decisions/0037-more-than-one-subscription.md).
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import WAITING_TO_START, CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.networks.connection import Connection, JoinType
from shared.domain.planning.plans import Plan
from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.values import Value

_ACTIVE = frozenset(
    {
        Status.PROVISIONING,
        Status.PROVISIONED,
        Status.PROVISIONED_WITH_WARNINGS,
        Status.IN_GRACE_PERIOD,
        Status.DEPROVISIONING,
        Status.RESTORING,
        Status.RESIZE_PENDING_LICENSE,
        Status.RESIZING,
    }
)


def free_licences(units: Mapping[str, int], cloud_pcs: Iterable[CloudPc]) -> dict[str, int]:
    """Return how many more Cloud PCs each plan (id) allows: purchased *units* less active Cloud PCs.

    A Cloud PC in its grace period counts, and so does one that is parked (docs/notes/windows365.md 2.2); one that is
    being resized counts for both of its plans.
    """
    active = Counter(
        plan_id
        for pc in cloud_pcs
        if pc.status in _ACTIVE or (pc.status is Status.PENDING_PROVISION and pc.current.attempt)
        for plan_id in (pc.claims if pc.status is Status.RESIZING else {pc.plan.id})
    )
    return {plan_id: max(0, bought - active[plan_id]) for plan_id, bought in units.items()}


def waits(pc: CloudPc) -> bool:
    """Whether *pc* was planned and not begun: it is in the queue."""
    return pc.status is Status.PENDING_PROVISION and pc.current.attempt == 0


class Queue(Value):
    """New records to write; older ones with a changed reason; the ids that may start."""

    new: tuple[CloudPc, ...]
    changed: tuple[CloudPc, ...]
    start: tuple[str, ...]


def queue_up(
    queue: tuple[Sequence[CloudPc], Sequence[CloudPc], Sequence[CloudPc]],
    free: Mapping[str, int],
    pause_reason: Callable[[CloudPc], str | None],
    renewed: Container[str] = (),
) -> Queue:
    """Return the Cloud PCs of the *queue* that may start, and the reasons for which the others wait.

    *queue*: the new Cloud PCs; those that were planned before; and those that were planned before and are not part of
    this plan, which keep their places in the queue. *renewed*: ids of the second that differ from their records.
    *free*: the number of further Cloud PCs that the licences of a plan (id) allow. *pause_reason*: returns the reason
    for which a Cloud PC may not be built now.
    """
    new, planned, others = queue
    left, position = dict(free), dict.fromkeys(free, 0)
    reasons: dict[str, str] = {}
    for pc in sorted((*planned, *new, *others), key=_position):
        if why := pause_reason(pc):
            reasons[pc.id] = why
        elif left.get(pc.plan.id, 1) <= 0:
            position[pc.plan.id] += 1
            place = position[pc.plan.id]
            reasons[pc.id] = f"no licence of {pc.plan.display_name} is free; it waits at position {place} in the queue"
        elif pc.plan.id in left:
            left[pc.plan.id] -= 1
    texts = {pc.id: reasons.get(pc.id, WAITING_TO_START) for pc in (*new, *planned)}
    return Queue(
        new=tuple(pc.with_current(reason=texts[pc.id]) for pc in new),
        changed=tuple(
            pc.with_current(reason=texts[pc.id])
            for pc in planned
            if pc.current.reason != texts[pc.id] or pc.id in renewed
        ),
        start=tuple(pc.id for pc in sorted((*planned, *new), key=_position) if pc.id not in reasons),
    )


def _position(pc: CloudPc) -> tuple[str, str]:
    return pc.created_date_time.isoformat(), pc.id


NO_RIGHTS_LEFT = "no role assignment is left for its user's sign-in; add a subscription to the tenant"


def places_of(tenant: Tenant, connection: Connection) -> tuple[str, ...]:
    """Return the subscriptions in which a connection's Cloud PCs may be: hosted networks can be in each of a tenant's.

    A network interface is in the subscription of its network: a customer's own network has one.
    """
    if not connection.network.hosted or connection.subscription_id != tenant.subscription_id:
        return (connection.subscription_id,)
    return (tenant.subscription_id, *tenant.further_subscription_ids)


def regions_of(site: Site, connection: Connection) -> tuple[str, ...]:
    """Return the regions in which a connection's machines may be, in the order in which they are tried.

    A customer's own network is where it is: only hosted networks have fall-back regions.
    """
    return site.regions if connection.network.hosted else (site.region,)


def open_places(tenant: Tenant, connection: Connection) -> tuple[str, ...]:
    """Return the subscriptions in which a build may begin: those that the connection's last checks do not exclude."""
    closed = connection.closed_subscription_ids
    return tuple(each for each in places_of(tenant, connection) if each not in closed)


def subscription_of(build: Build, tenant: Tenant, connection: Connection) -> str:
    """Return the subscription of a build: its assigned one, if the connection still has it."""
    given = build.subscription_id or build.resources.subscription_id
    return given if given in places_of(tenant, connection) else connection.subscription_id


def rights_of(build: Build) -> int:
    """Return how many role assignments a build needs: on the desktop, and on the machine unless a domain knows it."""
    return rights_for(build.snapshot.join_type if build.snapshot else None)


def rights_for(join_type: JoinType | None) -> int:
    """Return how many role assignments the user of a machine needs that joins so."""
    return 1 if join_type is JoinType.HYBRID_AZURE_AD_JOIN else 2


def rights_used(cloud_pcs: Iterable[CloudPc], places: Mapping[str, tuple[str, ...]]) -> Counter[str]:
    """Return how many role assignments Cloud PCs have or will have, by subscription. *places*: by connection (id)."""
    used: Counter[str] = Counter()
    for pc in cloud_pcs:
        for build in pc.builds:
            where = build.subscription_id or build.resources.subscription_id
            if where is None and not waits(pc) and build.snapshot is not None:
                where = places.get(build.snapshot.connection_id, (None,))[0]
            if where is not None and pc.status is not Status.NOT_PROVISIONED:
                used[where] += rights_of(build)
    return used


def spread(
    plan: Plan, known: Mapping[str, CloudPc], places: Mapping[str, tuple[str, ...]], used: Counter[str], limit: int
) -> Plan:
    """Return *plan* with a subscription for each starting build: the one with the most free role assignments.

    Where none are left, it waits.

    *known*: the records as they are, by id. *used*: the role assignments of each subscription; those of the plan are
    added. *limit*: how many a subscription may have for signing in.
    """
    planned = {pc.id: pc for pc in (*plan.provision, *plan.waiting)}
    start: list[str] = []
    for pc_id in plan.start:
        pc = planned.get(pc_id) or known[pc_id]
        placed = _placed(pc, known.get(pc_id), places, used, limit)
        if placed.current.reason != NO_RIGHTS_LEFT:
            start.append(pc_id)
        planned[pc_id] = placed
    new = {pc.id for pc in plan.provision}
    return plan.but(
        provision=tuple(planned[pc.id] for pc in plan.provision),
        waiting=tuple(pc for pc in planned.values() if pc.id not in new and pc != known.get(pc.id)),
        start=tuple(start),
    )


def _placed(
    pc: CloudPc,
    before: CloudPc | None,
    places: Mapping[str, tuple[str, ...]],
    used: Counter[str],
    limit: int,
) -> CloudPc:
    build = pc.current
    offered = places.get(build.snapshot.connection_id, ()) if build.snapshot else ()
    has = before is not None and before.status is not Status.NOT_PROVISIONED
    given = (build.subscription_id or build.resources.subscription_id) if has else None
    if not offered or given in offered:
        return pc
    best = min(offered, key=lambda each: used[each])
    if used[best] + rights_of(build) > limit:
        return pc.with_current(reason=NO_RIGHTS_LEFT, subscription_id=None)
    used[best] += rights_of(build)
    return pc.with_current(subscription_id=best)
