"""Prices of a tenant: Azure's, read once a day and kept, below its rate card."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from shared.contracts.outcomes import DeclinedError
from shared.dependencies import Dependencies
from shared.domain.cost.prices import DISKS, RegionPrices, prices_id, prices_of_disks, prices_of_size
from shared.domain.cost.rate_card import RATE_CARD, PriceBook, RateCard
from shared.domain.machines.sizes import known
from shared.domain.operations.operation import ResourceType
from shared.errors import ConflictError, ThrottledError, UnavailableError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import insertion, replacement
from shared.storage.cost import PRICES
from shared.storage.repository import Stored

_log = logging.getLogger("deskwright.cost")


async def rate_card(deps: Dependencies, tenant_id: str) -> RateCard:
    """Return the rate card of a tenant; without one it pays retail prices in USD."""
    stored = await deps.rate_cards.find(tenant_id, RATE_CARD)
    return stored.value if stored else RateCard(tenant_id=tenant_id)


async def price_book(deps: Dependencies, tenant_id: str) -> PriceBook:
    """Return the prices of a tenant as they were last read: two requests."""
    card = await rate_card(deps, tenant_id)
    first, last = f"{card.currency.value}:", f"{card.currency.value};"
    found = [stored.value async for _, stored in deps.retail_prices.between(PRICES, (first, last), 1000)]
    return PriceBook(card, {prices.region.lower(): prices for prices in found})


async def renewed_book(
    deps: Dependencies, tenant_id: str, sizes: Iterable[tuple[str, str]], now: datetime
) -> PriceBook:
    """Return the prices of a tenant, after reading the missing ones of today for *sizes* (region and size).

    Where Azure does not answer, the last good answers stay, with their dates.
    """
    book = await price_book(deps, tenant_id)
    wanted: dict[str, set[str]] = {}
    for region, size in sizes:
        wanted.setdefault(region.lower(), set()).add(size)
    regions = {**book.regions}
    for region, names in sorted(wanted.items()):
        there = regions.get(region) or RegionPrices(currency=book.card.currency, region=region)
        regions[region] = await _renewed(deps, there, names, now)
    return PriceBook(book.card, regions)


async def _renewed(deps: Dependencies, there: RegionPrices, sizes: set[str], now: datetime) -> RegionPrices:
    by_subject = {size.lower(): size for size in sorted(sizes)}
    wanting = there.wanting((*by_subject, DISKS), now)
    if not wanting:
        return there
    after = there
    for subject in wanting:
        after = await _read(deps, after, subject, by_subject.get(subject, subject), now)

    def edit(stored: RegionPrices) -> RegionPrices:
        """Put the answers into a record that another worker may have changed meanwhile."""
        changed = stored
        for subject in wanting:
            changed = changed.taking(after, subject)
        return changed

    id_ = prices_id(there.currency, there.region)
    with suppress(ConflictError):
        await deps.retail_prices.insert(after)
        return after
    return await deps.retail_prices.change(PRICES, id_, edit)


async def _read(deps: Dependencies, prices: RegionPrices, subject: str, size: str, now: datetime) -> RegionPrices:
    """Return the prices after a reading of one subject, which may fail."""
    api = deps.price_api
    try:
        if subject == DISKS:
            found = prices_of_disks(await api.of_disks(prices.region, prices.currency), now)
        else:
            usual = known(size)
            items = await api.of_size(usual.name if usual else size, prices.region, prices.currency)
            found = prices_of_size(items, subject, now)
    except (DeclinedError, ThrottledError, UnavailableError) as error:
        _log.warning("the prices of %s in %s could not be read: %s", subject, prices.region, error)
        return prices.with_fault(subject, f"Azure's retail prices could not be read: {error}", now)
    return prices.with_answer(subject, found, now)


async def put_rate_card(context: ActionContext, before: Stored[RateCard] | None, card: RateCard) -> Stored[RateCard]:
    """Save a tenant's first rate card, or replace *before*. Raises: ConflictError, StaleError."""
    repository = context.deps.rate_cards
    write = replacement(before, card, repository.replace) if before else insertion(context, repository, card, card.id)
    return await make_change(context, Resource(ResourceType.RATE_CARD, card.id), write)


async def delete_cost_of_tenant(deps: Dependencies, tenant_id: str) -> None:
    """Remove the rate card of a tenant."""
    await deps.rate_cards.remove(tenant_id, RATE_CARD)
