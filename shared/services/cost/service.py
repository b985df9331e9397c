"""The cost of the service itself in a period, at list prices that are read once a day."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cost.prices import Currency, RegionPrices, prices_id
from shared.domain.cost.service_use import SUBJECT, ServiceCostRow, prices_of_service, service_cost
from shared.errors import StaleError, ThrottledError, UnavailableError
from shared.storage.repository import Stored
from shared.storage.service_use import SERVICE

_log = logging.getLogger("deskwright.cost")
_NO_REGION = "the setting DESKWRIGHT_REGION names no region, so that there are no prices"


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """The rows of a period, the executions by kind, and the prices that they have."""

    rows: list[ServiceCostRow]
    executions: dict[str, int]
    prices: RegionPrices


async def cost_of_service(deps: Dependencies, first: datetime, last: datetime) -> ServiceCost:
    """Return the cost of the hours from *first* to *last*, at the last prices that Azure has answered with."""
    prices = await _prices(deps)
    rows, executions = service_cost(await deps.service_uses.within(first, last), prices)
    return ServiceCost(rows, executions, prices)


async def _prices(deps: Dependencies) -> RegionPrices:
    region, now = deps.settings.region, deps.clock.now()
    if not region:
        return RegionPrices(currency=Currency.USD, region="", fault=_NO_REGION)
    stored = await deps.service_prices.find(SERVICE, prices_id(Currency.USD, region))
    prices = stored.value if stored else RegionPrices(currency=Currency.USD, region=region)
    if not prices.wanting((SUBJECT,), now):
        return prices
    after = await _read(deps, prices, now)
    with suppress(StaleError):  # another worker has just read them
        await deps.service_prices.save_all([Stored(after, stored.etag if stored else "*")])
    return after


async def _read(deps: Dependencies, prices: RegionPrices, now: datetime) -> RegionPrices:
    try:
        found = prices_of_service(await deps.price_api.of_service(prices.region), now)
    except (DeclinedError, ThrottledError, UnavailableError) as error:
        _log.warning("the prices of the service in %s could not be read: %s", prices.region, error)
        return prices.with_fault(SUBJECT, f"Azure's retail prices could not be read: {error}", now)
    return prices.with_answer(SUBJECT, found, now)
