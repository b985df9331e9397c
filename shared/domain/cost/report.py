"""Reports of cost by day, policy, Spot Group or machine, beside the cost of machines that are always on. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.domain.cost.actual import ActualMonth
from shared.domain.cost.ledger import MINUTES_OF_A_DAY, CostedMachine, MachineKind, MonthOfMachine
from shared.domain.cost.prices import Currency, disk_tier
from shared.domain.cost.rate_card import PriceBook, meter_of
from shared.domain.values import Value

Rate = Callable[[str, str, date], float | None]
"""Returns the tenant's price of a meter in a region on a day, None where it is not known."""

HOURS_IN_A_MONTH = 730
"""Hours of a month on average, by which Azure's calculator counts too."""

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


def subject_of_cost(grouping: CostGrouping, machine: CostedMachine) -> str | None:
    """Return the subject that a machine is counted for, or None if it is for none."""
    wanted = _GROUPED.get(grouping)
    if wanted is None:
        return CostGrouping.TENANT.value
    if machine.kind is not wanted:
        return None
    return machine.group_id if grouping in _BY_GROUP else machine.id


def hourly_cost(
    months: Iterable[MonthOfMachine], grouping: CostGrouping, subject: str, day: date, book: PriceBook
) -> float:
    """Return the cost of an hour of the machines of a subject that are there, if all of them are on."""
    total = 0.0
    for month in months:
        machine = month.machine
        if subject_of_cost(grouping, machine) == subject and any(month.kept[max(0, day.day - 2) : day.day]):
            hour = book.rate(machine.region, meter_of(machine.size, low_priority=machine.low_priority), day)
            disk = book.rate(machine.region, disk_tier(machine.disk_in_gb), day)
            total += (hour or 0.0) + (disk or 0.0) / HOURS_IN_A_MONTH
    return total


class CostRow(Value):
    """Cost of one subject. Amounts are left out where no price is known; *reason* says why.

    *basis*: actual where Azure has billed each of its days; else the amounts are estimates, and *actualCost* has the
    bill of the days of which it is known. *lateDays*: days that are not billed yet.

    *always_on_cost*: of the same machines, had they been on for as long as they were there, at the regular price.
    *unpriced_machines*: number of machines whose cost is not in the amounts.
    """

    id: str
    display_name: str = ""
    machines: int = 0
    minutes_on: int = 0
    minutes_kept: int = Field(0, description="while its disk was there")
    minutes_shut_down: int = Field(0, description="of minutesOn, while Windows was shut down from inside")
    machine_cost: float | None = None
    disk_cost: float | None = None
    cost: float | None = None
    always_on_cost: float | None = None
    saving: float | None = None
    shut_down_cost: float | None = Field(None, description="estimate of what minutesShutDown cost; a part of cost")
    unpriced_machines: int = 0
    reason: str | None = None
    currency: Currency
    basis: CostBasis = CostBasis.ESTIMATE
    actual_cost: float | None = None
    late_days: int | None = None


@dataclass(slots=True)
class CostSum:
    """Sums of one subject. *lost*: of *compute*, while Windows was shut down; *unpriced*: machines without a price."""

    name: str = ""
    on: int = 0
    kept: int = 0
    shut_down: int = 0
    compute: float = 0.0
    lost: float = 0.0
    disk: float = 0.0
    always: float = 0.0
    machines: set[str] = field(default_factory=set)
    unpriced: dict[str, str] = field(default_factory=dict)
    billed: list[float] = field(default_factory=lambda: [0.0, 0.0])
    billed_days: set[date] = field(default_factory=set)
    late_days: set[date] = field(default_factory=set)

    def row(self, id_: str, book: PriceBook) -> CostRow:
        """Return the row of a report."""
        found = CostRow(
            id=id_,
            display_name=self.name,
            machines=len(self.machines),
            minutes_on=self.on,
            minutes_kept=self.kept,
            minutes_shut_down=self.shut_down,
            unpriced_machines=len(self.unpriced),
            reason=book.why_unknown(next(iter(self.unpriced.values()))) if self.unpriced else None,
            currency=book.card.currency,
        )
        if self.billed_days and not self.late_days:
            return self._billed(found)
        if self.billed_days or self.late_days:
            known = round(sum(self.billed), _DIGITS) if self.billed_days else None
            found = found.but(actual_cost=known, late_days=len(self.late_days))
        if len(self.unpriced) == len(self.machines):
            return found
        cost = self.compute + self.disk
        return found.but(
            machine_cost=round(self.compute, _DIGITS),
            disk_cost=round(self.disk, _DIGITS),
            cost=round(cost, _DIGITS),
            always_on_cost=round(self.always, _DIGITS),
            saving=round(self.always - cost, _DIGITS),
            shut_down_cost=round(self.lost, _DIGITS),
        )

    def _billed(self, found: CostRow) -> CostRow:
        """Return the row of a subject of which each day is billed; the cost of always on needs all prices."""
        machine, rest = self.billed
        cost = round(machine + rest, _DIGITS)
        always = None if self.unpriced else round(self.always, _DIGITS)
        return found.but(
            basis=CostBasis.ACTUAL,
            machine_cost=round(machine, _DIGITS),
            disk_cost=round(rest, _DIGITS),
            cost=cost,
            actual_cost=cost,
            late_days=0,
            always_on_cost=always,
            saving=None if always is None else round(always - cost, _DIGITS),
            shut_down_cost=None if self.unpriced else round(self.lost, _DIGITS),
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
        self._billed: set[tuple[str, date]] = set()

    def add(
        self,
        months: Iterable[MonthOfMachine],
        days: Sequence[date],
        rate: Rate,
        actual: ActualMonth | None = None,
    ) -> None:
        """Add the machines of a month. *days*: all of the month. *actual*: its bill, where the tenant has an export."""
        rates = MinuteRates(rate, days)
        first, last = ((each - days[0]).days for each in self._span)
        numbers = range(max(0, first), min(last + 1, len(days)))
        for month in months:
            if (key := self._key(month)) is not None:
                self._count(month, key, days, numbers, rates)
                if actual is not None:
                    self._add_billed(month, key, [days[number] for number in numbers if month.kept[number]], actual)

    def rows(self, book: PriceBook, names: Mapping[str, str]) -> list[CostRow]:
        """Return the rows, in the order of their subjects. *names*: of policies and Spot Groups."""
        return [
            each.row(key, book).but(display_name=names.get(key, each.name))
            for key, each in sorted(self.items())
            if each.machines
        ]

    def _key(self, month: MonthOfMachine) -> str | None:
        """Return the id of the row that a machine counts for, or None if the report leaves it out."""
        return subject_of_cost(self._grouping, month.machine)

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
            found.shut_down += month.shut_down[number]
            if hour is None or regular is None or disk is None:
                found.unpriced[machine.id] = machine.region
                continue
            found.compute += month.on[number] * hour[number]
            found.lost += month.shut_down[number] * hour[number]
            found.disk += kept * disk[number]
            found.always += kept * (regular[number] + disk[number])

    def _add_billed(self, month: MonthOfMachine, key: str, days: Iterable[date], actual: ActualMonth) -> None:
        """Add the bill of a machine for the days on which it was there, once for all of its builds."""
        for day in days:
            found = self[day.isoformat() if self._grouping is CostGrouping.DAY else key]
            if not actual.has(day):
                found.late_days.add(day)
                continue
            found.billed_days.add(day)
            if (month.machine.id, day) not in self._billed:
                self._billed.add((month.machine.id, day))
                for number, amount in enumerate(actual.of(month.machine.id, day)):
                    found.billed[number] += amount

    def _name(self, month: MonthOfMachine) -> str:
        return month.machine.name if self._grouping in {CostGrouping.CLOUD_PC, CostGrouping.HOST} else ""
