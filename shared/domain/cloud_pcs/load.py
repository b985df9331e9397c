"""Load of Cloud PCs by day: CPU and memory in the quarters of an hour in which they were in use. Pure.

It rests on the metrics that Azure Monitor keeps of every machine, and on the sessions of the same day (``day``).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pydantic import Field

from shared.domain.cloud_pcs.day import SLOT, Stretch, UseState
from shared.domain.usage import DaysByCloudPc
from shared.domain.values import Value

STEP = 5
"""Width of the steps in which a load is counted, in per cent: finer than any rule needs."""

_MINUTE = timedelta(minutes=1)
_QUARTER = SLOT // _MINUTE
_GIB = 1024**3


MACHINES_AT_ONCE = 50
"""Largest number of machines of which Azure Monitor gives the metrics in one answer."""


@dataclass(frozen=True, slots=True)
class MachineMetrics:
    """Mean values of one machine in quarters of an hour, by when these began; a time at which it was off has none."""

    cpu_percent: dict[datetime, float]
    available_bytes: dict[datetime, float]


class CloudPcLoad(Value):
    """Load of a Cloud PC on one day of UTC, with the *size* that it had.

    *cpu*, *memory*: the number of quarters of an hour by their mean load, in steps that are named by their lower end.
    *fault*: why the metrics could not be read; then there is nothing else.
    """

    size: str = ""
    cpu: dict[int, int] = Field(default_factory=dict)
    memory: dict[int, int] = Field(default_factory=dict)
    fault: str | None = None

    @property
    def quarters(self) -> int:
        """Number of quarters of an hour with both values."""
        return min(sum(self.cpu.values()), sum(self.memory.values()))


def quarters_in_use(day: date, stretches: Iterable[Stretch]) -> list[datetime]:
    """Return when the quarters of an hour of a day began in which a session was active for more than half of it."""
    minutes = Counter[int]()
    for each in stretches:
        if each.state is UseState.IN_USE:
            for minute in range(each.start, min(each.end, 24 * 60)):
                minutes[minute // _QUARTER] += 1
    midnight = datetime.combine(day, time(), UTC)
    return [midnight + quarter * SLOT for quarter, used in sorted(minutes.items()) if used > _QUARTER / 2]


def load_of(size: str, ram_in_gb: float, quarters: Sequence[datetime], read: MachineMetrics) -> CloudPcLoad:
    """Return the load of a day. *quarters*: the begins of the quarters of an hour in use."""
    whole = ram_in_gb * _GIB
    memory = {at: 100 * (1 - value / whole) for at, value in read.available_bytes.items()}
    return CloudPcLoad(
        size=size,
        cpu=_in_steps(read.cpu_percent[each] for each in quarters if each in read.cpu_percent),
        memory=_in_steps(memory[each] for each in quarters if each in memory),
    )


def _in_steps(values: Iterable[float]) -> dict[int, int]:
    steps = Counter(min(100 - STEP, max(0, int(value) // STEP * STEP)) for value in values)
    return dict(sorted(steps.items()))


def percentile(counted: Iterable[Mapping[int, int]], share: float) -> int:
    """Return the upper end of the step below which a *share* of all values is, of several days; 0 without any."""
    together = Counter[int]()
    for each in counted:
        together.update(each)
    wanted, seen = share * together.total(), 0
    for step, count in sorted(together.items()):
        seen += count
        if seen >= wanted:
            return step + STEP
    return 0


def _packed(loads: Mapping[str, CloudPcLoad]) -> object:
    return {pc_id: load.to_json() for pc_id, load in loads.items()}


def _read(content: Mapping[str, Any]) -> dict[str, CloudPcLoad]:
    return {pc_id: CloudPcLoad.model_validate(load) for pc_id, load in content.items()}


LOADS: DaysByCloudPc[CloudPcLoad] = DaysByCloudPc("cloudPcLoads", _packed, _read, also_empty=True)
"""The rows with the load of Cloud PCs."""
