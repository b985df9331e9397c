"""Forecast of the cost of machines that are to be built: machines x hours x price, and their disks. Pure."""

from collections.abc import Iterable
from datetime import date

from shared.domain.cost.prices import Currency, disk_tier
from shared.domain.cost.rate_card import PriceBook, meter_of
from shared.domain.cost.report import HOURS_IN_A_MONTH, CostBasis
from shared.domain.images.validation import LARGEST_IMAGE_IN_GB
from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.domain.values import Value


class CostForecast(Value):
    """Cost of a month of new machines. Amounts are left out where no price is known; *reason* says why.

    *hours_on*: of each machine in a month. *price_read_date*: of the oldest price in it.
    """

    machines: int
    hours_on: float
    currency: Currency
    basis: CostBasis = CostBasis.ESTIMATE
    machine_cost: float | None = None
    disk_cost: float | None = None
    cost: float | None = None
    always_on_cost: float | None = None
    price_read_date: date | None = None
    reason: str | None = None


def forecast(
    plans: Iterable[ServicePlan], region: str, book: PriceBook, day: date, hours_on: float = HOURS_IN_A_MONTH
) -> CostForecast:
    """Return the cost of a month of a machine for each of *plans*, on the size that is tried first."""
    wanted = [(size_ladder(plan)[0].name, max(plan.storage_in_gb, LARGEST_IMAGE_IN_GB)) for plan in plans]
    found = CostForecast(machines=len(wanted), hours_on=hours_on, currency=book.card.currency)
    meters = [(meter_of(size), disk_tier(disk)) for size, disk in wanted]
    hours = [book.rate(region, hour, day) for hour, _ in meters]
    disks = [book.rate(region, disk, day) for _, disk in meters]
    known_hours, known_disks = _known(hours), _known(disks)
    if known_hours is None or known_disks is None:
        return found.but(reason=book.why_unknown(region))
    machine, disk = sum(known_hours) * hours_on, sum(known_disks)
    read = [at for pair in meters for meter in pair if (at := book.read_on(region, meter)) is not None]
    return found.but(
        machine_cost=round(machine, 2),
        disk_cost=round(disk, 2),
        cost=round(machine + disk, 2),
        always_on_cost=round(sum(known_hours) * HOURS_IN_A_MONTH + disk, 2),
        price_read_date=min(read, default=None),
    )


class CostChange(Value):
    """Effect of a change on the cost of a month: of the machines that it *added*, and of those that it *removed*."""

    added: CostForecast
    removed: CostForecast


def forecast_everywhere(machines: Iterable[tuple[str, ServicePlan]], book: PriceBook, day: date) -> CostForecast:
    """Return the cost of a month of machines in several regions; without an amount where any price is not known."""
    by_region: dict[str, list[ServicePlan]] = {}
    for region, plan in machines:
        by_region.setdefault(region, []).append(plan)
    parts = [forecast(plans, region, book, day) for region, plans in sorted(by_region.items())]
    total = CostForecast(
        machines=sum(each.machines for each in parts), hours_on=HOURS_IN_A_MONTH, currency=book.card.currency
    )
    if unknown := [each.reason for each in parts if each.reason]:
        return total.but(reason=unknown[0])
    read = [each.price_read_date for each in parts if each.price_read_date]
    return total.but(
        machine_cost=round(sum(each.machine_cost or 0 for each in parts), 2),
        disk_cost=round(sum(each.disk_cost or 0 for each in parts), 2),
        cost=round(sum(each.cost or 0 for each in parts), 2),
        always_on_cost=round(sum(each.always_on_cost or 0 for each in parts), 2),
        price_read_date=min(read, default=None),
    )


def _known(amounts: list[float | None]) -> list[float] | None:
    known = [each for each in amounts if each is not None]
    return known if len(known) == len(amounts) else None
