"""Repositories of retail prices, which belong to no tenant, and of the rate cards, minutes and budgets of tenants."""

from __future__ import annotations

from shared.domain.cost.actual import ActualRow
from shared.domain.cost.budgets import Budget
from shared.domain.cost.ledger import LedgerRow
from shared.domain.cost.prices import RegionPrices
from shared.domain.cost.rate_card import RateCard
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

PRICES = "prices"
"""The partition of all prices: there are few, and they are read together."""

_PRICES = Shape(table="retailprices", noun="price", model=RegionPrices, place=lambda prices: (PRICES, prices.id))
_RATE_CARDS = Shape(table="ratecards", noun="rate card", model=RateCard, place=lambda card: (card.tenant_id, card.id))
_BUDGETS = Shape(table="budgets", noun="budget", model=Budget, place=lambda budget: (budget.tenant_id, budget.id))
_LEDGER = Shape(table="costledger", noun="month of cost", model=LedgerRow, place=lambda row: (row.tenant_id, row.id))

_ACTUAL_COSTS = Shape(
    table="actualcosts", noun="month of actual cost", model=ActualRow, place=lambda row: (row.tenant_id, row.id)
)


def actual_costs(tables: Tables) -> Repository[ActualRow]:
    """Return the repository of the actual costs of machines, some rows for each tenant and month."""
    return Repository(tables, _ACTUAL_COSTS)


def retail_prices(tables: Tables) -> Repository[RegionPrices]:
    """Return the repository of the last good retail prices, by currency and region."""
    return Repository(tables, _PRICES)


def rate_cards(tables: Tables) -> Repository[RateCard]:
    """Return the repository of rate cards: one for each tenant that has one."""
    return Repository(tables, _RATE_CARDS)


def ledger(tables: Tables) -> Repository[LedgerRow]:
    """Return the repository of the minutes of machines, some rows for each tenant and month."""
    return Repository(tables, _LEDGER)


def budgets(tables: Tables) -> Repository[Budget]:
    """Return the repository of the tenants' budgets."""
    return Repository(tables, _BUDGETS)
