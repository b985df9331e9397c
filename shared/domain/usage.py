"""Usage over time: points of whole intervals, packed into one record for each subject and day, and aggregated. Pure.

A point is recorded once and never changed. An interval without a point was not observed: it is a gap, not a zero.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import groupby
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field
from pydantic.alias_generators import to_camel

from shared.domain.packing import pack_json, unpack_json
from shared.domain.values import Value

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Interval(StrEnum):
    """Length of the intervals of a report in the notation of ISO 8601. Days are days of UTC."""

    FIVE_MINUTES = "PT5M"
    HOUR = "PT1H"
    DAY = "P1D"

    @property
    def length(self) -> timedelta:
        """The length of one interval."""
        return _LENGTHS[self]

    def begin(self, moment: datetime) -> datetime:
        """Return when the interval began in which *moment* is."""
        return moment - (moment - _EPOCH) % self.length


_LENGTHS = {Interval.FIVE_MINUTES: 5 * _MINUTE, Interval.HOUR: 60 * _MINUTE, Interval.DAY: _DAY}

USUAL_POINTS, MOST_POINTS = 300, 1000
"""The most points that a report has where its caller names no interval, and where they do."""


class Aggregation(StrEnum):
    """Method that makes one value of several, in the words of Azure Monitor."""

    AVERAGE = "Average"
    MAXIMUM = "Maximum"
    TOTAL = "Total"


Average = Annotated[float | None, Aggregation.AVERAGE]
Maximum = Annotated[int | None, Aggregation.MAXIMUM]
Total = Annotated[int | None, Aggregation.TOTAL]


class Mark(Value):
    """A decision of the engine in an interval. *count*: for how many hosts; *text*: the reason for the first one."""

    action: str
    reason: str
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Point:
    """Values of the interval that begins *at*, by the name of their series."""

    at: datetime
    values: Mapping[str, int]
    marks: tuple[Mark, ...] = ()


class UsagePoint(Value):
    """Usage in one interval; a subclass has the series, each with its aggregation."""

    interval_start_date_time: datetime
    recorded_minutes: int = Field(description="how many minutes of the interval were observed")


U = TypeVar("U", bound=UsagePoint)


class UsageDay(Value):
    """The points of one subject on one day of UTC, packed: they are mostly read and moved as a whole."""

    tenant_id: str
    subject: str
    day: date
    packed: str = ""

    @property
    def id(self) -> str:
        """The key of the record, by which the days of a subject are in order."""
        return day_id(self.subject, self.day)

    def points(self) -> list[Point]:
        """Return the points, in order."""
        if not self.packed:
            return []
        minutes, series, marks = unpack_json(self.packed)
        midnight = datetime.combine(self.day, time(), UTC)
        return [
            Point(
                midnight + minute * _MINUTE,
                {name: each[number] for name, each in series.items() if each[number] is not None},
                tuple(Mark.model_validate(mark) for mark in marks.get(str(minute), ())),
            )
            for number, minute in enumerate(minutes)
        ]

    def with_points(self, *points: Point) -> "UsageDay":
        """Return the day with points; an existing point is not changed."""
        there = self.points()
        known = {each.at: each for each in reversed([*there, *points])}
        if len(known) == len(there):
            return self
        return self.but(packed=_packed([known[at] for at in sorted(known)]))


def _packed(points: Sequence[Point]) -> str:
    """Return the points column by column: the minutes of the day, and a value for each in every series.

    A series has None where a point was recorded by a release without it.
    """
    minutes = [each.at.hour * 60 + each.at.minute for each in points]
    names = dict.fromkeys(name for each in points for name in each.values)
    series = {name: [each.values.get(name) for each in points] for name in names}
    marks = {
        minute: [mark.to_json() for mark in each.marks]
        for minute, each in zip(minutes, points, strict=True)
        if each.marks
    }
    return pack_json([minutes, series, marks])


def day_id(subject: str, day: date) -> str:
    """Return the key of a subject's record of one day."""
    return f"{subject}:{day.isoformat()}"


C = TypeVar("C")
_IN_ROW = 400
"""Number of Cloud PCs in a row: some 20 KB."""


@dataclass(frozen=True, slots=True)
class DaysByCloudPc(Generic[C]):
    """A kind of rows that have a value for each of many Cloud PCs on a day, by their ids.

    *subject*: begins that of every row; no Spot Group has this id. *packed*: returns the JSON of some values; *read*
    returns the values of that JSON. *also_empty*: a day without values has a row, which says that it was looked at.
    """

    subject: str
    packed: Callable[[Mapping[str, C]], object]
    read: Callable[[Any], dict[str, C]]
    also_empty: bool = False

    def keys(self, first: date, last: date) -> tuple[str, str]:
        """Return two keys between which the rows of some days are, exclusively."""
        return f"{self.subject}:{first.isoformat()}", f"{self.subject}:{last.isoformat()}~"

    def row(self, tenant_id: str, day: date, number: int, values: Mapping[str, C]) -> UsageDay:
        """Return one of the rows of a day. *number*: from 0 on."""
        subject = f"{self.subject}:{day.isoformat()}:{number:04}"
        return UsageDay(tenant_id=tenant_id, subject=subject, day=day, packed=pack_json(self.packed(values)))

    def rows(self, tenant_id: str, day: date, values: Mapping[str, C]) -> Iterator[UsageDay]:
        """Yield the rows of a day: a Cloud PC may be in another one than before, so that all of them are written."""
        names = sorted(values)
        for number, begin in enumerate(range(0, max(len(names), self.also_empty), _IN_ROW)):
            yield self.row(tenant_id, day, number, {name: values[name] for name in names[begin : begin + _IN_ROW]})

    def values(self, row: UsageDay) -> dict[str, C]:
        """Return the values in a row."""
        return self.read(unpack_json(row.packed))

    def without(self, row: UsageDay, cloud_pc_ids: Collection[str]) -> UsageDay:
        """Return a row of any kind without some Cloud PCs: itself where it is of another kind, or has none of them."""
        if not row.subject.startswith(f"{self.subject}:"):
            return row
        there = self.values(row)
        kept = {pc_id: value for pc_id, value in there.items() if pc_id not in cloud_pc_ids}
        return row if len(kept) == len(there) else row.but(packed=pack_json(self.packed(kept)))


@dataclass(frozen=True, slots=True)
class Span:
    """A period of time, and the interval of its points. It begins and ends with a whole interval."""

    start: datetime
    end: datetime
    interval: Interval
    days: tuple[date, date] = field(init=False)
    """The first and the last day of which there are points."""

    def __post_init__(self) -> None:
        last = max(self.start, self.end - timedelta(microseconds=1))
        object.__setattr__(self, "days", (self.start.date(), last.date()))


def span_of(start: datetime, end: datetime, interval: Interval | None, shortest: Interval) -> Span:
    """Return a period in whole intervals: of *interval*, or of the shortest with few enough points.

    *shortest*: in which points are recorded. Raises: ValueError, with the reason for people.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if start >= end:
        raise ValueError("the period must begin before it ends")
    possible = [each for each in Interval if each.length >= shortest.length]
    chosen = interval or next((each for each in possible if (end - start) / each.length <= USUAL_POINTS), possible[-1])
    if chosen not in possible:
        raise ValueError(f"the shortest interval is {shortest.value}")
    begin = chosen.begin(start)
    count = -((begin - end) // chosen.length)
    if count > MOST_POINTS:
        raise ValueError(f"{count} points are too many; choose a longer interval, or a shorter period: {MOST_POINTS}")
    return Span(begin, begin + count * chosen.length, chosen)


@cache
def series_of(model: type[UsagePoint]) -> Mapping[str, Aggregation]:
    """Return the aggregation of each series of a report, by its name in JSON."""
    return {
        to_camel(name): mark
        for name, of_field in model.model_fields.items()
        for mark in of_field.metadata
        if isinstance(mark, Aggregation)
    }


def aggregated(points: Iterable[Point], span: Span, recorded: timedelta, model: type[U]) -> list[U]:
    """Return the points of a period in its interval, oldest first; an interval without any is left out.

    *recorded*: the length of the interval of which each of *points* is.
    """
    within = sorted((each for each in points if span.start <= each.at < span.end), key=lambda each: each.at)
    return [
        _together(begin, list(group), recorded, model)
        for begin, group in groupby(within, key=lambda each: span.interval.begin(each.at))
    ]


def _together(begin: datetime, points: Sequence[Point], recorded: timedelta, model: type[U]) -> U:
    found: dict[str, Any] = {
        "intervalStartDateTime": begin,
        "recordedMinutes": len(points) * (recorded // _MINUTE),
    }
    for name, aggregation in series_of(model).items():
        values = [each.values[name] for each in points if name in each.values]
        if values:
            found[name] = _combined(values, aggregation)
    if "marks" in model.model_fields:
        found["marks"] = marked(each for point in points for each in point.marks)
    return model.model_validate(found)


def _combined(values: Sequence[int], aggregation: Aggregation) -> float:
    match aggregation:
        case Aggregation.AVERAGE:
            return round(sum(values) / len(values), 2)
        case Aggregation.MAXIMUM:
            return max(values)
        case Aggregation.TOTAL:
            return sum(values)


def marked(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """Return one mark for each action and reason, with the number of hosts, in the order of the first ones."""
    found: dict[tuple[str, str], Mark] = {}
    for each in marks:
        known = found.get((each.action, each.reason))
        found[each.action, each.reason] = each if known is None else known.but(count=known.count + each.count)
    return tuple(found.values())
