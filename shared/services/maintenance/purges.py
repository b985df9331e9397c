"""Purges of old rows, one for each table: begun every night, and continued in chunks until its end.

What is deleted is in the exports for as long as these are kept. A purge that a tick has not finished goes on with the
next one, also in another process (docs/decisions/0252). docs/operations.md has the table of everything that is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.caching import TtlCache
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.notices.delivery import KEPT as NOTICES_KEPT
from shared.domain.operations.bulk import OVER
from shared.domain.operations.operation import ENDED
from shared.domain.spot.hosts.release import OPEN, SpotRelease
from shared.errors import UnreadableError
from shared.services.alerts.judging import KEPT as ALERTS_KEPT
from shared.services.cost.recording import ended_months
from shared.storage.audit import EVERYWHERE
from shared.storage.idempotency import KEPT as ANSWERS_KEPT
from shared.storage.purging import ROWS_A_TICK, Chunk

_log = logging.getLogger("deskwright.maintenance")

Purge = Callable[[Dependencies, datetime, Chunk], Awaitable[int]]
"""Removal of old records as far as a chunk goes, by the time; it returns their number."""

_FEWEST = 1_000
"""Items of a bulk action that are deleted at least in a chunk, so that each chunk gets further."""

_NONE_OPEN: TtlCache[bool] = TtlCache(timedelta(hours=1))
"""Whether this process has seen lately that no purge is open: requests of an idle service are counted."""


def _days(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)


async def _operations(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    """Remove operations that ended long ago. An operation that has ended is not changed any more."""
    before, count = _days(now, deps.settings.operations_kept_in_days), 0
    async for stored in deps.operations.look_through(chunk):
        old = [each for each in stored if each.value.status in ENDED and each.value.last_modified_date_time < before]
        count += await deps.operations.remove_old(old)
    return count


async def _bulk_actions(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    """Remove bulk actions that ended long ago, each after its items: without it nothing would find them."""
    before, count = _days(now, deps.settings.operations_kept_in_days), 0
    async for stored in deps.bulk_actions.look_through(chunk):
        for each in stored:
            if each.value.status not in OVER or each.value.last_modified_date_time >= before:
                continue
            items = Chunk(max(chunk.left, _FEWEST))
            chunk.count(await deps.bulk_items.delete_of(each.value.tenant_id, each.value.id, items))
            if items.more:
                chunk.stop()
                break
            count += await deps.bulk_actions.remove_old([each])
    return count


async def _timelines(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    """Remove entries of builds that ended long ago, except the builds that a Cloud PC has now."""

    async def needed_from(tenant_id: str, cloud_pc_id: str) -> int | None:
        try:
            found = await deps.machines.find(tenant_id, cloud_pc_id)
        except UnreadableError:
            return 0
        if found is None or (found.value.status is Status.NOT_PROVISIONED and found.value.replacement is None):
            return None
        return min(build.generation for build in found.value.builds)

    before = _days(now, deps.settings.timelines_kept_in_days)
    return await deps.timeline.delete_before(before, needed_from, chunk)


async def _releases(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    """Remove releases that ended long ago, but for the latest of each Spot Group."""
    before, count = _days(now, deps.settings.releases_kept_in_days), 0
    async for stored in deps.releases.look_through(chunk):
        old = [each for each in stored if _has_ended(each.value, before)]
        groups = dict.fromkeys((each.value.tenant_id, each.value.spot_group_id) for each in old)
        chunk.count(len(groups))
        needed = {each: await _needed_releases(deps, *each) for each in groups}
        gone = [each for each in old if not needed[each.value.tenant_id, each.value.spot_group_id](each.value.id)]
        count += await deps.releases.remove_old(gone)
    return count


def _has_ended(release: SpotRelease, before: datetime) -> bool:
    ended = release.ended_date_time or release.last_modified_date_time
    return release.status not in OPEN and ended < before


async def _needed_releases(deps: Dependencies, tenant_id: str, group_id: str) -> Callable[[str], bool]:
    """Return whether a Spot Group needs a release, by its id: its latest, or each where its record is not readable."""
    try:
        found = await deps.spot_groups.find(tenant_id, group_id)
    except UnreadableError:
        return lambda _: True
    latest = found.value.release_id if found else None
    return lambda release_id: release_id == latest


async def _alerts(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    """Remove alert records that were resolved long ago."""
    before, count = now - ALERTS_KEPT, 0
    async for stored in deps.alert_records.look_through(chunk):
        count += await deps.alert_records.remove_old(
            [each for each in stored if each.value.resolved_date_time and each.value.resolved_date_time < before]
        )
    return count


async def _support(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    """Remove support access that ended long ago."""
    count = 0
    async for stored in deps.access_grants.look_through(chunk, support=True):
        count += await deps.access_grants.remove_old([each for each in stored if each.value.is_over(now)])
    return count


async def _audit(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    kept = deps.settings.audit_kept_in_days
    return await deps.audit.delete_before(_days(now, kept), chunk) if kept else 0


async def _usage(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    return await deps.usage.delete_before(_days(now, deps.settings.usage_kept_in_days).date(), chunk)


async def _ledger(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    return await deps.ledger.purge_between(ended_months(now, deps.settings.cost_kept_in_months), chunk)


async def _actual_costs(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    return await deps.actual_costs.purge_between(ended_months(now, deps.settings.cost_kept_in_months), chunk)


async def _service_use(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    return await deps.service_uses.delete_before(_days(now, deps.settings.usage_kept_in_days), chunk)


async def _events(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    return await deps.events.delete_before(now - NOTICES_KEPT, chunk)


async def _deliveries(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    return await deps.deliveries.delete_before(now - NOTICES_KEPT, chunk)


async def _answers(deps: Dependencies, now: datetime, chunk: Chunk) -> int:
    return await deps.idempotency.delete_before(now - ANSWERS_KEPT, chunk)


PURGES: Mapping[str, Purge] = MappingProxyType(
    {
        "operations": _operations,
        "bulkactions": _bulk_actions,
        "timeline": _timelines,
        "releases": _releases,
        "audit": _audit,
        "usage": _usage,
        "serviceuse": _service_use,
        "costledger": _ledger,
        "actualcosts": _actual_costs,
        "deliveries": _deliveries,
        "noticeevents": _events,
        "alertrecords": _alerts,
        "accessgrants": _support,
        "idempotency": _answers,
    }
)
"""The purges, by the tables that they look through."""


async def delete_old(deps: Dependencies, now: datetime, rows: int = ROWS_A_TICK) -> dict[str, int]:
    """Begin all purges, and remove a first chunk of each; return the number of removed records by table.

    Each looks at *rows* rows at most. A purge that is still open goes on at its place. Raises: the error of the first
    that failed, after the last: it goes on with the next tick.
    """
    await deps.purges.begin(PURGES)
    return await _go_on(deps, now, rows)


async def delete_on(deps: Dependencies, rows: int = ROWS_A_TICK) -> None:
    """Remove a further chunk of each open purge, also of another process. Raises: the errors of ``delete_old``."""
    if _NONE_OPEN.get(deps, EVERYWHERE):
        return
    if gone := await _go_on(deps, deps.clock.now(), rows):
        _log.info("deleted on: %s", gone)


async def _go_on(deps: Dependencies, now: datetime, rows: int) -> dict[str, int]:
    places, gone = await deps.purges.open(), dict[str, int]()
    failed, more = list[Exception](), False
    for name in places.keys() - PURGES.keys():  # of another release
        await deps.purges.note(name, Chunk())
    for name in [each for each in PURGES if each in places]:
        chunk = Chunk(rows, places[name])
        try:
            gone[name] = await PURGES[name](deps, now, chunk)
            await deps.purges.note(name, chunk)
        except Exception as error:  # noqa: BLE001 - raised after the last
            _log.exception("the purge of %s failed; the others go on", name)
            failed.append(error)
        more = more or chunk.more
    if failed:
        raise failed[0]
    _NONE_OPEN.put(deps, EVERYWHERE, value=not more)
    return gone
