"""Advice on sizes: the rules, their thresholds, and the load of a day that they rest on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.domain.cloud_pcs.day import Stretch, UseState
from shared.domain.cloud_pcs.load import LOADS, CloudPcLoad, MachineMetrics, load_of, percentile, quarters_in_use
from shared.domain.cloud_pcs.size_advice import DAYS_NEEDED, CloudPcSizeAdvice, Seen, UsageCategory, advice_on
from shared.domain.cloud_pcs.use import CloudPcUse, SeenUse
from shared.domain.machines.service_plan import ServicePlan, service_plan

FIRST = date(2026, 11, 2)
SIZE, GIB = "Standard_D4s_v5", 1024**3


def plan(cores: int, memory: int, disk: int = 256) -> ServicePlan:
    name = f"CPC_E_{cores}C_{memory}GB_{disk}GB"
    found = service_plan(name, name, {})
    assert found
    return found


PLANS = [plan(8, 32), plan(2, 8), plan(4, 16), plan(2, 4), plan(2, 8, 128), plan(4, 8)]


def seen(cpu: int, memory: int, days: int = 10, active: int = 300, load: CloudPcLoad | None = None) -> Seen:
    """Return a Cloud PC with 4 vCPUs and 16 GB of a constant load in two weeks."""
    load = load or CloudPcLoad(size=SIZE, cpu={cpu: 20}, memory={memory: 20})
    use = CloudPcUse(
        recorded_minutes=1440, minutes_active=active, read_at=datetime(2026, 11, 2, tzinfo=UTC), seen=SeenUse()
    )
    two_weeks = [FIRST + timedelta(days=number) for number in range(14)]
    return Seen(plan(4, 16), SIZE, dict.fromkeys(two_weeks, use), dict.fromkeys(two_weeks[:days], load))


def advice(cpu: int, memory: int, days: int = 10, active: int = 300) -> CloudPcSizeAdvice:
    return advice_on(seen(cpu, memory, days, active), PLANS)


def advice_of(load: CloudPcLoad) -> CloudPcSizeAdvice:
    return advice_on(seen(0, 0, load=load), PLANS)


@pytest.mark.parametrize(
    ("cpu", "memory", "category", "better"),
    [
        (50, 50, UsageCategory.RIGHTSIZED, None),
        (85, 50, UsageCategory.UNDERSIZED, "CPC_E_8C_32GB_256GB"),
        (50, 85, UsageCategory.UNDERSIZED, "CPC_E_8C_32GB_256GB"),
        (20, 15, UsageCategory.OVERSIZED, "CPC_E_2C_4GB_256GB"),
        (20, 30, UsageCategory.OVERSIZED, "CPC_E_2C_8GB_256GB"),
        (50, 30, UsageCategory.OVERSIZED, "CPC_E_4C_8GB_256GB"),
        (80, 50, UsageCategory.RIGHTSIZED, None),
    ],
)
def test_the_load_in_use_decides(cpu: int, memory: int, category: UsageCategory, better: str | None) -> None:
    found = advice(cpu, memory)
    assert (found.category, found.recommended and found.recommended.id) == (category, better)


def test_a_disk_never_gets_smaller() -> None:
    """The plan with the smallest disk would be enough, and would not hold the contents of the present disk."""
    found = advice_on(seen(20, 30), [plan(2, 8, 128)])
    assert (found.category, found.recommended) == (UsageCategory.RIGHTSIZED, None)


def test_without_a_larger_licence_the_advice_says_so() -> None:
    found = advice_on(seen(95, 50), [plan(2, 8), plan(4, 16)])
    assert found.category is UsageCategory.UNDERSIZED
    assert found.recommended is None
    assert "no licence of a larger plan" in found.reason


def test_no_recommended_plan_is_too_small_by_the_same_load() -> None:
    for cpu in range(0, 100, 5):
        for memory in range(0, 100, 5):
            found = advice(cpu, memory)
            if found.category is not UsageCategory.OVERSIZED or found.recommended is None:
                continue
            assert found.cpu_percent is not None
            assert found.memory_percent is not None
            assert found.cpu_percent * 4 / found.recommended.v_cpu_count < 90
            assert found.memory_percent * 16 / found.recommended.ram_in_gb < 90


def test_who_hardly_works_with_it_needs_no_other_size() -> None:
    found = advice(95, 95, active=30)
    assert (found.category, found.recommended) == (UsageCategory.UNDERUTILIZED, None)
    assert found.reason == "in use for 7 h 0 min in 14 days"


def test_too_few_days_give_no_advice() -> None:
    found = advice(95, 95, days=DAYS_NEEDED - 1)
    assert (found.category, found.days) == (None, DAYS_NEEDED - 1)
    assert found.reason.endswith("5 days with two hours of use on the present size; there are 4")


def test_a_day_with_another_size_does_not_count() -> None:
    assert advice_of(CloudPcLoad(size="Standard_D2s_v5", cpu={95: 20}, memory={95: 20})).category is None


def test_a_short_day_does_not_count() -> None:
    assert advice_of(CloudPcLoad(size=SIZE, cpu={95: 7}, memory={95: 7})).category is None


def test_what_could_not_be_read_is_named() -> None:
    found = advice_of(CloudPcLoad(size=SIZE, fault="AuthorizationFailed: no"))
    assert found.category is None
    assert "the metrics of 10 days could not be read: AuthorizationFailed: no" in found.reason


def test_only_quarters_that_were_mostly_in_use_count() -> None:
    stretches = (
        Stretch(start=8 * 60, end=8 * 60 + 20, state=UseState.IN_USE),
        Stretch(start=8 * 60 + 20, end=9 * 60, state=UseState.DISCONNECTED),
        Stretch(start=23 * 60 + 45, end=24 * 60 + 30, state=UseState.IN_USE),
    )
    assert [f"{each:%H:%M}" for each in quarters_in_use(FIRST, stretches)] == ["08:00", "23:45"]


def test_a_load_is_counted_in_steps_of_five_per_cent() -> None:
    at = [datetime(2026, 11, 2, 8, tzinfo=UTC) + timedelta(minutes=15 * n) for n in range(3)]
    cpu: dict[datetime, float] = {at[0]: 4.9, at[1]: 100.0, at[2]: 50.0}
    memory: dict[datetime, float] = {at[0]: 4 * GIB, at[1]: 9 * GIB}
    found = load_of(SIZE, 8, at[:2], MachineMetrics(cpu, memory))
    assert (found.cpu, found.memory, found.quarters) == ({0: 1, 95: 1}, {0: 1, 50: 1}, 2)


def test_percentiles_are_of_all_days_together() -> None:
    assert percentile([{10: 10}, {10: 9, 90: 1}], 0.95) == 15
    assert percentile([{10: 10}, {10: 8, 90: 2}], 0.95) == 95
    assert percentile([], 0.95) == 0


def test_a_day_that_was_read_has_a_row_also_without_any_load() -> None:
    (row,) = LOADS.rows("t", FIRST, {})
    assert LOADS.values(row) == {}
    (row,) = LOADS.rows("t", FIRST, {"pc": CloudPcLoad(size=SIZE, cpu={5: 2})})
    assert LOADS.values(row) == {"pc": CloudPcLoad(size=SIZE, cpu={5: 2})}
