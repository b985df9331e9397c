"""The page of a Spot Group's wizards that says how many hosts run, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.domain.amounts import amount
from shared.domain.spot.group import LicenseType, SpotGroup
from shared.domain.spot.schedule import Phase, Schedule
from shared.domain.spot.settings import CapacitySettings
from shared.domain.values import Value
from shared.errors import Problem

_MOST_PHASES = 50
_MOST_EXCEPTIONS = 400


class CapacityStep(CapacitySettings):
    """Settings for the number of running hosts. Default values are those of Spot PC."""


class EditCapacityStep(Value):
    """Capacity settings, as a whole; left out: unchanged."""

    capacity: CapacityStep | None = Field(None, title="Capacity", description="As a whole.")


def capacity_problems(
    step: CapacitySettings, license_type: LicenseType, hosts: int, seats: int, at: str = "/capacity"
) -> Iterable[Problem]:
    """Yield the problems of the settings for a group of *hosts* hosts with *seats* sessions each."""
    pooled = license_type is LicenseType.POOLED

    def problem(pointer: str, message: str) -> Problem:
        return Problem(f"{at}/{pointer}", message, "capacity")

    if pooled and step.start_threshold > seats:
        message = f"a host has {seats} seats; choose at most {seats}"
        yield problem("startThreshold", message)
    if step.minimum_online > hosts:
        yield problem("minimumOnline", f"the licences come to {amount(hosts, 'host')}; choose at most {hosts}")
    if not pooled and step.low_priority_hosts:
        yield problem("lowPriorityHosts", "only pooled hosts may be low-priority: losing one must be harmless")
    if step.low_priority_hosts > hosts:
        yield problem("lowPriorityHosts", f"the licences come to {amount(hosts, 'host')}; choose at most {hosts}")
    if license_type is LicenseType.PERSONAL_DEDICATED and step.scale_in.value == "delete":
        yield problem("scaleIn", "dedicated desktops are never rebuilt, so they are not deleted; choose deallocate")
    if step.schedule:
        for pointer, message in schedule_problems(step.schedule, hosts):
            yield problem(f"schedule/{pointer}", message)


def capacity_problems_of(step: CapacitySettings, group: SpotGroup, at: str) -> Iterable[Problem]:
    """Yield the problems of the settings for an existing group."""
    seats = group.hosts.session_limit if group.pooled else 1
    return capacity_problems(step, group.license_type, group.host_count, seats, at)


def schedule_problems(schedule: Schedule, hosts: int) -> Iterable[tuple[str, str]]:
    """Yield the problems of a schedule, as the place below it and a sentence."""
    if not _is_zone(schedule.time_zone):
        yield "timeZone", "there is no such time zone; write an IANA name, such as Europe/Berlin"
    if len(schedule.phases) > _MOST_PHASES:
        yield "phases", f"a week has at most {_MOST_PHASES} phases; leave some out"
    if len(schedule.exceptions) > _MOST_EXCEPTIONS:
        yield "exceptions", f"there are at most {_MOST_EXCEPTIONS} dates; leave out those that are over"
    if schedule.exceptions and not schedule.phases:
        yield "phases", "dates without a week change nothing; write at least one phase of the week"
    yield from _phase_problems("phases", schedule.phases, hosts)
    dates = [each.on for each in schedule.exceptions]
    for n, exception in enumerate(schedule.exceptions):
        if exception.on in dates[:n]:
            yield f"exceptions/{n}/on", "the date is named twice; put its phases together"
        yield from _phase_problems(f"exceptions/{n}/phases", exception.phases, hosts, dated=True)


def _phase_problems(
    at: str, phases: tuple[Phase, ...], hosts: int, *, dated: bool = False
) -> Iterable[tuple[str, str]]:
    begun: set[tuple[int, time]] = set()
    for n, phase in enumerate(phases):
        if not phase.days or any(not 1 <= day <= 7 for day in phase.days):  # noqa: PLR2004 - days of a week
            yield f"{at}/{n}/days", "write days as numbers from 1, a Monday, to 7, a Sunday; at least one"
        if phase.begins.tzinfo is not None:
            yield f"{at}/{n}/begins", "write the local time without a zone; the schedule has one for all"
        if phase.minimum_online > hosts:
            yield f"{at}/{n}/minimumOnline", f"the licences come to {amount(hosts, 'host')}; choose at most {hosts}"
        begins = {(0 if dated else day, phase.begins.replace(tzinfo=None)) for day in phase.days}
        if begins & begun:
            yield f"{at}/{n}/begins", "another phase begins at the same time of the same day; change one of them"
        begun |= begins


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # of a name that is a path or a folder; ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False
    return True
