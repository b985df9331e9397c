"""The ledger of a tenant: minutes on and minutes kept of every machine, by day, packed into some rows a month. Pure.

A row has up to a thousand machines for one month: a month of 10,000 Cloud PCs is read with one query. A day that is
over is not changed any more.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from shared.domain.packing import pack, pack_json, unpack, unpack_json
from shared.domain.power.state import BilledWhileOff, ObservedPower
from shared.domain.values import Id, Value

MACHINES_IN_A_ROW = 1000
MINUTES_OF_A_DAY = 1440
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_DAYS = 31
_NOT_BILLED = frozenset({ObservedPower.DEALLOCATED, ObservedPower.HIBERNATED})
_BILLED_BEFORE = frozenset({ObservedPower.SHUT_DOWN, ObservedPower.STOPPING, *_NOT_BILLED})
"""Powers before which a machine was billed."""


class MachineKind(StrEnum):
    """Use of a machine."""

    CLOUD_PC = "cloudPC"
    HOST = "host"


@dataclass(frozen=True, slots=True)
class CostedMachine:
    """A machine that costs something. *group_id*: its policy, or its Spot Group; *generation*: of its build."""

    kind: MachineKind
    id: str
    generation: int
    name: str
    group_id: str
    region: str
    size: str
    disk_in_gb: int
    low_priority: bool = False


@dataclass(slots=True)
class MonthOfMachine:
    """Minutes of each day of a month, from the first one: *on*, in which computing is billed; *kept*, its disk.

    *shut_down*: those of *on* in which Windows was shut down from inside.
    """

    machine: CostedMachine
    on: "array[int]" = field(default_factory=lambda: array("H", bytes(2 * _DAYS)))
    kept: "array[int]" = field(default_factory=lambda: array("H", bytes(2 * _DAYS)))
    shut_down: "array[int]" = field(default_factory=lambda: array("H", bytes(2 * _DAYS)))

    def add(self, start: datetime, end: datetime, *, on: timedelta, late: bool) -> None:
        """Count a time in which the machine was there, and was on for a part: at its end (*late*) or its begin."""
        begin_on, end_on = (end - on, end) if late else (start, start + on)
        for day, minutes in _by_day(start, end):
            self.kept[day - 1] += minutes
        for day, minutes in _by_day(begin_on, end_on):
            self.on[day - 1] += minutes

    def add_shut_down(self, start: datetime, end: datetime) -> None:
        """Count a time in which Windows was shut down from inside while the machine was billed."""
        for day, minutes in _by_day(start, end):
            self.shut_down[day - 1] = min(self.shut_down[day - 1] + minutes, self.on[day - 1])


def _by_day(start: datetime, end: datetime) -> Iterable[tuple[int, int]]:
    """Yield the days of a month that a time is in, each with its minutes."""
    while start < end:
        midnight = datetime.combine(start.date(), time(), UTC) + _DAY
        until = min(midnight, end)
        yield start.day, round((until - start) / _MINUTE)
        start = until


class LedgerRow(Value):
    """Some machines of a tenant in one month. *until*: the time up to which they are counted.

    *shut_down*: minutes of these machines in which Windows was shut down from inside; empty while there are none.
    """

    tenant_id: Id
    month: str
    number: int
    until: datetime
    machines: str = ""
    minutes: str = ""
    shut_down: str = ""

    @property
    def id(self) -> str:
        """The key of the record: the month, then the number of the row."""
        return f"{self.month}:{self.number:04d}"

    def months(self) -> list[MonthOfMachine]:
        """Return the machines with their minutes."""
        if not self.machines:
            return []
        columns = unpack_json(self.machines)
        minutes = array("H", unpack(self.minutes))
        shut_down = array("H", unpack(self.shut_down) if self.shut_down else bytes(len(minutes)))
        found = zip(*(columns[name] for name in CostedMachine.__slots__), strict=True)
        return [
            MonthOfMachine(
                CostedMachine(MachineKind(kind), *rest),
                minutes[2 * _DAYS * number : 2 * _DAYS * number + _DAYS],
                minutes[2 * _DAYS * number + _DAYS : 2 * _DAYS * (number + 1)],
                shut_down[_DAYS * number : _DAYS * (number + 1)],
            )
            for number, (kind, *rest) in enumerate(found)
        ]

    def with_months(self, months: Sequence[MonthOfMachine], until: datetime) -> "LedgerRow":
        """Return the row with the minutes of machines, counted up to a time."""
        columns = {name: [getattr(each.machine, name) for each in months] for name in CostedMachine.__slots__}
        minutes, shut_down = array("H"), array("H")
        for each in months:
            minutes += each.on + each.kept
            shut_down += each.shut_down
        packed = pack(shut_down.tobytes()) if any(shut_down) else ""
        return self.but(until=until, machines=pack_json(columns), minutes=pack(minutes.tobytes()), shut_down=packed)


def month_start(month: str) -> datetime:
    """Return the first moment of a month. Raises: ValueError for anything that is not a month."""
    return datetime.combine(date.fromisoformat(f"{month}-01"), time(), UTC)


def next_month(moment: datetime) -> datetime:
    """Return the first moment of the month after a moment."""
    return month_start(month_of(moment.date() + (_DAYS + 1 - moment.day) * _DAY))


def month_of(day: date) -> str:
    """Return the month of a day in words of ISO 8601, such as 2026-11."""
    return f"{day:%Y-%m}"


def month_before(day: date, months: int = 1) -> str:
    """Return the month that is some *months* before the month of a day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return f"{year:04d}-{month + 1:02d}"


def months_between(first: date, last: date) -> list[str]:
    """Return the months that two days and those between them are in."""
    found = [month_of(first)]
    while found[-1] < month_of(last):
        found.append(month_of(next_month(month_start(found[-1])).date()))
    return found


def days_of(month: str) -> list[date]:
    """Return the days of a month. Raises: ValueError for anything that is not a month."""
    first = month_start(month).date()
    return [day for number in range(_DAYS) if (day := first + number * _DAY).month == first.month]


@dataclass(frozen=True, slots=True)
class SeenMachine:
    """A machine at the time of a recording. *power*: None where nobody has observed it; *since*: of its power.

    *began*: when it was begun to be built; None: not known. *billed_while_off*: when its Windows was last shut down.
    """

    machine: CostedMachine
    power: ObservedPower | None = None
    since: datetime | None = None
    began: datetime | None = None
    billed_while_off: BilledWhileOff | None = None


def time_on(seen: SeenMachine, start: datetime, end: datetime) -> tuple[timedelta, bool]:
    """Return for how long a machine was on between two times, and whether at the end of them (else at the begin).

    A machine of which nobody has observed the power, or could, counts as on. Of several changes only the last is known.
    """
    length = end - start
    if seen.power in {None, ObservedPower.UNKNOWN} or seen.since is None:
        return length, True
    billed = seen.power not in _NOT_BILLED
    changed = min(max(seen.since, start), end)
    after = end - changed
    before = changed - start if seen.power in _BILLED_BEFORE else timedelta()
    if billed and before:
        return length, True
    return (after, True) if billed else (before, False)


def recorded(
    rows: Sequence[LedgerRow], seen: Iterable[SeenMachine], *, tenant_id: str, begin: datetime, end: datetime
) -> list[LedgerRow]:
    """Return the rows of a month with the time of *seen* between two moments of this month; rows may be new.

    A machine that has no minutes yet counts from its build on.
    """
    months = {each.number: each.months() for each in rows}
    known = {each.machine: each for number in sorted(months) for each in months[number]}
    for each in seen:
        there, start = known.get(each.machine), begin
        if there is None:
            there = known[each.machine] = MonthOfMachine(each.machine)
            _placed(months, there)
            start = max(begin, each.began or begin)
        if start < end:
            on, late = time_on(each, start, end)
            there.add(start, end, on=on, late=late)
            if each.billed_while_off is not None:
                there.add_shut_down(*each.billed_while_off.within(start, end))
    by_number = {each.number: each for each in rows}
    month = month_of(begin.date())
    made = {
        number: by_number.get(number) or LedgerRow(tenant_id=tenant_id, month=month, number=number, until=end)
        for number in sorted(months) or (0,)
    }
    return [row.with_months(months.get(number, []), end) for number, row in made.items()]


def _placed(months: dict[int, list[MonthOfMachine]], month: MonthOfMachine) -> None:
    """Put a new machine into the last row that has room."""
    last = max(months, default=0)
    if len(months.setdefault(last, [])) >= MACHINES_IN_A_ROW:
        last += 1
        months[last] = []
    months[last].append(month)
