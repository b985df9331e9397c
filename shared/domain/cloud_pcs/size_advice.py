"""Advice on sizes in the words of Microsoft Graph: whether a Cloud PC has the right one, and which plan would be. Pure.

Microsoft does not publish the rules of Windows 365. Ours, and their reasons:

* Only time with an active session counts. Updates at night say nothing about what the user needs.
* The 95th percentile counts: a longer load than every twentieth quarter of an hour is felt, a shorter one is not.
* A smaller size must be left with room (`COMFORTABLE`), and a size is too small only well above that (`PRESSED`), so
  that no plan that was recommended is called too small by the same load.
* Few days say nothing about a month: fewer than `DAYS_NEEDED` give no advice, and the reason says so.
* Who hardly works with a Cloud PC is *Underutilized*: another size does not help, another licence or none may.

Nothing acts on an advice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.domain.cloud_pcs.load import CloudPcLoad, percentile
from shared.domain.cloud_pcs.use import CloudPcUse
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.values import Value

WINDOW = timedelta(days=14)
"""Period that is judged: two weeks have each day of the week twice."""

DAYS_NEEDED = 5
"""Smallest number of days with a load: a week of work."""

_QUARTERS_NEEDED = 8
"""Quarters of an hour in use of a day that counts: two hours."""

_DAYS_OBSERVED = 10
_MINUTES_OF_A_DAY_OBSERVED = 12 * 60
"""Days, and minutes of each, in which sessions must have been observed before little use is called little."""

LITTLE_USE_IN_MINUTES = 10 * 60
"""Active minutes of the period below which a Cloud PC is underutilized: five hours a week."""

_SHARE = 0.95
PRESSED = 90
"""Load of CPU or memory, in per cent, from which on a size is too small."""

COMFORTABLE = {"cpu": 70, "memory": 80}
"""Largest load, in per cent, that a recommended plan may have by reckoning. Full memory costs more than a busy CPU."""


class UsageCategory(StrEnum):
    """Graph's categories of the report cloudPcUsageCategoryReport."""

    UNDERSIZED = "Undersized"
    OVERSIZED = "Oversized"
    RIGHTSIZED = "Rightsized"
    UNDERUTILIZED = "Underutilized"


class CloudPcSizeAdvice(Value):
    """Advice on one Cloud PC. *category*: None if there is none, for a *reason* that is always there.

    *recommended*: the plan with the right size; None also where the tenant has no licence of such a plan.
    *cpu_percent*, *memory_percent*: what 95 % of the quarters of an hour in use stayed below. *days*: that count.
    """

    category: UsageCategory | None = None
    reason: str
    recommended: ServicePlan | None = None
    cpu_percent: int | None = None
    memory_percent: int | None = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """Use and load of a Cloud PC in the period, by day. *size*: of its machine now; *plan*: its licence's."""

    plan: ServicePlan
    size: str
    uses: Mapping[date, CloudPcUse]
    loads: Mapping[date, CloudPcLoad]


def advice_on(seen: Seen, plans: Iterable[ServicePlan]) -> CloudPcSizeAdvice:
    """Return the advice on a Cloud PC. *plans*: the plans of the tenant's licences."""
    active = sum(each.minutes_active for each in seen.uses.values())
    observed = sum(each.recorded_minutes >= _MINUTES_OF_A_DAY_OBSERVED for each in seen.uses.values())
    if observed >= _DAYS_OBSERVED and active < LITTLE_USE_IN_MINUTES:
        reason = f"in use for {active // 60} h {active % 60} min in {WINDOW.days} days"
        return CloudPcSizeAdvice(category=UsageCategory.UNDERUTILIZED, reason=reason)
    days = [each for each in seen.loads.values() if each.size == seen.size and each.quarters >= _QUARTERS_NEEDED]
    if len(days) < DAYS_NEEDED:
        return CloudPcSizeAdvice(reason=_too_few(seen, len(days)), days=len(days))
    cpu, memory = (percentile(counted, _SHARE) for counted in ([d.cpu for d in days], [d.memory for d in days]))
    found = CloudPcSizeAdvice(
        category=UsageCategory.RIGHTSIZED, reason="", cpu_percent=cpu, memory_percent=memory, days=len(days)
    )
    words = f"95 % of the time in use: CPU up to {cpu} %, memory up to {memory} %"
    others = _cheapest_first(each for each in plans if each.storage_in_gb >= seen.plan.storage_in_gb)
    if max(cpu, memory) >= PRESSED:
        larger = [each for each in others if _relieves(each, seen.plan, cpu, memory)]
        more = "" if larger else "; the tenant has no licence of a larger plan"
        return found.but(
            category=UsageCategory.UNDERSIZED, reason=words + more, recommended=larger[0] if larger else None
        )
    smaller = [each for each in others if _cost(each) < _cost(seen.plan) and _fits(each, seen.plan, cpu, memory)]
    if smaller:
        return found.but(category=UsageCategory.OVERSIZED, reason=words, recommended=smaller[0])
    return found.but(reason=words)


def _too_few(seen: Seen, days: int) -> str:
    faults = [seen.loads[day].fault for day in sorted(seen.loads) if seen.loads[day].fault]
    unread = f"; the metrics of {len(faults)} days could not be read: {faults[-1]}" if faults else ""
    needed = f"advice needs {DAYS_NEEDED} days with two hours of use on the present size"
    return f"{needed}; there are {days}{unread}"


def _cost(plan: ServicePlan) -> tuple[int, int, int]:
    """Return how plans are ordered: by CPU, by memory, then by disk."""
    return plan.v_cpu_count, plan.ram_in_gb, plan.storage_in_gb


def _cheapest_first(plans: Iterable[ServicePlan]) -> Sequence[ServicePlan]:
    return sorted(plans, key=lambda each: (_cost(each), each.id))


def _fits(plan: ServicePlan, now: ServicePlan, cpu: int, memory: int) -> bool:
    """Return whether a load of the present plan leaves room in another one, and that has no more of anything."""
    if plan.v_cpu_count > now.v_cpu_count or plan.ram_in_gb > now.ram_in_gb:
        return False
    return _has_room(plan, now, cpu, memory)


def _relieves(plan: ServicePlan, now: ServicePlan, cpu: int, memory: int) -> bool:
    """Return whether a load that presses the present plan leaves room in a plan without less of anything."""
    if plan.v_cpu_count < now.v_cpu_count or plan.ram_in_gb < now.ram_in_gb:
        return False
    # What is not pressed may stay as it is.
    more_cpu = cpu < PRESSED or cpu * now.v_cpu_count / plan.v_cpu_count <= COMFORTABLE["cpu"]
    more_memory = memory < PRESSED or memory * now.ram_in_gb / plan.ram_in_gb <= COMFORTABLE["memory"]
    return more_cpu and more_memory


def _has_room(plan: ServicePlan, now: ServicePlan, cpu: int, memory: int) -> bool:
    loads = {"cpu": cpu * now.v_cpu_count / plan.v_cpu_count, "memory": memory * now.ram_in_gb / plan.ram_in_gb}
    return all(loads[name] <= most for name, most in COMFORTABLE.items())
