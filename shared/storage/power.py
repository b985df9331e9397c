"""Repositories of power schedules, and of the power of Cloud PCs.

The power of a Cloud PC has a table of its own: it changes several times a day, and a change of the record of a Cloud PC
would be in the way of whoever edits that.
"""

from __future__ import annotations

from shared.domain.power.record import CloudPcPower
from shared.domain.power.settings import PowerSchedule
from shared.domain.wizards.fields import folded
from shared.storage.named import NamedRepository
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SCHEDULES = Shape(
    table="powerschedules",
    noun="power schedule",
    model=PowerSchedule,
    place=lambda schedule: (schedule.tenant_id, schedule.id),
    columns={"display_name": lambda schedule: schedule.display_name},
)
_POWERS = Shape(
    table="cloudpcpower", noun="Cloud PC", model=CloudPcPower, place=lambda power: (power.tenant_id, power.id)
)


def power_schedules(tables: Tables) -> Repository[PowerSchedule]:
    """Return the repository of power schedules."""
    return NamedRepository(tables, _SCHEDULES, lambda schedule: folded(schedule.display_name))


def cloud_pc_powers(tables: Tables) -> Repository[CloudPcPower]:
    """Return the repository of the power of Cloud PCs, by the id of the Cloud PC."""
    return Repository(tables, _POWERS)
