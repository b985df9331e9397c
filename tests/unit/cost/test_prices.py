"""Retail prices: the item that a machine is billed by, the last good answer, and the tenant's price."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from azure_simulator.prices.items import all_items

from shared.domain.cost.prices import (
    DISKS,
    Currency,
    RegionPrices,
    disk_tier,
    prices_of_disks,
    prices_of_size,
)
from shared.domain.cost.rate_card import RateCard

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SIZE = "standard_d2s_v5"
NONE = RegionPrices(currency=Currency.USD, region="westeurope")


def items(**wanted: str) -> list[dict[str, Any]]:
    place = {"armRegionName": "westeurope", **wanted}
    return [each for each in all_items() if all(each[name] == value for name, value in place.items())]


def item(**changes: object) -> dict[str, Any]:
    (found,) = [
        each
        for each in items(armSkuName="Standard_D2s_v5", meterName="D2s v5", type="Consumption")
        if each["productName"] == "Virtual Machines DSv5 Series"
    ]
    return {**found, **changes}


def test_windows_client_is_billed_at_the_meter_without_windows() -> None:
    assert prices_of_size(items(armSkuName="Standard_D2s_v5"), SIZE, NOW) == {SIZE: 0.115, f"spot:{SIZE}": 0.023}


@pytest.mark.parametrize(
    "change",
    [
        {"productName": "Virtual Machines DSv5 Series Windows"},
        {"productName": "DSv5 Series Cloud Services"},
        {"meterName": "D2s v5 Low Priority"},
        {"type": "Reservation"},
        {"type": "DevTestConsumption"},
        {"unitOfMeasure": "1 Month"},
        {"isPrimaryMeterRegion": False},
        {"tierMinimumUnits": 100.0},
        {"effectiveStartDate": "2027-01-01T00:00:00Z"},
        {"armSkuName": "Standard_D4s_v5"},
        {"serviceName": "Cloud Services"},
    ],
)
def test_an_item_of_another_meter_does_not_count(change: dict[str, object]) -> None:
    assert prices_of_size([item(**change)], SIZE, NOW) == {}


def test_the_item_that_began_last_counts() -> None:
    later = item(retailPrice=0.12, effectiveStartDate="2026-11-01T00:00:00Z")
    assert prices_of_size([later, item()], SIZE, NOW) == {SIZE: 0.12}


def test_a_disk_is_billed_as_the_smallest_tier_that_holds_it() -> None:
    assert [disk_tier(size) for size in (127, 128, 129, 512, 4095)] == ["P10", "P10", "P15", "P20", "P50"]
    found = prices_of_disks(items(productName="Premium SSD Managed Disks"), NOW)
    assert found["P10"] == 21.68
    assert all(name[1:].isdigit() for name in found)


def test_a_subject_is_read_once_a_day_and_again_50_minutes_after_a_failure() -> None:
    read = NONE.with_answer(SIZE, {SIZE: 0.115}, NOW)
    assert read.wanting([SIZE, DISKS], NOW) == [DISKS]
    assert read.wanting([SIZE], NOW + DAY) == [SIZE]
    failed = read.with_fault(SIZE, "no answer", NOW + DAY)
    assert failed.wanting([SIZE], NOW + DAY + timedelta(minutes=49)) == []
    assert failed.wanting([SIZE], NOW + DAY + timedelta(minutes=50)) == [SIZE]


def test_a_failed_reading_leaves_the_last_good_answer_with_its_day() -> None:
    failed = NONE.with_answer(SIZE, {SIZE: 0.115}, NOW).with_fault(SIZE, "no answer", NOW + DAY)
    assert failed.amount(SIZE, (NOW + DAY).date()) == 0.115
    assert (failed.read_on_of(SIZE), failed.fault) == (NOW.date(), "no answer")
    assert failed.with_answer(SIZE, {SIZE: 0.115}, NOW + DAY).fault is None


def test_an_answer_without_a_meter_is_a_failure() -> None:
    assert NONE.with_answer(SIZE, {}, NOW).read_on == {}
    assert "no price" in str(NONE.with_answer(SIZE, {}, NOW).fault)


def test_a_day_keeps_the_price_that_it_had() -> None:
    changed = NONE.with_answer(SIZE, {SIZE: 0.1}, NOW).with_answer(SIZE, {SIZE: 0.2}, NOW + 2 * DAY)
    days = [date(2026, 11, 1), NOW.date(), (NOW + DAY).date(), (NOW + 2 * DAY).date()]
    assert [changed.amount(SIZE, day) for day in days] == [0.1, 0.1, 0.1, 0.2]


def test_a_discount_is_on_retail_prices_and_an_own_price_is_as_it_was_agreed() -> None:
    prices = NONE.with_answer(SIZE, {SIZE: 0.1}, NOW).with_answer(DISKS, {"P10": 20.0}, NOW)
    card = RateCard(tenant_id="contoso", discount_in_percent=10, hourly_prices={"Standard_D4s_v5": 0.5})
    assert card.rate(prices, SIZE, NOW.date()) == pytest.approx(0.09)
    assert card.rate(prices, "P10", NOW.date()) == pytest.approx(18)
    assert card.rate(None, "standard_d4s_v5", NOW.date()) == 0.5
    assert card.rate(None, SIZE, NOW.date()) is None


def test_what_another_worker_has_read_meanwhile_stays() -> None:
    mine = NONE.with_answer(SIZE, {SIZE: 0.1}, NOW)
    theirs = NONE.with_answer(DISKS, {"P10": 20.0}, NOW)
    both = theirs.taking(mine, SIZE)
    assert {**both.read_on} == {SIZE: NOW.date(), DISKS: NOW.date()}
    assert (both.amount(SIZE, NOW.date()), both.amount("P10", NOW.date())) == (0.1, 20.0)
