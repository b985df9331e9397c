"""Recording usage. It rests on readings that are made anyway: nothing is asked of Azure for it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain.operations.overview import LATEST, OpenDecisions, TenantOverview, spot_capacity
from shared.domain.operations.usage import RECORDED as HOUR
from shared.domain.operations.usage import TENANT, tenant_point
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.engine.usage import RECORDED, Look, OpenUsage, after_look
from shared.domain.usage import Point
from shared.errors import DeskwrightError
from shared.services.cost.actuals import read_actual_costs
from shared.services.cost.budgets import check_budgets
from shared.services.cost.recording import record_cost
from shared.services.usage.cloud_pcs import record_cloud_pcs
from shared.services.usage.reclaiming import check_reclaims
from shared.storage.repository import Stored


async def note_look(deps: Dependencies, state: SpotGroupState, look: Look) -> OpenUsage:
    """Return the open interval of a group after a look; record the interval before, when it is over.

    It is recorded before the state that forgets it is saved: after a crash in between it is there already, and stays.
    """
    opened, ended = after_look(state.usage, look)
    if ended is not None:
        await deps.usage.add(state.tenant_id, state.id, await _marked(deps, state, ended))
    return opened


async def _marked(deps: Dependencies, state: SpotGroupState, point: Point) -> Point:
    """Return a point with the decisions of its interval."""
    decided = await deps.spot_decisions.find(state.tenant_id, state.id)
    marks = decided.value.marks(point.at, point.at + RECORDED.length) if decided else ()
    return replace(point, marks=(*marks, *point.marks))


_log = logging.getLogger("deskwright.maintenance")
_AT_ONCE = 16
"""Number of tenants that are recorded concurrently."""

_EVENTS_AT_ONCE = 1000
_FIRST_TICK = timedelta(minutes=15)
"""The interval of the ticks that record tenants."""


async def record_tenants(
    deps: Dependencies, tenant_ids: Sequence[str], decisions: Mapping[str, OpenDecisions], now: datetime
) -> None:
    """Record the overview of each tenant, and at the first tick of an hour the usage of the hour before.

    *decisions*: those that wait for a person, by tenant. A tick that does not come leaves a gap. If something of a
    tenant cannot be read, the others are recorded.
    """
    states: dict[str, list[SpotGroupState]] = defaultdict(list)
    async for stored in deps.spot_states.of_all():
        states[stored.value.tenant_id].append(stored.value)
    places = asyncio.Semaphore(_AT_ONCE)

    async def record(tenant_id: str) -> None:
        async with places:
            try:
                await _record_tenant(deps, tenant_id, decisions.get(tenant_id), states[tenant_id], now)
            except DeskwrightError as error:
                _log.warning("the usage of %s could not be recorded: %s", tenant_id, error)

    await asyncio.gather(*map(record, tenant_ids))


async def _record_tenant(
    deps: Dependencies,
    tenant_id: str,
    decisions: OpenDecisions | None,
    states: Sequence[SpotGroupState],
    now: datetime,
) -> None:
    entries = await deps.cloud_pcs.entries(tenant_id)
    overview = TenantOverview(
        tenant_id=tenant_id,
        last_refreshed_date_time=now,
        statuses=dict(sorted(Counter(str(entry["status"]) for entry in entries).items())),
        decisions=decisions or OpenDecisions(),
        spot=spot_capacity(states),
    )
    await deps.overviews.save_all([Stored(overview, "*")])
    hour = HOUR.begin(now)
    if now - hour < _FIRST_TICK:
        begin = hour - HOUR.length
        among = deps.audit.among(tenant_id, top=_EVENTS_AT_ONCE, since=begin, until=hour)
        events = [stored.value async for _, stored in among if begin <= stored.value.activity_date_time < hour]
        await deps.usage.add(tenant_id, TENANT, tenant_point(begin, overview.statuses, events, overview.spot))
        if entries or states:
            await record_cost(deps, tenant_id, now)
            await check_budgets(deps, tenant_id, now)
            await check_reclaims(deps, tenant_id, now)
            await read_actual_costs(deps, tenant_id, now)
    await record_cloud_pcs(deps, tenant_id, entries, now)


async def delete_usage_of_tenant(deps: Dependencies, tenant_id: str) -> None:
    """Remove the usage and the overview of a tenant."""
    await deps.usage.delete_of(tenant_id)
    await deps.overviews.remove(tenant_id, LATEST)
