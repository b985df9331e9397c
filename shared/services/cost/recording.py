"""Recording the minutes of machines: once an hour, from the records of Cloud PCs, of their power, and of hosts."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cost.ledger import (
    MINUTES_OF_A_DAY,
    CostedMachine,
    LedgerRow,
    MachineKind,
    MonthOfMachine,
    SeenMachine,
    days_of,
    month_before,
    month_of,
    months_between,
    next_month,
    recorded,
)
from shared.domain.images.validation import LARGEST_IMAGE_IN_GB
from shared.domain.pools.member import PoolMember
from shared.domain.power.record import CloudPcPower, size_with
from shared.domain.power.state import BilledWhileOff, ObservedPower
from shared.domain.spot.groups.group import host_hardware
from shared.domain.spot.hosts.host import SessionHost
from shared.domain.spot.hosts.observed import HostState
from shared.domain.usage import Interval
from shared.errors import ConflictError, StaleError
from shared.services.cost.prices import renewed_book
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.cost")
_AT_ONCE = 1000
_HOST_POWERS = {
    HostState.STARTING: ObservedPower.STARTING,
    HostState.RUNNING: ObservedPower.RUNNING,
    HostState.STOPPING: ObservedPower.STOPPING,
    HostState.SHUT_DOWN: ObservedPower.SHUT_DOWN,
    HostState.STOPPED: ObservedPower.DEALLOCATED,
    HostState.HIBERNATED: ObservedPower.HIBERNATED,
}


async def record_cost(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Count the minutes since the last recording, and read the prices of the sizes in use that are of another day."""
    seen = [each async for each in _machines(deps, tenant_id)]
    rows = await _latest_rows(deps, tenant_id, now)
    first = Interval.HOUR.begin(now) - Interval.HOUR.length
    begin = max((each.value.until for each in rows), default=first)
    while begin < now:
        end, month = min(now, next_month(begin)), month_of(begin.date())
        await _count(deps, tenant_id, [each for each in rows if each.value.month == month], seen, (begin, end))
        begin = end
    if seen:
        await renewed_book(deps, tenant_id, {(each.machine.region, each.machine.size) for each in seen}, now)


async def ledger_rows(deps: Dependencies, tenant_id: str, month: str) -> list[Stored[LedgerRow]]:
    """Return the rows of a month, with one query."""
    return [stored async for _, stored in deps.ledger.between(tenant_id, (f"{month}:", f"{month};"), _AT_ONCE)]


async def months_of(deps: Dependencies, tenant_id: str, month: str) -> list[MonthOfMachine]:
    """Return the machines of a month with their minutes."""
    return [each for row in await ledger_rows(deps, tenant_id, month) for each in row.value.months()]


async def minutes_on(deps: Dependencies, tenant_id: str, first: date, last: date) -> dict[str, dict[date, int]]:
    """Return the minutes of each day from *first* to *last* in which Azure bills a Cloud PC, by its id.

    A day without any is left out. Two builds that are there at once, while one replaces the other, count as one.
    """
    found: dict[str, dict[date, int]] = {}
    for month in months_between(first, last):
        days = days_of(month)
        for each in await months_of(deps, tenant_id, month):
            if each.machine.kind is MachineKind.CLOUD_PC:
                known = found.setdefault(each.machine.id, {})
                for day, minutes in zip(days, each.on, strict=False):
                    if minutes and first <= day <= last:
                        known[day] = min(known.get(day, 0) + minutes, MINUTES_OF_A_DAY)
    return found


def ended_months(now: datetime, kept: int) -> tuple[str, str]:
    """Return the keys between which the months are that are kept no longer, where *kept* months before this one are."""
    return "0", f"{month_before(now.date(), kept)}:"


async def _latest_rows(deps: Dependencies, tenant_id: str, now: datetime) -> list[Stored[LedgerRow]]:
    """Return the rows of this month, or of the month before if there are none yet."""
    rows = await ledger_rows(deps, tenant_id, month_of(now.date()))
    return rows or await ledger_rows(deps, tenant_id, month_before(now.date()))


async def _count(
    deps: Dependencies,
    tenant_id: str,
    rows: Sequence[Stored[LedgerRow]],
    seen: Sequence[SeenMachine],
    span: tuple[datetime, datetime],
) -> None:
    """Write the minutes between two moments of a month in one transaction; another worker may be faster."""
    begin, end = span
    etags = {each.value.number: each.etag for each in rows}
    after = recorded([each.value for each in rows], seen, tenant_id=tenant_id, begin=begin, end=end)
    try:
        await deps.ledger.save_all([Stored(each, etags.get(each.number, "")) for each in after])
    except (StaleError, ConflictError):
        _log.info("the minutes of %s were recorded by another worker", tenant_id)


async def _machines(deps: Dependencies, tenant_id: str) -> AsyncIterator[SeenMachine]:
    """Yield the machines of a tenant, of which records say that they exist."""
    pcs = [stored.value async for stored in deps.machines.each(tenant_id)]
    powers = {each.value.id: each.value async for each in deps.cloud_pc_powers.each(tenant_id)} if pcs else {}
    for pc in pcs:
        for build in pc.builds:
            if build.resources.vm_id:
                current = build.generation == pc.current.generation
                yield _of_cloud_pc(pc, build, powers.get(pc.id) if current else None)
    hosts = [each.value async for each in deps.session_hosts.each(tenant_id) if each.value.resources.vm_id]
    groups = await deps.spot_groups.several(tenant_id, sorted({each.spot_group_id for each in hosts}))
    types = {each.value.id: each.value.license_type for each in groups}
    for host in hosts:
        if host.spot_group_id in types:
            yield _of_host(host, host_hardware(types[host.spot_group_id]).storage_in_gb)


def _of_cloud_pc(pc: CloudPc, build: Build, power: CloudPcPower | None) -> SeenMachine:
    resources = build.resources
    machine = CostedMachine(
        kind=MachineKind.CLOUD_PC,
        id=pc.id,
        generation=build.generation,
        name=pc.display_name,
        group_id=build.policy_id or "",
        region=resources.region or "",
        size=size_with(power, resources.size),
        disk_in_gb=max((build.new_plan or pc.plan).storage_in_gb, LARGEST_IMAGE_IN_GB),
    )
    built = pc.created_date_time if isinstance(pc, PoolMember) else pc.provisioned_date_time
    began = build.step_started_at if build.unfinished else built
    if isinstance(pc, PoolMember) and pc.rests_since is not None:
        return SeenMachine(machine, ObservedPower.DEALLOCATED, pc.rests_since, began)
    if power is None or power.observed_at is None:
        return SeenMachine(machine, began=began)
    return SeenMachine(machine, power.observed, power.since, began, power.billed_while_off)


def _of_host(host: SessionHost, disk_in_gb: int) -> SeenMachine:
    machine = CostedMachine(
        kind=MachineKind.HOST,
        id=host.id,
        generation=0,
        name=host.resources.computer_name or host.id,
        group_id=host.spot_group_id,
        region=host.resources.region or "",
        size=host.resources.size or "",
        disk_in_gb=max(disk_in_gb, LARGEST_IMAGE_IN_GB),
        low_priority=host.low_priority,
    )
    if host.seen is None:
        return SeenMachine(machine, began=host.created_date_time)
    power = _HOST_POWERS.get(HostState(host.seen.state), ObservedPower.UNKNOWN)
    off = BilledWhileOff(began=host.seen.since) if power is ObservedPower.SHUT_DOWN else None
    return SeenMachine(machine, power, host.seen.online_at or host.seen.since, host.created_date_time, off)


async def delete_ledger_of_tenant(deps: Dependencies, tenant_id: str) -> None:
    """Remove the minutes and the actual costs of a tenant."""
    for rows in (deps.ledger, deps.actual_costs):
        async for stored in rows.each(tenant_id):
            await rows.remove(tenant_id, stored.value.id)
