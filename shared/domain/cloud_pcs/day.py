"""The day of a Cloud PC in stretches: on, in use, disconnected or off, and why; and of a fleet, added up. Pure.

It rests on the same readings as the minutes of ``use``: the time between two readings counts as the earlier one was.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from shared.domain.cloud_pcs.use import LONGEST, CloudPcUse, SeenUse
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import ObservedPower, PowerActor
from shared.domain.usage import DaysByCloudPc
from shared.domain.values import Value

SLOT = timedelta(minutes=15)
"""Length of an interval of a fleet's day."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


class UseState(StrEnum):
    """State of a Cloud PC in a stretch of its day; ``on``: nobody is signed in."""

    IN_USE = "inUse"
    DISCONNECTED = "disconnected"
    ON = "on"
    OFF = "off"


class Stretch(Value):
    """A time in which a Cloud PC was in one state. *start*, *end*: minutes since the midnight (UTC) of its day.

    The last one of a day may end after the next midnight. *changed_by*, *reason*: of the latest change of power; None
    for a machine that nobody has ever switched.
    """

    start: int
    end: int
    state: UseState
    changed_by: PowerActor | None = None
    reason: str = ""

    def continues(self, other: "Stretch") -> bool:
        """Return whether the *other* one is of the same state, for the same reason."""
        return (self.state, self.changed_by, self.reason) == (other.state, other.changed_by, other.reason)


Days = Mapping[str, tuple[Stretch, ...]]
"""The stretches of a day by the ids of their Cloud PCs."""


def state_of(seen: SeenUse, power: CloudPcPower | None) -> UseState:
    """Return the state of a Cloud PC at a reading; a machine of which nobody has observed the power counts as on."""
    if seen.active:
        return UseState.IN_USE
    if seen.disconnected:
        return UseState.DISCONNECTED
    on = power is None or power.observed.is_on or power.observed is ObservedPower.UNKNOWN
    return UseState.ON if on else UseState.OFF


def begun_at(at: datetime, seen: SeenUse, power: CloudPcPower | None) -> Stretch:
    """Return the stretch that begins with a reading."""
    minute = at.hour * 60 + at.minute
    if power is None:
        return Stretch(start=minute, end=minute, state=state_of(seen, power))
    return Stretch(
        start=minute, end=minute, state=state_of(seen, power), changed_by=power.changed_by, reason=power.reason[:200]
    )


def lengthened(day: date, stretches: Sequence[Stretch], read_at: datetime | None, at: datetime) -> tuple[Stretch, ...]:
    """Return the stretches of a day after the time from a reading of this day to the next one; a gap adds nothing."""
    if not stretches or read_at is None or read_at.date() != day or at - read_at > LONGEST:
        return tuple(stretches)
    end = round((at - datetime.combine(day, time(), UTC)) / _MINUTE)
    return (*stretches[:-1], stretches[-1].but(end=max(end, stretches[-1].end)))


def followed(stretches: Sequence[Stretch], begun: Stretch) -> tuple[Stretch, ...]:
    """Return the stretches of a day with a new one; the same state without a gap continues the last one."""
    last = stretches[-1] if stretches else None
    if last is not None and last.end >= begun.start and last.continues(begun):
        return tuple(stretches)
    return (*stretches, begun)


def _packed(days: Days) -> object:
    """Return the stretches of some Cloud PCs as JSON; a reason is written once."""
    reasons: dict[str, int] = {}
    rows = {
        pc_id: [
            [each.start, each.end, each.state, each.changed_by, reasons.setdefault(each.reason, len(reasons))]
            for each in stretches
        ]
        for pc_id, stretches in days.items()
    }
    return [list(reasons), rows]


def _read(content: Any) -> dict[str, tuple[Stretch, ...]]:  # noqa: ANN401 - JSON
    reasons, rows = content
    return {
        pc_id: tuple(
            Stretch(
                start=start,
                end=end,
                state=UseState(state),
                changed_by=PowerActor(by) if by else None,
                reason=reasons[why],
            )
            for start, end, state, by, why in found
        )
        for pc_id, found in rows.items()
    }


STRETCHES: DaysByCloudPc[tuple[Stretch, ...]] = DaysByCloudPc("cloudPcStretches", _packed, _read)
"""The rows with the stretches of Cloud PCs."""


@dataclass(frozen=True, slots=True)
class TimedStretch:
    """A stretch in absolute times."""

    start: datetime
    end: datetime
    stretch: Stretch


def timed(day: date, stretches: Iterable[Stretch], start: datetime, end: datetime) -> Iterator[TimedStretch]:
    """Yield the stretches of a day that are in a period, cut to it. *start*, *end*: of the period.

    A stretch without a length was seen once, and is left out.
    """
    midnight = datetime.combine(day, time(), UTC)
    for each in stretches:
        begun, ended = max(midnight + each.start * _MINUTE, start), min(midnight + each.end * _MINUTE, end)
        if begun < ended:
            yield TimedStretch(begun, ended, each)


def slot_of(moment: datetime) -> datetime:
    """Return the begin of the interval of a fleet's day that a moment is in."""
    return moment - (moment - _EPOCH) % SLOT


class FleetUse(Value):
    """Mean number of Cloud PCs in each state, in one interval.

    *recorded*: of which there is a reading. *could_be_off*: on, and nobody is active.
    """

    interval_start_date_time: datetime
    recorded: float
    on: float
    in_use: float
    disconnected: float
    could_be_off: float
    off: float


def fleet_of(stretches: Iterable[TimedStretch], start: datetime) -> list[FleetUse]:
    """Return a fleet's use in intervals of a quarter of an hour from *start* on; one without a reading is left out."""
    sums: dict[int, dict[UseState, float]] = defaultdict(lambda: dict.fromkeys(UseState, 0.0))
    for each in stretches:
        slot = (each.start - start) // SLOT
        while start + slot * SLOT < each.end:
            begun = start + slot * SLOT
            overlap = min(each.end, begun + SLOT) - max(each.start, begun)
            sums[slot][each.stretch.state] += overlap / SLOT
            slot += 1
    return [_counted(start + slot * SLOT, found) for slot, found in sorted(sums.items())]


def _counted(begin: datetime, means: Mapping[UseState, float]) -> FleetUse:
    idle = means[UseState.ON] + means[UseState.DISCONNECTED]
    return FleetUse(
        interval_start_date_time=begin,
        recorded=round(sum(means.values()), 2),
        on=round(idle + means[UseState.IN_USE], 2),
        in_use=round(means[UseState.IN_USE], 2),
        disconnected=round(means[UseState.DISCONNECTED], 2),
        could_be_off=round(idle, 2),
        off=round(means[UseState.OFF], 2),
    )


class PolicyDay(Value):
    """Use of the Cloud PCs of a policy on one day of UTC.

    *cloud_pcs*: how many there is a reading of. *minutes_could_be_off*: on, and nobody was active.
    """

    provisioning_policy_id: str
    provisioning_policy_name: str | None = None
    day: date
    cloud_pcs: int
    recorded_minutes: int
    minutes_on: int
    minutes_active: int
    minutes_disconnected: int
    minutes_could_be_off: int
    connections: int


def policy_day(
    policy: str, names: Mapping[str, object], day: date, uses: Sequence[tuple[CloudPcUse, int]]
) -> PolicyDay:
    """Return the use of a policy on a day.

    *uses*: of its Cloud PCs, each with its minutes on; *names*: of policies, by their ids.
    """
    name = names.get(policy)
    return PolicyDay(
        provisioning_policy_id=policy,
        provisioning_policy_name=None if name is None else str(name),
        day=day,
        cloud_pcs=len(uses),
        recorded_minutes=sum(each.recorded_minutes for each, _ in uses),
        minutes_on=sum(on for _, on in uses),
        minutes_active=sum(each.minutes_active for each, _ in uses),
        minutes_disconnected=sum(each.minutes_disconnected for each, _ in uses),
        minutes_could_be_off=sum(max(0, on - each.minutes_active) for each, on in uses),
        connections=sum(each.connections for each, _ in uses),
    )
