"""Forecast of the cost of machines that are to be built: machines x hours x price, and their disks. Pure."""

from collections.abc import Iterable
from datetime import date

from shared.domain.cost.prices import Currency, disk_tier
from shared.domain.cost.rate_card import PriceBook, meter_of
from shared.domain.cost.report import CostBasis
from shared.domain.images.validation import LARGEST_IMAGE_IN_GB
from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.domain.values import Value

HOURS_IN_A_MONTH = 730
"""Hours of a month on average, by which Azure's calculator counts too."""


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


def _known(amounts: list[float | None]) -> list[float] | None:
    known = [each for each in amounts if each is not None]
    return known if len(known) == len(amounts) else None
