"""Records of the actual costs of a tenant's machines by day, packed into some rows a month as the ledger is. Pure."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from shared.domain.cost.export import BilledMachine
from shared.domain.cost.ledger import MACHINES_IN_A_ROW
from shared.domain.packing import pack, pack_json, unpack, unpack_json
from shared.domain.values import Id, Value

_DAYS = 31
READ_EVERY = timedelta(hours=6)
"""Time between two readings: Cost Management writes an export once a day."""


class ActualRow(Value):
    """Some machines of a tenant in one month. The first row has the state of the last reading.

    *until*: the last day of which all costs are there. *source*, *written*: the newest file. *skipped*: rows that
    could not be read. *fault*: why the last reading gave nothing new; what was read before stays.
    """

    tenant_id: Id
    month: str
    number: int
    read_at: datetime
    until: date | None = None
    currency: str = ""
    source: str = ""
    written: datetime | None = None
    skipped: int = 0
    fault: str | None = None
    machines: str = ""
    amounts: str = ""

    @property
    def id(self) -> str:
        """The key of the record, by which the rows of a month are together, and months in order."""
        return f"{self.month}:{self.number:04d}"


@dataclass(frozen=True, slots=True)
class ActualMonth:
    """The actual costs of a month by machine and day, of computing and of the rest. *until*: the last whole day."""

    until: date | None = None
    currency: str = ""
    machines: Mapping[str, "array[float]"] = field(default_factory=dict)

    def of(self, machine_id: str, day: date) -> tuple[float, float]:
        """Return the cost of computing and of the rest of a machine on a day that is whole; nothing billed is zero."""
        found = self.machines.get(machine_id)
        return (found[day.day - 1], found[_DAYS + day.day - 1]) if found else (0.0, 0.0)

    def has(self, day: date) -> bool:
        """Whether the costs of a day of the month are all there."""
        return self.until is not None and day <= self.until


def rows_of(billed: Mapping[str, BilledMachine], head: ActualRow) -> Iterator[ActualRow]:
    """Yield the rows of a month; the first has the state of *head*."""
    names = sorted(billed)
    for at in range(0, max(len(names), 1), MACHINES_IN_A_ROW):
        few = names[at : at + MACHINES_IN_A_ROW]
        amounts = array("d")
        for name in few:
            amounts.extend(billed[name].machine)
            amounts.extend(billed[name].rest)
        yield head.but(
            number=at // MACHINES_IN_A_ROW,
            machines=pack_json(few),
            amounts=pack(amounts.tobytes()),
        )


def month_of_rows(rows: Sequence[ActualRow]) -> ActualMonth:
    """Return the costs in the rows of a month, in their order."""
    machines: dict[str, array[float]] = {}
    for row in rows:
        amounts = array("d", unpack(row.amounts) if row.amounts else b"")
        for n, name in enumerate(unpack_json(row.machines) if row.machines else ()):
            machines[name] = amounts[2 * _DAYS * n : 2 * _DAYS * (n + 1)]
    return ActualMonth(rows[0].until, rows[0].currency, machines) if rows else ActualMonth()
