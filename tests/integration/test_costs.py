"""Costs: minutes are recorded once an hour, and a report of a month is a few requests."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cost.report import CostGrouping
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import ObservedPower
from shared.domain.usage import Interval
from shared.services.cost.recording import delete_ledger_of_tenant, record_cost
from shared.services.cost.reports import cost_report
from shared.services.operations.maintenance import TenantIds, measure_and_record
from shared.services.operations.purges import delete_old
from tests.integration import things
from tests.integration.services import PaperServices

HOUR = timedelta(hours=1)
MADE = Resources(region="westeurope", size="Standard_D2s_v5", vm_id="/vm", resource_group="desks")


@pytest.fixture
async def desk(contoso: PaperServices) -> PaperServices:
    await contoso.cloud_pcs.insert(things.cloud_pc(status=Status.PROVISIONED, attempt=1, resources=MADE))
    contoso.hand.at = Interval.HOUR.begin(contoso.hand.at)
    return contoso


async def hours(services: PaperServices, count: int) -> None:
    for _ in range(count):
        services.hand.advance(HOUR)
        await record_cost(services, "contoso", services.hand.now())


async def total(services: PaperServices, grouping: CostGrouping = CostGrouping.TENANT) -> dict[str, object]:
    day = services.hand.now().date()
    (row,) = await cost_report(services, "contoso", grouping, (day.replace(day=1), day))
    return row.to_json()


async def test_the_maintenance_records_and_reads_prices(desk: PaperServices) -> None:
    for _ in range(3):
        await measure_and_record(desk, TenantIds(desk))
        desk.hand.advance(HOUR)
    found = await total(desk, CostGrouping.CLOUD_PC)
    assert (found["minutesOn"], found["minutesKept"], found["machines"]) == (180, 180, 1)
    assert found["machineCost"] == pytest.approx(0.345)
    assert len(desk.prices.asked) == 2


async def test_what_is_off_costs_its_disk(desk: PaperServices) -> None:
    off = CloudPcPower(
        id=things.cloud_pc().id,
        tenant_id="contoso",
        observed=ObservedPower.DEALLOCATED,
        since=desk.hand.now() - 9 * HOUR,
        observed_at=desk.hand.now(),
    )
    await desk.cloud_pc_powers.insert(off)
    await hours(desk, 10)
    found = await total(desk)
    assert (found["minutesOn"], found["minutesKept"]) == (0, 600)
    assert float(str(found["diskCost"])) > 0
    assert found["machineCost"] == 0


async def test_a_recording_twice_counts_once(desk: PaperServices) -> None:
    await hours(desk, 2)
    await record_cost(desk, "contoso", desk.hand.now())
    assert (await total(desk))["minutesKept"] == 120


async def test_ticks_that_did_not_come_are_made_up_for_over_the_end_of_a_month(desk: PaperServices) -> None:
    desk.hand.at = desk.hand.at.replace(day=30, hour=12)
    await hours(desk, 1)
    desk.hand.advance(24 * HOUR)
    await record_cost(desk, "contoso", desk.hand.now())
    last = desk.hand.now().date()
    rows = await cost_report(desk, "contoso", CostGrouping.DAY, (last - timedelta(days=3), last))
    assert [(row.id, row.minutes_kept) for row in rows] == [("2026-11-30", 12 * 60), ("2026-12-01", 13 * 60)]


async def test_without_prices_minutes_stand_there_without_a_cost(desk: PaperServices) -> None:
    desk.prices.away = True
    await hours(desk, 2)
    found = await total(desk)
    assert "cost" not in found
    assert "does not answer" in str(found["reason"])


async def test_old_months_go_and_a_tenant_s_with_it(desk: PaperServices) -> None:
    await hours(desk, 2)
    kept = desk.settings.cost_kept_in_months
    assert (await delete_old(desk, desk.hand.now() + timedelta(days=31 * kept - 5)))["costledger"] == 0
    assert (await delete_old(desk, desk.hand.now() + timedelta(days=31 * (kept + 1))))["costledger"] == 1
    await hours(desk, 2)
    await delete_ledger_of_tenant(desk, "contoso")
    assert [each async for each in desk.ledger.each("contoso")] == []
