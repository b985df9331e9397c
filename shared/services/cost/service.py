"""The cost of the service itself in a period, at list prices that are read once a day."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cost.prices import Quote
from shared.domain.cost.service_use import ServiceCostRow, ServicePrices, prices_of_service, service_cost
from shared.errors import StaleError, ThrottledError, UnavailableError
from shared.storage.repository import Stored
from shared.storage.service_use import SERVICE

_log = logging.getLogger("deskwright.cost")
_TRY_AGAIN_AFTER = timedelta(minutes=50)
_NO_REGION = "the setting DESKWRIGHT_REGION names no region, so that there are no prices"


@dataclass(frozen=True, slots=True)
class ServiceCost:
    """The rows of a period, the executions by kind, and the prices that they have."""

    rows: list[ServiceCostRow]
    executions: dict[str, int]
    prices: ServicePrices


async def cost_of_service(deps: Dependencies, first: datetime, last: datetime) -> ServiceCost:
    """Return the cost of the hours from *first* to *last*, at the last prices that Azure has answered with."""
    prices = await _prices(deps)
    rows, executions = service_cost(await deps.service_uses.within(first, last), prices)
    return ServiceCost(rows, executions, prices)


async def _prices(deps: Dependencies) -> ServicePrices:
    region, now = deps.settings.region, deps.clock.now()
    if not region:
        return ServicePrices(region="", fault=_NO_REGION)
    stored = await deps.service_prices.find(SERVICE, region)
    prices = stored.value if stored else ServicePrices(region=region)
    failed_lately = prices.tried_at is not None and now - prices.tried_at < _TRY_AGAIN_AFTER
    if prices.read_on == now.date() or failed_lately:
        return prices
    after = await _read(deps, prices, now)
    with suppress(StaleError):  # another worker has just read them
        await deps.service_prices.save_all([Stored(after, stored.etag if stored else "*")])
    return after


async def _read(deps: Dependencies, prices: ServicePrices, now: datetime) -> ServicePrices:
    try:
        found = prices_of_service(await deps.price_api.of_service(prices.region), now)
    except (DeclinedError, ThrottledError, UnavailableError) as error:
        _log.warning("the prices of the service in %s could not be read: %s", prices.region, error)
        return prices.but(tried_at=now, fault=f"Azure's retail prices could not be read: {error}")
    if not found:
        return prices.but(tried_at=now, fault=f"Azure lists no prices of the service in {prices.region}")
    quotes = {name: Quote(since=now.date(), amount=amount) for name, amount in found.items()}
    return prices.but(quotes={**prices.quotes, **quotes}, read_on=now.date(), tried_at=None, fault=None)
