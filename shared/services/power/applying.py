"""The power schedule of a Cloud PC: its own for a while, else its policy's, by default in its site's time zone."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING
from shared.domain.policies.configuration import ShutDownAction
from shared.domain.policies.policy import Policy
from shared.domain.power.arrivals import when_expected
from shared.domain.power.engine import PowerFacts
from shared.domain.power.overriding import PowerOverride
from shared.domain.power.record import CloudPcPower
from shared.domain.power.schedule import is_zone
from shared.domain.power.settings import PowerSchedule, PowerSettings
from shared.domain.power.zones import USER_ZONE
from shared.services.power.zones import zone_of_cloud_pc
from shared.storage.due import Due, DueKind

_log = logging.getLogger("deskwright.sweeps")


@dataclass(frozen=True, slots=True)
class AppliedSchedule:
    """A power schedule, and its rules in the time zone of one Cloud PC. *override*: the Cloud PC's own rules in it."""

    schedule: PowerSchedule
    settings: PowerSettings
    override: PowerOverride | None = None

    @property
    def name(self) -> str:
        """The name of the schedule for sentences, which says that its rules are overridden."""
        name = self.schedule.display_name
        return f"{name} ({self.override.about})" if self.override else name

    def facts(self, facts: PowerFacts, power: CloudPcPower, now: datetime) -> PowerFacts:
        """Return *facts* with the schedule and the time of the next start."""
        return facts.but(
            schedule=self.settings,
            schedule_name=self.name,
            schedule_until=self.override.until_date_time if self.override else None,
            **when_expected(self.settings, power.arrivals, now, power.id),
        )


async def schedule_of(deps: Dependencies, pc: CloudPc) -> AppliedSchedule | None:
    """Return the present power schedule of a Cloud PC; None if it has no schedule.

    The most specific counts: a rule of its own override, then the schedule that this names, then its policy's.
    """
    power = await deps.cloud_pc_powers.find(pc.tenant_id, pc.id)
    override = power.value.overridden_at(deps.clock.now()) if power else None
    found = None
    if override and override.power_schedule_id:
        found = await deps.power_schedules.find(pc.tenant_id, override.power_schedule_id)
    schedule = found.value if found else await policy_schedule(deps, pc)
    if schedule is None:
        return None
    zone = (override.time_zone if override else None) or schedule.time_zone
    if zone is None or zone == USER_ZONE:
        zone = await zone_of_cloud_pc(deps, pc, of_user=zone == USER_ZONE)
    if not is_zone(zone):
        _log.error("the time zone %s of the power schedule %s/%s is unknown", zone, pc.tenant_id, schedule.id)
        return None
    here = schedule.but(time_zone=zone)
    return AppliedSchedule(here, override.settings(here, zone) if override else here.settings(zone), override)


async def policy_schedule(deps: Dependencies, pc: CloudPc) -> PowerSchedule | None:
    """Return the power schedule of the policy of a Cloud PC."""
    policy = await _policy_of(deps, pc)
    schedule_id = policy.configuration.power_schedule_id if policy else None
    found = await deps.power_schedules.find(pc.tenant_id, schedule_id) if schedule_id else None
    return found.value if found else None


async def keeps_shut_down(deps: Dependencies, pc: CloudPc) -> bool:
    """Whether the policy of a Cloud PC does not deallocate a machine that was shut down inside Windows."""
    policy = await _policy_of(deps, pc)
    return policy is not None and policy.configuration.shut_down_action is ShutDownAction.NONE


async def _policy_of(deps: Dependencies, pc: CloudPc) -> Policy | None:
    snapshot = pc.current.snapshot
    found = await deps.policies.find(pc.tenant_id, snapshot.policy_id) if snapshot else None
    return found.value if found else None


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
