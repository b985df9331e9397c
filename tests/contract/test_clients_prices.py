"""The client of the Retail Prices API at the simulated one: its filters, its pages, and outages."""

from __future__ import annotations

import pytest

from shared.domain.cost.prices import Currency, prices_of_disks, prices_of_size
from shared.errors import UnavailableError
from tests.contract.worker import Worker

AT = "westeurope"


async def test_a_size_has_its_price(worker: Worker) -> None:
    now = worker.deps.clock.now()
    items = await worker.deps.price_api.of_size("Standard_D2s_v5", AT, Currency.USD)
    assert prices_of_size(items, "standard_d2s_v5", now)["standard_d2s_v5"] == 0.115
    euros = await worker.deps.price_api.of_size("Standard_D2s_v5", AT, Currency.EUR)
    assert {each["currencyCode"] for each in euros} == {"EUR"}


async def test_disks_have_theirs(worker: Worker) -> None:
    items = await worker.deps.price_api.of_disks(AT, Currency.USD)
    assert prices_of_disks(items, worker.deps.clock.now())["P10"] == 21.68


async def test_an_outage_is_an_error_and_no_price(worker: Worker) -> None:
    rule = {"id": "away", "match": {"op": "prices.list"}, "do": {"kind": "http", "status": 503}}
    await worker.cloud.sim("faults", rule)
    with pytest.raises(UnavailableError):
        await worker.deps.price_api.of_disks(AT, Currency.USD)
