"""The checks of the health page, made in the background: of the service at each tick, of tenants in turn.

A tick has a budget. Tenants whose report is oldest come first; who does not fit is checked by the next tick. A check
that fails is a finding of its own and keeps no other back.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.caching import TtlCache
from shared.clients.notice_queue import QUEUE as NOTICES
from shared.clients.storage import oldest
from shared.contracts.calls import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain.health.codes import OF_SERVICE, HealthCode, HealthSection, Severity
from shared.domain.health.judging import (
    finding,
    in_order,
    judge_clock,
    judge_due_work,
    judge_prices,
    judge_queues,
    judge_rate_limits,
    judge_set_aside,
    judge_stalled_work,
    judge_storage,
    judge_timers,
    section,
)
from shared.domain.health.report import HealthReport, HealthThresholds, SectionHealth
from shared.domain.operations.overview import LATEST
from shared.domain.operations.pausing import Aside
from shared.errors import DeskwrightError
from shared.services.directory.tenants import TenantIds
from shared.services.health.tenants import check_tenant
from shared.services.tenants.directory_changes import POISON, QUEUE
from shared.storage.audit import EVERYWHERE
from shared.storage.cost import PRICES
from shared.storage.due import Due
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.maintenance")

BUDGET = timedelta(seconds=60)
"""Time of a tick for the checks of tenants."""

_OF_ONE = timedelta(seconds=20)
"""The most that one tenant takes of it: a directory that does not answer keeps the others back no longer."""

_AT_ONCE = 4
_NEVER = datetime.min.replace(tzinfo=UTC)
_TICKED: TtlCache[bool] = TtlCache(timedelta(minutes=30))
"""Timers of which a tick was noted just now: the sweep would write a row each minute."""

_CHECKED: TtlCache[bool] = TtlCache(timedelta(minutes=59))
_LOOKED: TtlCache[bool] = TtlCache(timedelta(minutes=5))
"""Whether this process has checked just now: requests of an idle service are counted (docs/performance.md)."""


async def note_tick(deps: Dependencies, timer: str) -> None:
    """Record that a timer has ended well, every half an hour. The timer does not fail where that cannot be written."""
    if _TICKED.get(deps, timer):
        return
    try:
        await deps.timer_ticks.note(timer, deps.clock.now())
    except DeskwrightError as error:
        _log.warning("the tick of %s was not noted: %s", timer, error)
        return
    _TICKED.put(deps, timer, value=True)


@dataclass(frozen=True, slots=True)
class LateWork:
    """Overdue rows and rows set aside, of all tenants."""

    late: Sequence[Due]
    aside: Sequence[Aside]

    def of(self, tenant_id: str) -> LateWork:
        """Return the late work of one tenant."""
        return LateWork(
            [each for each in self.late if each.tenant_id == tenant_id],
            [each for each in self.aside if each.tenant_id == tenant_id],
        )

    def judged(self, now: datetime, thresholds: HealthThresholds) -> list[SectionHealth]:
        """Return the section of late due rows and the section of due rows that are set aside."""
        since: dict[str, datetime] = {}
        for due in self.late:
            since[due.kind.value] = min(due.at, since.get(due.kind.value, due.at))
        reasons = {each.kind: each.reason for each in self.aside}
        return [judge_due_work(since, now, thresholds), judge_set_aside(reasons, len(self.aside))]


async def check_health_hourly(deps: Dependencies, tenant_ids: TenantIds) -> None:
    """Check the service and the tenants, unless this process has within the last hour."""
    if not _CHECKED.get(deps, EVERYWHERE):
        await check_health(deps, tenant_ids)
        _CHECKED.put(deps, EVERYWHERE, value=True)


async def look_at_service(deps: Dependencies) -> None:
    """Check the service, without its tenants and clouds, for a reader of its page; every five minutes at most."""
    if not _LOOKED.get(deps, EVERYWHERE):
        thresholds = (await deps.health_settings.of(EVERYWHERE)).thresholds
        await _save_service(deps, await _late_work(deps, thresholds), thresholds)


async def check_health(deps: Dependencies, tenant_ids: TenantIds) -> None:
    """Check the service, and then the tenants whose reports are old, as far as the budget goes."""
    thresholds = (await deps.health_settings.of(EVERYWHERE)).thresholds
    work = await _late_work(deps, thresholds)
    await _save_service(deps, work, thresholds)
    await _check_tenants(deps, await tenant_ids(), work, thresholds)


async def _save_service(deps: Dependencies, work: LateWork, thresholds: HealthThresholds) -> None:
    await deps.health_reports.save_all([Stored(await check_service(deps, work, thresholds), "*")])
    _LOOKED.put(deps, EVERYWHERE, value=True)


async def check_service(deps: Dependencies, work: LateWork, thresholds: HealthThresholds) -> HealthReport:
    """Return the report of the service as a whole."""
    now = deps.clock.now()

    async def storage() -> list[SectionHealth]:
        milliseconds, date = await deps.timer_ticks.look()
        told = deps.settings.clock_file is None and date is not None
        skew = date - deps.clock.now() if told and date is not None else None  # a simulated clock is meant to differ
        return [judge_storage(milliseconds, thresholds), judge_clock(skew, thresholds)]

    async def queues() -> list[SectionHealth]:
        ages = {name: await oldest(deps.queue(name)) for name in (QUEUE, POISON, NOTICES)}
        return [judge_queues(ages, POISON, thresholds)]

    async def timers() -> list[SectionHealth]:
        return [judge_timers(await deps.timer_ticks.all(), now, thresholds)]

    async def rate_limits() -> list[SectionHealth]:
        return [judge_rate_limits(await deps.rate_limiters.calls_lately(now.timestamp()), thresholds)]

    async def stalled() -> list[SectionHealth]:
        return [judge_stalled_work(await deps.stalled_work.all(), now)]

    async def prices() -> list[SectionHealth]:
        known = [stored.value async for stored in deps.retail_prices.each(PRICES)]
        return [judge_prices(known, now, thresholds)]

    checks: Mapping[HealthSection, Callable[[], Awaitable[list[SectionHealth]]]] = {
        HealthSection.STORAGE: storage,
        HealthSection.QUEUES: queues,
        HealthSection.TIMERS: timers,
        HealthSection.RATE_LIMITS: rate_limits,
        HealthSection.STALLED_WORK: stalled,
        HealthSection.PRICES: prices,
    }
    found = [each for name, check in checks.items() for each in await _tried(name, check)]
    sections = in_order([*found, *work.judged(now, thresholds)], OF_SERVICE)
    return HealthReport(tenant_id=EVERYWHERE, checked_date_time=now, sections=sections)


async def _tried(name: HealthSection, check: Callable[[], Awaitable[list[SectionHealth]]]) -> list[SectionHealth]:
    try:
        return await check()
    except Exception as error:  # noqa: BLE001 - a finding of its own: the other checks are made
        _log.warning("the health of %s could not be checked: %s", name.value, type(error).__name__)
        words = (
            str(error) if isinstance(error, DeskwrightError) else f"an error of the service ({type(error).__name__})"
        )
        return [section(name, [finding(HealthCode.CHECK_FAILED, Severity.WARNING, words)])]


async def _late_work(deps: Dependencies, thresholds: HealthThresholds) -> LateWork:
    before = deps.clock.now() - timedelta(minutes=thresholds.due_work_late_warning_in_minutes)
    return LateWork(await deps.due.late(before), await deps.due.aside.all())


async def _check_tenants(
    deps: Dependencies, tenant_ids: Sequence[str], work: LateWork, thresholds: HealthThresholds
) -> None:
    """Check the tenants whose turn it is, the longest unchecked first."""
    now = deps.clock.now()
    every = timedelta(minutes=thresholds.tenant_checked_every_minutes)
    waiting = list[tuple[datetime, str, HealthReport | None]]()
    for tenant_id in tenant_ids:
        found = await deps.health_reports.find(tenant_id, LATEST)
        last = found.value.checked_date_time if found else None
        if last is None or now - last >= every:
            waiting.append((last or _NEVER, tenant_id, found.value if found else None))
    places, counts = asyncio.Semaphore(_AT_ONCE), Counter[str]()

    async def check(tenant_id: str, before: HealthReport | None) -> None:
        async with places, asyncio.timeout(_OF_ONE.total_seconds()):
            stored = await deps.tenants.find(tenant_id)
            if stored is None:  # deleted meanwhile
                return
            with on_behalf_of(tenant_id):
                mine = work.of(tenant_id).judged(now, thresholds)
                report = await check_tenant(deps, stored.value, before, mine, thresholds)
            await deps.health_reports.save_all([Stored(report, "*")])
            counts["checked"] += 1

    waiting.sort(key=lambda each: each[:2])
    tasks = [asyncio.create_task(check(tenant_id, before)) for _, tenant_id, before in waiting]
    if not tasks:
        return
    done, left = await asyncio.wait(tasks, timeout=BUDGET.total_seconds())
    for task in left:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for error in filter(None, (task.exception() for task in done)):
        _log.warning("a tenant's health could not be checked: %s", type(error).__name__)
    _log.info("the health of %d of %d tenants was checked", counts["checked"], len(waiting))
