"""Maintenance by timers: its steps, lists kept true to their records, and measurements."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from shared.clients.notice_queue import QUEUE as NOTICES
from shared.clients.storage import oldest
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import MACHINE_GONE
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.operations.overview import OpenDecisions
from shared.services.spot.reconciling import SpotWaiting, hosts_gone_everywhere, spot_waiting_everywhere
from shared.services.tenants.directory_changes import POISON, QUEUE
from shared.services.usage.recording import record_tenants
from shared.storage.listed import ListedRepository
from shared.telemetry import (
    MACHINES_GONE,
    PENDING,
    REMOVALS_WAITING,
    SET_ASIDE,
    measure_now,
    measure_queue,
    measure_spot_waiting,
)

_log = logging.getLogger("deskwright.maintenance")


class TenantIds:
    """The ids of all tenants, read by the first step that asks; a reading that failed is made again by the next."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps, self._found = deps, list[str]()

    async def __call__(self) -> Sequence[str]:
        """Return the ids, in the order of the table."""
        if not self._found:
            self._found = [stored.value.id async for stored in self._deps.tenants.each()]
        return self._found


async def each_by_itself(*steps: Callable[[], Awaitable[object]]) -> None:
    """Take every step, in order. Raises: the error of the first that failed, after the last."""
    failed: list[Exception] = []
    for step in steps:
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - raised after the last
            _log.exception("a step of the maintenance failed; the others go on")
            failed.append(error)
    if failed:
        raise failed[0]


async def fold_lists(deps: Dependencies, tenant_ids: TenantIds | None = None) -> int:
    """Put the pending changes into the lists of all tenants; return the number of changes."""
    return await _everywhere(deps, tenant_ids or TenantIds(deps), lambda rows, tenant_id: rows.fold(tenant_id))


async def repair_lists(deps: Dependencies) -> int:
    """Compare the lists of all tenants with the records, and mend them; return how many entries were wrong."""
    return await _everywhere(deps, TenantIds(deps), lambda rows, tenant_id: rows.repair(tenant_id))


async def _everywhere(
    deps: Dependencies, tenant_ids: TenantIds, keep: Callable[[ListedRepository[Any], str], Awaitable[int]]
) -> int:
    count = 0
    for tenant_id in await tenant_ids():
        for rows in (deps.cloud_pcs, deps.operations):
            try:
                count += await keep(rows, tenant_id)
            except Exception as error:  # noqa: BLE001  # the next time, then: the lists of the others do not wait for it
                _log.warning("a list of %s could not be kept: %s", tenant_id, error)
    return count


_MEASURED = (Status.PENDING_PROVISION, Status.FAILED, Status.IN_GRACE_PERIOD)


async def measure(deps: Dependencies, tenant_ids: TenantIds | None = None) -> dict[str, OpenDecisions]:
    """Measure every tenant: each table is read once for all of them, and Table Storage returns waiting rows only.

    Return what waits for a person, by tenant.
    """
    found = await deps.cloud_pcs.with_status_or_removal(*_MEASURED)
    pending = Counter(pc.tenant_id for pc in found if pc.status is Status.PENDING_PROVISION)
    removals = Counter(pc.tenant_id for pc in found if pc.removal is not None and pc.removal.waits)
    lost = [pc for pc in found if pc.status in {Status.FAILED, Status.IN_GRACE_PERIOD}]
    gone = Counter(pc.tenant_id for pc in lost if pc.failure is not None and pc.failure.code == MACHINE_GONE)
    spot = await spot_waiting_everywhere(deps)
    gone += await hosts_gone_everywhere(deps) if spot else Counter()
    aside = Counter(row.tenant_id for row in await deps.due.aside.all())
    for tenant_id in sorted({*await (tenant_ids or TenantIds(deps))(), *aside}):
        measure_now(MACHINES_GONE, gone[tenant_id], tenant_id=tenant_id)
        measure_now(PENDING, pending[tenant_id], tenant_id=tenant_id)
        measure_now(REMOVALS_WAITING, removals[tenant_id], tenant_id=tenant_id)
        measure_now(SET_ASIDE, aside[tenant_id], tenant_id=tenant_id)
    for tenant_id, waiting in spot.items():
        for what, number in waiting.to_json().items():
            measure_spot_waiting(what, number, tenant_id=tenant_id)
    return {
        each: _open_decisions(
            spot.get(each), removals_waiting=removals[each], machines_gone=gone[each], aside=aside[each]
        )
        for each in {*removals, *gone, *aside, *spot}
    }


def _open_decisions(
    spot: SpotWaiting | None, *, removals_waiting: int, machines_gone: int, aside: int
) -> OpenDecisions:
    waiting = spot or SpotWaiting()
    return OpenDecisions(
        removals_waiting=removals_waiting,
        members_held=waiting.removals_held,
        machines_gone=machines_gone,
        hosts_broken=waiting.hosts_broken,
        releases_stopped=waiting.releases_stopped,
        set_aside=aside,
    )


async def measure_and_record(deps: Dependencies, tenant_ids: TenantIds) -> None:
    """Measure every tenant, and record the numbers for its overview and its usage."""
    decisions = await measure(deps, tenant_ids)
    await record_tenants(deps, await tenant_ids(), decisions, deps.clock.now())


async def measure_queues(deps: Dependencies) -> None:
    """Measure how long the first message of each of the service's own queues has been there."""
    for name in (QUEUE, POISON, NOTICES):
        measure_queue(name, await oldest(deps.queue(name)))
