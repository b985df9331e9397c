"""Reports of cost by day, policy, Spot Group or machine, beside the cost of machines that are always on. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.domain.cost.ledger import MINUTES_OF_A_DAY, MachineKind, MonthOfMachine
from shared.domain.cost.prices import Currency, disk_tier
from shared.domain.cost.rate_card import PriceBook, meter_of
from shared.domain.values import Value

Rate = Callable[[str, str, date], float | None]
"""Returns the tenant's price of a meter in a region on a day, None where it is not known."""

_HOUR_IN_MINUTES = 60
_DIGITS = 4


class CostBasis(StrEnum):
    """Origin of an amount: estimated from prices and recorded minutes, or billed by Azure."""

    ESTIMATE = "estimate"
    ACTUAL = "actual"


class CostGrouping(StrEnum):
    """Subject of a row of a report."""

    TENANT = "tenant"
    DAY = "day"
    POLICY = "policy"
    SPOT_GROUP = "spotGroup"
    CLOUD_PC = "cloudPC"
    HOST = "host"


_GROUPED = {
    CostGrouping.POLICY: MachineKind.CLOUD_PC,
    CostGrouping.CLOUD_PC: MachineKind.CLOUD_PC,
    CostGrouping.SPOT_GROUP: MachineKind.HOST,
    CostGrouping.HOST: MachineKind.HOST,
}
_BY_GROUP = frozenset({CostGrouping.POLICY, CostGrouping.SPOT_GROUP})


class CostRow(Value):
    """Cost of one subject. Amounts are left out where no price is known; *reason* says why.

    *always_on_cost*: of the same machines, had they been on for as long as they were there, at the regular price.
    *unpriced_machines*: number of machines whose cost is not in the amounts.
    """

    id: str
    display_name: str = ""
    machines: int = 0
    minutes_on: int = 0
    minutes_kept: int = Field(0, description="while its disk was there")
    machine_cost: float | None = None
    disk_cost: float | None = None
    cost: float | None = None
    always_on_cost: float | None = None
    saving: float | None = None
    unpriced_machines: int = 0
    reason: str | None = None
    currency: Currency
    basis: CostBasis = CostBasis.ESTIMATE


@dataclass(slots=True)
class CostSum:
    """Sums of one subject. *unpriced*: machines without a price, with their regions."""

    name: str = ""
    on: int = 0
    kept: int = 0
    compute: float = 0.0
    disk: float = 0.0
    always: float = 0.0
    machines: set[str] = field(default_factory=set)
    unpriced: dict[str, str] = field(default_factory=dict)

    def row(self, id_: str, book: PriceBook) -> CostRow:
        """Return the row of a report."""
        found = CostRow(
            id=id_,
            display_name=self.name,
            machines=len(self.machines),
            minutes_on=self.on,
            minutes_kept=self.kept,
            unpriced_machines=len(self.unpriced),
            reason=book.why_unknown(next(iter(self.unpriced.values()))) if self.unpriced else None,
            currency=book.card.currency,
        )
        if len(self.unpriced) == len(self.machines):
            return found
        cost = self.compute + self.disk
        return found.but(
            machine_cost=round(self.compute, _DIGITS),
            disk_cost=round(self.disk, _DIGITS),
            cost=round(cost, _DIGITS),
            always_on_cost=round(self.always, _DIGITS),
            saving=round(self.always - cost, _DIGITS),
        )


class MinuteRates:
    """The rates of each kind of machine for each day of a month, looked up once."""

    def __init__(self, rate: Rate, days: Sequence[date]) -> None:
        self._rate, self._days = rate, days
        self._known: dict[tuple[str, str], Sequence[float] | None] = {}

    def of(self, region: str, meter: str, unit_in_minutes: int) -> Sequence[float] | None:
        """Return the price of a minute of a meter on each day; None where any is not known."""
        key = (region, meter)
        if key not in self._known:
            found = [self._rate(region, meter, day) for day in self._days]
            known = [each / unit_in_minutes for each in found if each is not None]
            self._known[key] = known if len(known) == len(found) else None
        return self._known[key]


class CostSums(dict[str, CostSum]):
    """The sums of several months by subject."""

    def __init__(self, grouping: CostGrouping, span: tuple[date, date]) -> None:
        super().__init__()
        self._grouping, self._span = grouping, span

    def add(self, months: Iterable[MonthOfMachine], days: Sequence[date], rate: Rate) -> None:
        """Add the machines of a month. *days*: all of the month."""
        rates = MinuteRates(rate, days)
        first, last = ((each - days[0]).days for each in self._span)
        numbers = range(max(0, first), min(last + 1, len(days)))
        for month in months:
            if (key := self._key(month)) is not None:
                self._count(month, key, days, numbers, rates)

    def rows(self, book: PriceBook, names: Mapping[str, str]) -> list[CostRow]:
        """Return the rows, in the order of their subjects. *names*: of policies and Spot Groups."""
        return [
            each.row(key, book).but(display_name=names.get(key, each.name))
            for key, each in sorted(self.items())
            if each.machines
        ]

    def _key(self, month: MonthOfMachine) -> str | None:
        """Return the id of the row that a machine counts for, or None if the report leaves it out."""
        wanted, machine = _GROUPED.get(self._grouping), month.machine
        if wanted is None:
            return CostGrouping.TENANT.value
        if machine.kind is not wanted:
            return None
        return machine.group_id if self._grouping in _BY_GROUP else machine.id

    def _count(self, month: MonthOfMachine, key: str, days: Sequence[date], numbers: range, rates: MinuteRates) -> None:
        machine = month.machine
        month_in_minutes = len(days) * MINUTES_OF_A_DAY
        hour = rates.of(machine.region, meter_of(machine.size, low_priority=machine.low_priority), _HOUR_IN_MINUTES)
        regular = rates.of(machine.region, meter_of(machine.size), _HOUR_IN_MINUTES)
        disk = rates.of(machine.region, disk_tier(machine.disk_in_gb), month_in_minutes)
        total = None if self._grouping is CostGrouping.DAY else self.setdefault(key, CostSum(self._name(month)))
        for number in numbers:
            kept = month.kept[number]
            if not kept:
                continue
            found = self.setdefault(days[number].isoformat(), CostSum()) if total is None else total
            found.machines.add(machine.id)
            found.on += month.on[number]
            found.kept += kept
            if hour is None or regular is None or disk is None:
                found.unpriced[machine.id] = machine.region
                continue
            found.compute += month.on[number] * hour[number]
            found.disk += kept * disk[number]
            found.always += kept * (regular[number] + disk[number])

    def _name(self, month: MonthOfMachine) -> str:
        return month.machine.name if self._grouping in {CostGrouping.CLOUD_PC, CostGrouping.HOST} else ""
