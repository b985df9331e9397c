"""Finds a place for a machine: a size, a zone and a region with quota and, as far as is known, hardware."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import timedelta

from shared.caching import TtlCache
from shared.clients.vm_sizes import SizeOffer, offers_in
from shared.contracts.machines import ALLOCATE_CAPACITY, CapacityOrder, Place
from shared.contracts.outcomes import NoCapacity, Refused
from shared.dependencies import dependencies
from shared.domain.azure_errors import NOT_OFFERED, QUOTA_OR_LOCK
from shared.domain.machines.service_plan import size_ladder
from shared.domain.machines.sizes import Size
from shared.workflow import Blueprint, implements

bp = Blueprint()

Quotas = dict[str, tuple[int, int]]
"""(usage, limit) by family, and as ``cores`` of the region, in vCPUs."""


_OFFERS: TtlCache[dict[str, SizeOffer]] = TtlCache(timedelta(hours=6))  # a large answer that changes rarely
_QUOTAS: TtlCache[Quotas] = TtlCache(timedelta(seconds=20))  # a thousand builds start at once; Azure checks too
_FULL: TtlCache[str] = TtlCache(timedelta(minutes=9))  # shorter than a parked build sleeps: each must try again


def remember_full(subscription_id: str, place: Place, code: str) -> None:
    """Remember that a place has no capacity, so that the next builds of this worker do not try it."""
    if "quota" in code.lower() or code.lower() in QUOTA_OR_LOCK:
        return  # quota is counted, and is free again as soon as something is deleted
    lasting = timedelta(hours=1) if code.lower() in NOT_OFFERED else None
    _FULL.put(dependencies(), (subscription_id, place), code, lasting)


@bp.activity_trigger(input_name="payload")
@implements(ALLOCATE_CAPACITY)
async def allocate_capacity(order: CapacityOrder) -> Place | NoCapacity | Refused:
    """Return the first place that may have capacity: the licence's sizes in every zone, then the fall-back regions.

    Quota can be read; free hardware shows only when a VM is created. So this returns where to try.
    """
    deps = dependencies()
    problems: list[str] = []
    only_quota = True
    for region in order.regions:
        offers = await offers_of(order.subscription_id, region)
        quotas = await _QUOTAS.get_or(deps, (order.subscription_id, region), lambda at=region: _quotas(order, at))  # type: ignore[misc]
        for named in size_ladder(order.plan):
            offer = offers.get(named.name.lower())
            size = offer.of(named) if offer else named
            if offer and (fault := offer.fault(size, order.plan)):
                problems.append(f"{region}: {fault}")
                only_quota = False
                continue
            if lacking := quota_problem(size, quotas, low_priority=bool(order.low_priority)):
                problems.append(f"{region} {size.name}: {lacking}")
                continue
            only_quota = False
            for zone in zones_to_try(order, offer):
                place = Place(region=region, zone=zone, size=size.name)
                full = "tried" if place in order.tried else _FULL.get(deps, (order.subscription_id, place))
                if full is None:
                    return place
                problems.append(f"{region}{f' zone {zone}' if zone else ''} {size.name}: {full}")
            if offer is None:
                problems.append(f"{region} {size.name}: not offered")
    wanted = f"{order.plan.v_cpu_count} vCPU and {order.plan.ram_in_gb} GB"
    message = f"There is no capacity for {wanted}. {'; '.join(problems)}."
    return NoCapacity(code="quotaExceeded" if only_quota else "noCapacity", message=message, elsewhere=False)


def zones_to_try(order: CapacityOrder, offer: SizeOffer | None) -> Iterator[str | None]:
    """Yield the zones in the owner's own order, so that a site's machines spread; yield None for no zone."""
    if offer is None:
        return
    if not (order.zones and offer.has_zones):
        yield None
        return
    usable = [zone for zone in order.zones if zone in offer.zones]
    turn = zlib.crc32(order.owner.id.encode()) % max(1, len(usable))
    yield from usable[turn:] + usable[:turn]


def quota_problem(size: Size, quotas: Quotas, *, low_priority: bool = False) -> str | None:
    """Return a message with the quota that the size exceeds, None if it exceeds none.

    The family's and the region's both apply; machines of low priority have one quota for all families
    (learn.microsoft.com/azure/quotas/spot-quota).
    """
    for name in ("lowprioritycores",) if low_priority else (size.family.lower(), "cores"):
        used, limit = quotas.get(name, (0, size.v_cpu_count))
        if used + size.v_cpu_count > limit:
            return f"quota of {name} is {limit}, {used} in use"
    return None


async def offers_of(subscription_id: str, region: str) -> dict[str, SizeOffer]:
    """Return the VM sizes that a subscription is offered in a region, cached."""
    deps = dependencies()
    compute = deps.compute(subscription_id)
    return await _OFFERS.get_or(deps, (subscription_id, region), lambda: offers_in(compute, region))


async def _quotas(order: CapacityOrder, region: str) -> Quotas:
    usages = dependencies().compute(order.subscription_id).usage.list(region)
    return {(u.name.value or "").lower(): (u.current_value, u.limit) async for u in usages}
