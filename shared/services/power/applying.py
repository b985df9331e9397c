"""The power schedule of a Cloud PC: it is its policy's, by default in the time zone of its site."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.power.arrivals import when_expected
from shared.domain.power.engine import PowerFacts
from shared.domain.power.record import CloudPcPower
from shared.domain.power.schedule import is_zone
from shared.domain.power.settings import PowerSchedule, PowerSettings
from shared.domain.power.zones import ELSEWHERE, zone_of
from shared.storage.due import Due, DueKind

_log = logging.getLogger("deskwright.sweeps")


@dataclass(frozen=True, slots=True)
class AppliedSchedule:
    """A power schedule, and its rules in the time zone of one Cloud PC."""

    schedule: PowerSchedule
    settings: PowerSettings

    def facts(self, facts: PowerFacts, power: CloudPcPower, now: datetime) -> PowerFacts:
        """Return *facts* with the schedule and the time of the next start."""
        return facts.but(
            schedule=self.settings,
            schedule_name=self.schedule.display_name,
            **when_expected(self.settings, power.arrivals, now, power.id),
        )


async def schedule_of(deps: Dependencies, pc: CloudPc) -> AppliedSchedule | None:
    """Return the present power schedule of a Cloud PC's policy; None if it has no schedule."""
    snapshot = pc.current.snapshot
    policy = await deps.policies.find(pc.tenant_id, snapshot.policy_id) if snapshot else None
    schedule_id = policy.value.configuration.power_schedule_id if policy else None
    found = await deps.power_schedules.find(pc.tenant_id, schedule_id) if schedule_id else None
    if found is None:
        return None
    zone = found.value.time_zone or await _zone_of(deps, pc)
    if not is_zone(zone):
        _log.error("the time zone %s of the power schedule %s/%s is unknown", zone, pc.tenant_id, schedule_id)
        return None
    return AppliedSchedule(found.value, found.value.settings(zone))


async def _zone_of(deps: Dependencies, pc: CloudPc) -> str:
    """Return the time zone of the site of a Cloud PC."""
    snapshot = pc.current.snapshot
    connection = await deps.connections.find(pc.tenant_id, snapshot.connection_id) if snapshot else None
    site = await deps.sites.find(pc.tenant_id, connection.value.site_id) if connection else None
    return zone_of(site.value.region) if site else ELSEWHERE


async def promise_looks(deps: Dependencies, tenant_id: str, at: datetime) -> None:
    """Write a due row for each Cloud PC of a tenant that has a power schedule, or a record of its power."""
    policies = [stored.value async for stored in deps.policies.each(tenant_id)]
    scheduled = {each.id for each in policies if each.configuration.power_schedule_id}
    known = {stored.value.id async for stored in deps.cloud_pc_powers.each(tenant_id)}
    pcs = [stored.value async for stored in deps.cloud_pcs.each(tenant_id)]
    await deps.due.put_all(
        Due(DueKind.POWER, at, tenant_id, pc.id)
        for pc in pcs
        if pc.id in known
        or (pc.status in WORKING and pc.current.snapshot and pc.current.snapshot.policy_id in scheduled)
    )


async def promise_first_look(deps: Dependencies, pc: CloudPc, at: datetime) -> None:
    """Write the due row of the first look at the power of a Cloud PC that was built, if its policy has a schedule."""
    if await schedule_of(deps, pc) is not None:
        await deps.due.put(DueKind.POWER, at, pc.tenant_id, pc.id)
