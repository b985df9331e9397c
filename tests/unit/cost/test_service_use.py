"""The use of the service itself: the counts of a process, their hours, and their price."""

import asyncio
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure_simulator.prices.items import all_items

from shared import metering
from shared.domain.cost.prices import Currency, RegionPrices
from shared.domain.cost.service_use import (
    INSTANCE_GB,
    ServiceMeter,
    ServiceUse,
    prices_of_service,
    service_cost,
)
from shared.errors import UnavailableError
from shared.metering import Execution, Meter, Totals
from tests.house.tree import ROOT, text

NOW = datetime(2026, 11, 25, 17, 20, tzinfo=UTC)


class Seconds:
    """A clock of seconds that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    made = Seconds()
    monkeypatch.setattr(metering, "default_timer", made)
    return made


def test_executions_at_once_are_active_once_and_each_stretch_is_a_second_at_least(seconds: Seconds) -> None:
    meter = Meter()
    with meter.executing(Execution.ACTIVITY):
        seconds.at += 3
        with meter.executing(Execution.REQUEST):
            seconds.at += 2
    assert (meter.totals.active_s, meter.totals.executions) == (5.0, {"activity": 1, "request": 1})
    with suppress(ValueError), meter.executing(Execution.TIMER):
        seconds.at += 0.01
        raise ValueError("no")
    assert meter.totals.active_s == 6.0


async def test_totals_are_recorded_every_few_minutes_and_a_storage_that_fails_fails_nothing(seconds: Seconds) -> None:
    meter, recorded = Meter(), list[Totals]()
    fails = True

    async def record(totals: Totals) -> None:
        if fails:
            raise UnavailableError("storage does not answer")
        recorded.append(totals)

    async def work() -> str:
        await asyncio.sleep(0)
        return "done"

    meter.record = record
    counted = meter.metered(Execution.MESSAGE, work)
    assert await counted() == "done"
    seconds.at += metering.RECORDED_EVERY_S
    assert await counted() == "done"
    fails = False
    assert await counted() == "done"
    assert recorded == []  # not at once again
    seconds.at += metering.RECORDED_EVERY_S
    await counted()
    assert [each.executions for each in recorded] == [{"message": 4}]


def items(**changes: Any) -> list[dict[str, Any]]:
    chosen = (each for each in all_items() if each["armRegionName"] == "westeurope")
    return [{**each, **changes} for each in chosen if each["productName"] in {"Flex Consumption", "Tables"}]


def test_prices_are_those_beyond_the_free_grant_for_one_of_each() -> None:
    found = prices_of_service(items(), NOW)
    assert found == {
        ServiceMeter.EXECUTION_TIME: 0.000026,
        ServiceMeter.EXECUTIONS: pytest.approx(0.0000004),
        ServiceMeter.TABLE_REQUESTS: pytest.approx(0.000000036),
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "DevTestConsumption"},
        {"unitOfMeasure": "1 Hour"},
        {"skuName": "Always Ready"},
        {"effectiveStartDate": "2027-01-01T00:00:00Z"},
    ],
)
def test_other_items_are_no_price(changes: dict[str, Any]) -> None:
    assert prices_of_service(items(**changes), NOW) == {}


def test_hours_of_all_processes_are_added_and_a_meter_without_a_price_has_no_cost() -> None:
    use = ServiceUse(hour=NOW, process="a", executions={"request": 3}, active_seconds=10.5, table_requests=20_000)
    other = use.but(process="b", hour=NOW + timedelta(hours=1), executions={"request": 1, "timer": 6})
    none = RegionPrices(currency=Currency.USD, region="westeurope")
    prices = none.with_answer("the service", {ServiceMeter.EXECUTION_TIME: 0.001}, NOW)
    rows, executions = service_cost([use, other], prices)
    assert executions == {"request": 4, "timer": 6}
    assert [(row.meter, row.quantity, row.cost) for row in rows] == [
        (ServiceMeter.EXECUTION_TIME, 42.0, 0.042),
        (ServiceMeter.EXECUTIONS, 10.0, None),
        (ServiceMeter.TABLE_REQUESTS, 40_000.0, None),
    ]


def test_an_instance_has_the_memory_that_is_deployed() -> None:
    assert re.findall(r"instanceMemoryMB: (\d+)", text(ROOT / "infra" / "main.bicep")) == [str(INSTANCE_GB * 1024)]
