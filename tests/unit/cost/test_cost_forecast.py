"""Forecasts: machines x hours x price, and their disks; without a price the reason."""

from datetime import UTC, datetime

import pytest

from shared.domain.cost.forecast import forecast
from shared.domain.cost.prices import DISKS, Currency, RegionPrices
from shared.domain.cost.rate_card import PriceBook, RateCard
from shared.domain.cost.report import HOURS_IN_A_MONTH
from shared.domain.machines.service_plan import ServicePlan, service_plan

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
REGION = "westeurope"
PRICES = (
    RegionPrices(currency=Currency.USD, region=REGION)
    .with_answer("standard_b2s_v2", {"standard_b2s_v2": 0.1}, NOW)
    .with_answer(DISKS, {"P10": 20.0, "P15": 40.0}, NOW)
)
BOOK = PriceBook(RateCard(tenant_id="contoso", discount_in_percent=10), {REGION: PRICES})


def plan(part_number: str) -> ServicePlan:
    found = service_plan("sku", part_number, {})
    assert found is not None
    return found


def test_machines_hours_and_disks_are_priced_by_the_rate_card() -> None:
    plans = [plan("CPC_E_2C_8GB_128GB")] * 2 + [plan("CPC_E_2C_8GB_256GB")]
    found = forecast(plans, REGION, BOOK, NOW.date(), hours_on=200)
    assert (found.machines, found.basis, found.price_read_date) == (3, "estimate", NOW.date())
    assert found.machine_cost == pytest.approx(3 * 200 * 0.09)
    assert found.disk_cost == pytest.approx((20 + 20 + 40) * 0.9)
    assert found.cost == pytest.approx(54 + 72)
    assert found.always_on_cost == pytest.approx(3 * HOURS_IN_A_MONTH * 0.09 + 72)


def test_a_price_that_is_not_known_leaves_no_amount_and_a_reason() -> None:
    found = forecast([plan("CPC_E_4C_16GB_128GB")], REGION, BOOK, NOW.date())
    assert (found.cost, found.always_on_cost) == (None, None)
    assert "not been read yet" in str(found.reason)
