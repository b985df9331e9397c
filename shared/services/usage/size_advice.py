"""Advice on the sizes of Cloud PCs: the load of each day is read once from Azure Monitor, and judged when asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.day import STRETCHES
from shared.domain.cloud_pcs.load import (
    LOADS,
    MACHINES_AT_ONCE,
    CloudPcLoad,
    MachineMetrics,
    load_of,
    quarters_in_use,
)
from shared.domain.cloud_pcs.size_advice import WINDOW, CloudPcSizeAdvice, Seen, advice_on
from shared.domain.cloud_pcs.use import USES
from shared.domain.machines.sizes import known
from shared.domain.power.record import size_with
from shared.domain.usage import DaysByCloudPc
from shared.errors import ConflictError, DeskwrightError, StaleError
from shared.services.directory.licenses import licenses
from shared.services.operations.action_context import ActionContext
from shared.storage.repository import Stored

T = TypeVar("T")
_DAY = timedelta(days=1)
_FROM_HOUR, _UNTIL_HOUR = 1, 7
"""Hours of UTC in which the day before is read, and failed readings are repeated; other hours cost no request."""

_FORBIDDEN = frozenset({"AuthorizationFailed", "Forbidden", "http401", "http403"})
"""Refusals that are about the caller, so that a smaller batch is refused as well."""


@dataclass(frozen=True, slots=True)
class _Machine:
    """A machine whose load is read. *quarters*: the begins of the quarters of an hour in which it was in use."""

    pc_id: str
    vm_id: str
    place: tuple[str, str]
    size: str
    ram_in_gb: float
    quarters: list[datetime]


async def record_loads(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Read the load of yesterday, once; failed readings are repeated at the next hours of the night.

    Metrics that are not there are a fault of that machine alone, and stop nothing else.
    """
    if not _FROM_HOUR <= now.hour < _UNTIL_HOUR:
        return
    day = now.date() - _DAY
    rows = await deps.usage.by_cloud_pc(tenant_id, LOADS, day, day)
    loads = {pc_id: load for row in rows for pc_id, load in LOADS.values(row.value).items()}
    failed = {pc_id for pc_id, load in loads.items() if load.fault is not None}
    if rows and not failed:
        return
    machines = await _machines(deps, tenant_id, day, among=failed if rows else None)
    loads |= await _loads(deps, tenant_id, machines, day)
    etags = {row.value.id: row.etag for row in rows}
    written = [Stored(row, etags.get(row.id, "")) for row in LOADS.rows(tenant_id, day, loads)]
    try:
        await deps.usage.save_all(written)
    except (StaleError, ConflictError):
        return  # another worker has read the same day


async def _machines(deps: Dependencies, tenant_id: str, day: date, among: set[str] | None) -> list[_Machine]:
    """Return the machines that were in use on a day, and are still there."""
    used: dict[str, list[datetime]] = {}
    for row in await deps.usage.by_cloud_pc(tenant_id, STRETCHES, day, day):
        for pc_id, stretches in STRETCHES.values(row.value).items():
            if (among is None or pc_id in among) and (quarters := quarters_in_use(day, stretches)):
                used[pc_id] = quarters
    pcs = await deps.cloud_pcs.several(tenant_id, sorted(used))
    powers = {each.value.id: each.value for each in await deps.cloud_pc_powers.several(tenant_id, sorted(used))}
    found: list[_Machine] = []
    for stored in pcs:
        pc, made = stored.value, stored.value.current.resources
        size = size_with(powers.get(pc.id), made.size)
        if made.vm_id and made.region and made.subscription_id and size:
            place = (made.subscription_id, made.region)
            found.append(_Machine(pc.id, made.vm_id, place, size, _memory_of(pc, size), used[pc.id]))
    return found


def _memory_of(pc: CloudPc, size: str) -> float:
    hardware = known(size)
    return hardware.ram_in_gb if hardware else pc.plan.ram_in_gb


async def _loads(deps: Dependencies, tenant_id: str, machines: Sequence[_Machine], day: date) -> dict[str, CloudPcLoad]:
    by_place: dict[tuple[str, str], list[_Machine]] = defaultdict(list)
    for each in machines:
        by_place[each.place].append(each)
    found: dict[str, CloudPcLoad] = {}
    with on_behalf_of(tenant_id):
        for several in by_place.values():
            for begin in range(0, len(several), MACHINES_AT_ONCE):
                found |= await _batch(deps, tenant_id, several[begin : begin + MACHINES_AT_ONCE], day)
    return found


async def _batch(deps: Dependencies, tenant_id: str, machines: Sequence[_Machine], day: date) -> dict[str, CloudPcLoad]:
    """Return the loads of the machines of one request. A batch that is refused for one of them is read in halves."""
    start = datetime.combine(day, time(), UTC)
    (subscription, region), ids = machines[0].place, [each.vm_id for each in machines]
    try:
        read = await deps.metrics(tenant_id).of_machines(subscription, region, ids, start, start + _DAY)
    except DeskwrightError as error:
        refused = isinstance(error, DeclinedError) and error.code not in _FORBIDDEN
        if refused and len(machines) > 1:
            half = len(machines) // 2
            first = await _batch(deps, tenant_id, machines[:half], day)
            return first | await _batch(deps, tenant_id, machines[half:], day)
        return {each.pc_id: CloudPcLoad(size=each.size, fault=str(error)[:300]) for each in machines}
    return {each.pc_id: _load(each, read.get(each.vm_id.lower())) for each in machines}


def _load(machine: _Machine, read: MachineMetrics | None) -> CloudPcLoad:
    load = CloudPcLoad(size=machine.size)
    if read is not None:
        load = load_of(machine.size, machine.ram_in_gb, machine.quarters, read)
    return load if load.quarters else load.but(fault="Azure Monitor has no values of this machine")


async def size_advice(context: ActionContext) -> list[tuple[CloudPc, CloudPcSizeAdvice]]:
    """Return each Cloud PC that has a machine with the advice on its size; metrics that were not read give none."""
    deps, tenant_id, today = context.deps, context.tenant_id, context.now.date()
    first = today - WINDOW
    plans = (await licenses(context)).values()
    uses = await _by_cloud_pc(deps, tenant_id, USES, first, today - _DAY)
    loads = await _by_cloud_pc(deps, tenant_id, LOADS, first, today - _DAY)
    powers = {each.value.id: each.value async for each in deps.cloud_pc_powers.each(tenant_id)}
    found: list[tuple[CloudPc, CloudPcSizeAdvice]] = []
    async for stored in deps.cloud_pcs.each(tenant_id):
        pc = stored.value
        if pc.current.resources.vm_id is None:
            continue
        size = size_with(powers.get(pc.id), pc.current.resources.size)
        seen = Seen(plan=pc.plan, size=size, uses=uses.get(pc.id, {}), loads=loads.get(pc.id, {}))
        found.append((pc, advice_on(seen, plans)))
    return found


async def _by_cloud_pc(
    deps: Dependencies, tenant_id: str, kind: DaysByCloudPc[T], first: date, last: date
) -> dict[str, dict[date, T]]:
    """Return the values of each Cloud PC by day."""
    found: dict[str, dict[date, T]] = defaultdict(dict)
    for row in await deps.usage.by_cloud_pc(tenant_id, kind, first, last):
        for pc_id, value in kind.values(row.value).items():
            found[pc_id][row.value.day] = value
    return found
