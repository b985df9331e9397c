"""Views of cost: the rate card of a tenant, and prices."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from typing_extensions import TypedDict

from shared.domain.cost.budgets import Budget, BudgetSettings
from shared.domain.cost.prices import DISKS, LOW_PRIORITY, Currency, RegionPrices, subject_of
from shared.domain.cost.rate_card import PriceBook, RateCard, RateCardSettings
from shared.domain.cost.service_use import NOT_COUNTED, SUBJECT, ServiceCostRow, ServiceMeter
from triggers.http.json_schema import Json
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Without

RATE_CARD = Without(RateCard, ("tenantId",))
RATE_CARD_TO_PUT = RateCardSettings

BUDGET = Without(Budget, ("tenantId",))
BUDGET_TO_PUT = BudgetSettings
BUDGETS = Collection(
    name="budgets",
    kinds=kinds_of("id", "displayName", "scope", "subjectId", numbers="amount"),
    searched=("id", "displayName"),
)

PRICES = Collection(
    name="prices",
    kinds=kinds_of(
        "region", "vmSize", "diskTier", "unit", "currency", "priceReadDate", numbers="retailPrice tenantPrice"
    ),
    searched=("region", "vmSize"),
    key=("region", "vmSize", "diskTier", "unit"),
)


class PriceView(TypedDict):
    """Price of an hour of a VM size, or of a month of a tier of Premium SSD, in one region.

    *priceReadDate*: when Azure was last able to say it. *tenantPrice*: by the tenant's rate card.
    """

    region: str
    vmSize: str
    diskTier: str
    unit: Literal["hour", "hourOfLowPriority", "month"]
    currency: Currency
    retailPrice: float
    tenantPrice: float
    priceReadDate: str


def rate_card_view(card: RateCard) -> Json:
    """Return a rate card; its tenant is in the address."""
    return RATE_CARD.dump(card)


def budget_view(budget: Budget) -> Json:
    """Return a budget with its use; its tenant is in the address."""
    return BUDGET.dump(budget)


def price_views(book: PriceBook, day: date) -> Iterator[PriceView]:
    """Yield the prices of all regions on a day."""
    for region, prices in sorted(book.regions.items()):
        for meter in sorted(prices.quotes):
            retail, price, read = prices.amount(meter, day), book.rate(region, meter, day), prices.read_on_of(meter)
            if retail is None or price is None or read is None:
                continue
            disk = subject_of(meter) == DISKS
            yield {
                "region": region,
                "vmSize": "" if disk else subject_of(meter),
                "diskTier": meter if disk else "",
                "unit": "month" if disk else "hourOfLowPriority" if meter.startswith(LOW_PRIORITY) else "hour",
                "currency": book.card.currency,
                "retailPrice": retail,
                "tenantPrice": round(price, 6),
                "priceReadDate": read.isoformat(),
            }


class ServiceCostRowView(TypedDict):
    """One meter of the service itself. *unitPrice*, *cost*: None where no price is known."""

    meter: ServiceMeter
    name: str
    quantity: float
    unitPrice: float | None
    cost: float | None


class ServiceCostView(TypedDict):
    """The cost of the service itself in a period, always an estimate. *notCounted*: parts of the bill that are missing.

    *executions*: by kind. *reason*: why there are no prices of today.
    """

    startDate: str
    endDate: str
    basis: Literal["estimate"]
    currency: Currency
    cost: float | None
    rows: list[ServiceCostRowView]
    executions: dict[str, int]
    notCounted: list[str]
    priceReadDate: str | None
    reason: str | None


def service_cost_view(
    period: tuple[date, date], rows: Sequence[ServiceCostRow], executions: Mapping[str, int], prices: RegionPrices
) -> ServiceCostView:
    """Return the cost of the service itself in a period."""
    costs, read_on = [row.cost for row in rows if row.cost is not None], prices.read_on.get(SUBJECT)
    return {
        "startDate": period[0].isoformat(),
        "endDate": period[1].isoformat(),
        "basis": "estimate",
        "currency": Currency.USD,
        "cost": round(sum(costs), 4) if costs else None,
        "rows": [
            {
                "meter": row.meter,
                "name": f"{row.meter.product} - {row.meter.meter}",
                "quantity": row.quantity,
                "unitPrice": row.unit_price,
                "cost": row.cost,
            }
            for row in rows
        ],
        "executions": dict(executions),
        "notCounted": list(NOT_COUNTED),
        "priceReadDate": read_on.isoformat() if read_on else None,
        "reason": prices.fault,
    }


COSTS = Collection(
    name="reports/cost",
    kinds=kinds_of(
        *("id", "displayName", "reason", "currency", "basis"),
        numbers="machines minutesOn minutesKept minutesShutDown machineCost diskCost cost alwaysOnCost saving"
        " shutDownCost unpricedMachines actualCost lateDays",
    ),
    searched=("id", "displayName"),
    own=("groupBy", "startDate", "endDate"),
)
