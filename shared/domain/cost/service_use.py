"""The use and the cost of the service itself, from the counts of its own processes. Pure.

Everything is an estimate at list prices in USD: amounts in other currencies are rounded up for so small units.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import Field

from shared.domain.cost.prices import RegionPrices
from shared.domain.values import Value

INSTANCE_GB = 2
"""Memory of an instance, as infra/main.bicep sets it (instanceMemoryMB)."""

SUBJECT = "the service"
"""The subject of the request that reads the prices of all meters of the service."""

NOT_COUNTED = (
    "instances that are always ready: their memory is billed for all of the time",
    "requests of the Functions host to its queues, blobs and task hub",
    "logs, metrics, alerts and tests of availability",
    "storage of records and exports, and the vault",
    "the free grant of the subscription, which is not taken off",
)
"""Parts of the bill that no process can count."""


class ServiceMeter(StrEnum):
    """Meters of the service, by the product, the name and the units of the Retail Prices API.

    Executions run on demand have the highest price: those of instances that are always ready cost less.
    """

    product: str
    sku: str
    meter: str
    unit: str
    size: int

    def __new__(cls, value: str, product: str, sku: str, meter: str, unit: str, size: int) -> Self:
        """Make a member of its value and its facts. *size*: the number of counted units in one *unit* of the price."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.product, member.sku, member.meter, member.unit, member.size = product, sku, meter, unit, size
        return member

    EXECUTION_TIME = "executionTime", "Flex Consumption", "On Demand", "On Demand Execution Time", "1 GB Second", 1
    EXECUTIONS = "executions", "Flex Consumption", "On Demand", "On Demand Total Executions", "10", 10
    TABLE_REQUESTS = "tableRequests", "Tables", "Standard ZRS", "Read Operations", "10K", 10_000


def prices_of_service(items: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, float]:
    """Return the prices of the meters that are in an answer, each of one of our units: beyond any free grant."""
    found: dict[str, float] = {}
    for item in items:
        names = tuple(item.get(name) for name in ("productName", "skuName", "meterName", "unitOfMeasure"))
        begun = str(item.get("effectiveStartDate", ""))[:10] <= now.date().isoformat()
        for each in ServiceMeter:
            if begun and item.get("type") == "Consumption" and names == (each.product, each.sku, each.meter, each.unit):
                found[each] = max(found.get(each, 0.0), float(item["retailPrice"]) / each.size)
    return found


class ServiceUse(Value):
    """The use of one process in one hour. *executions*: by kind."""

    hour: datetime
    process: str
    executions: dict[str, int] = Field(default_factory=dict)
    active_seconds: float = 0
    table_requests: int = 0

    @property
    def id(self) -> str:
        """The key of the record, which begins with the hour."""
        return f"{hour_key(self.hour)}~{self.process}"


def hour_key(hour: datetime) -> str:
    """Return the beginning of the keys of an hour: they sort by time."""
    return f"{hour:%Y-%m-%dT%H}"


@dataclass(frozen=True, slots=True)
class ServiceCostRow:
    """One meter in a period. *unit_price*, *cost*: None where no price is known."""

    meter: ServiceMeter
    quantity: float
    unit_price: float | None

    @property
    def cost(self) -> float | None:
        """The cost of the quantity at list price."""
        return None if self.unit_price is None else round(self.quantity * self.unit_price, 4)


def service_cost(uses: Iterable[ServiceUse], prices: RegionPrices) -> tuple[list[ServiceCostRow], dict[str, int]]:
    """Return the rows of all meters of some hours, at the latest prices, and the number of executions by kind."""
    executions, active, requests = Counter[str](), 0.0, 0
    for use in uses:
        executions.update(use.executions)
        active += use.active_seconds
        requests += use.table_requests
    quantities = {
        ServiceMeter.EXECUTION_TIME: active * INSTANCE_GB,
        ServiceMeter.EXECUTIONS: float(executions.total()),
        ServiceMeter.TABLE_REQUESTS: float(requests),
    }
    rows = [ServiceCostRow(each, round(quantities[each], 3), prices.amount(each, date.max)) for each in ServiceMeter]
    return rows, dict(sorted(executions.items()))
