"""The use of Cloud PCs: sessions are read by pool every quarter of an hour, and counted for each day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shared.caching import TtlCache
from shared.contracts.calls import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.day import STRETCHES, Stretch, begun_at, followed, lengthened
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.cloud_pcs.use import USES, CloudPcUse, SeenUse, after_reading, totals
from shared.domain.usage import UsageDay
from shared.errors import ThrottledError
from shared.services.power.sessions import PoolReading, host_of, pool_reading
from shared.storage.listed import Entry
from shared.storage.repository import Stored

_DAY = timedelta(days=1)
_WORKING = frozenset(status.value for status in WORKING)


@dataclass(frozen=True, slots=True)
class _Place:
    """The place of a Cloud PC: its pool, and the name of its session host there."""

    pool_id: str
    host: str


_PLACES: TtlCache[dict[str, tuple[str | None, _Place | None]]] = TtlCache(timedelta(hours=12))
"""By tenant, the place of each Cloud PC with the computer name that it had: only changed ones are read again."""

_LATEST: TtlCache[Mapping[str, CloudPcUse]] = TtlCache(timedelta(minutes=1))


async def record_cloud_pcs(deps: Dependencies, tenant_id: str, entries: Sequence[Entry], now: datetime) -> None:
    """Read the sessions of a tenant's Cloud PCs by pool, and count their use since the reading before.

    What of a pool cannot be read is a gap. The rows of a day are one transaction: after a crash nothing counts twice.
    """
    places = await _places(deps, tenant_id, entries)
    if not places:
        return
    readings = {pool_id: await _reading(deps, tenant_id, pool_id) for pool_id in {p.pool_id for p in places.values()}}
    powers = {each.value.id: each.value async for each in deps.cloud_pc_powers.each(tenant_id)}
    yesterday, today = now.date() - _DAY, now.date()
    rows = await deps.usage.by_cloud_pc(tenant_id, USES, yesterday, today)
    known_days = await deps.usage.by_cloud_pc(tenant_id, STRETCHES, yesterday, today)
    before = await _before(deps, tenant_id, rows, today)
    days: dict[date, dict[str, CloudPcUse]] = {today: {}}
    for row in rows:
        days.setdefault(row.value.day, {}).update(USES.values(row.value))
    courses: dict[date, dict[str, tuple[Stretch, ...]]] = {today: {}, yesterday: {}}
    for row in known_days:
        courses[row.value.day].update(STRETCHES.values(row.value))
    changed = {today}
    for pc_id, place in places.items():
        seen = _sessions_at(readings[place.pool_id], place)
        if seen is None:
            continue
        known = before.get(pc_id)
        _continue(courses, pc_id, known, begun_at(now, seen, powers.get(pc_id)), now)
        ended, use = after_reading(known, seen, now)
        days[today][pc_id] = use
        if known is not None and ended is not None and pc_id in days.get(known.read_at.date(), {}):
            days[known.read_at.date()][pc_id] = ended
            changed.add(known.read_at.date())
    written = [page for day in sorted(changed) for page in USES.rows(tenant_id, day, days[day])]
    written += [page for day in sorted(changed) for page in STRETCHES.rows(tenant_id, day, courses[day])]
    etags = {row.value.id: row.etag for row in (*rows, *known_days)}
    await deps.usage.save_all([Stored(page, etags.get(page.id, "")) for page in written])


def _continue(
    courses: Mapping[date, dict[str, tuple[Stretch, ...]]],
    pc_id: str,
    known: CloudPcUse | None,
    begun: Stretch,
    now: datetime,
) -> None:
    """Lengthen the last stretch of a Cloud PC up to a reading, and begin the next one."""
    read_at, today = known.read_at if known else None, now.date()
    day = read_at.date() if read_at else today
    if day in courses and pc_id in courses[day]:
        courses[day][pc_id] = lengthened(day, courses[day][pc_id], read_at, now)
    courses[today][pc_id] = followed(courses[today].get(pc_id, ()), begun)


async def _before(
    deps: Dependencies, tenant_id: str, rows: Sequence[Stored[UsageDay]], today: date
) -> dict[str, CloudPcUse]:
    """Return each Cloud PC as it was at its latest reading; after days without one older rows are read."""
    if not rows:
        kept = timedelta(days=deps.settings.usage_kept_in_days)
        rows = await deps.usage.by_cloud_pc(tenant_id, USES, today - kept, today)
    return {pc_id: use for row in rows for pc_id, use in USES.values(row.value).items()}


async def _reading(deps: Dependencies, tenant_id: str, pool_id: str) -> PoolReading:
    try:
        with on_behalf_of(tenant_id):
            return await pool_reading(deps, tenant_id, pool_id)
    except ThrottledError:
        return PoolReading(deps.clock.now(), None)


def _sessions_at(reading: PoolReading, place: _Place) -> SeenUse | None:
    """Return the sessions of a Cloud PC at a reading, or None where the reading has failed."""
    if reading.by_host is None:
        return None
    sessions = reading.by_host.get(place.host, ())
    return SeenUse(
        active=any(each.active for each in sessions),
        disconnected=any(not each.active for each in sessions),
        began=max((each.began for each in sessions if each.began is not None), default=None),
    )


async def _places(deps: Dependencies, tenant_id: str, entries: Sequence[Entry]) -> dict[str, _Place]:
    """Return the places of the working Cloud PCs; only records of new or rebuilt ones are read."""
    names = {str(entry["id"]): _text(entry["managedDeviceName"]) for entry in entries if entry["status"] in _WORKING}
    known = _PLACES.get(deps, tenant_id) or {}
    there = {pc_id: known[pc_id] for pc_id, name in names.items() if pc_id in known and known[pc_id][0] == name}
    if missing := sorted(names.keys() - there.keys()):
        for stored in await deps.cloud_pcs.several(tenant_id, missing):
            made, host = stored.value.current.resources, host_of(stored.value)
            place = _Place(made.host_pool_id, host) if made.host_pool_id and host else None
            there[stored.value.id] = (names[stored.value.id], place)
    _PLACES.put(deps, tenant_id, there)
    return {pc_id: place for pc_id, (_, place) in there.items() if place is not None}


def _text(value: object) -> str | None:
    return None if value is None else str(value)


async def use_of(deps: Dependencies, tenant_id: str, first: date, last: date) -> dict[str, CloudPcUse]:
    """Return the use of each Cloud PC of a tenant from one day to another, with its latest reading."""
    return totals(row.value for row in await deps.usage.by_cloud_pc(tenant_id, USES, first, last))


async def days_of(
    deps: Dependencies, tenant_id: str, cloud_pc_id: str, first: date, last: date
) -> list[tuple[date, CloudPcUse]]:
    """Return the use of one Cloud PC, day by day; a day without a reading is left out."""
    rows = await deps.usage.by_cloud_pc(tenant_id, USES, first, last)
    found = [(row.value.day, USES.values(row.value)) for row in rows]
    return [(day, uses[cloud_pc_id]) for day, uses in found if cloud_pc_id in uses]


async def latest_uses(deps: Dependencies, tenant_id: str, now: datetime) -> Mapping[str, CloudPcUse]:
    """Return the latest use of each Cloud PC, which is kept for a minute."""
    return await _LATEST.get_or(deps, tenant_id, lambda: use_of(deps, tenant_id, now.date() - _DAY, now.date()))
