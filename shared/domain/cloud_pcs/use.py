"""Use of Cloud PCs by day: minutes active and disconnected, connections, and the last sign-in. Pure.

It rests on readings of sessions some minutes apart. The time between two readings counts as the earlier one was.
Minutes on are in the ledger of the tenant (`shared/domain/cost/ledger.py`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.domain.usage import DaysByCloudPc, UsageDay
from shared.domain.values import Value

EVERY = timedelta(minutes=15)
"""Time between two readings."""

LONGEST = 2 * EVERY
"""A longer time between two readings was not observed: it is a gap, and counts for nothing."""


class SeenUse(Value):
    """State of a Cloud PC at one reading. *began*: when its newest session began."""

    active: bool = False
    disconnected: bool = False
    began: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether there is a session."""
        return self.active or self.disconnected


class CloudPcUse(Value):
    """The use of one Cloud PC on one day of UTC, and how it was at the latest reading.

    *recorded_minutes*: how many minutes of the day were observed. *connections*: sessions that began, and sessions to
    which their user has come back.
    """

    recorded_minutes: int = 0
    minutes_active: int = 0
    minutes_disconnected: int = 0
    connections: int = 0
    read_at: datetime
    seen: SeenUse
    last_login: datetime | None = None
    last_logoff: datetime | None = None

    def until(self, at: datetime) -> "CloudPcUse":
        """Return the day with the minutes until the next reading, *at* a time."""
        passed = at - self.read_at
        minutes = round(passed / timedelta(minutes=1)) if passed <= LONGEST else 0
        return self.but(
            recorded_minutes=self.recorded_minutes + minutes,
            minutes_active=self.minutes_active + minutes * self.seen.active,
            minutes_disconnected=self.minutes_disconnected
            + minutes * (self.seen.disconnected and not self.seen.active),
        )

    def next_day(self) -> "CloudPcUse":
        """Return the beginning of the next day: nothing is counted yet."""
        return CloudPcUse(
            read_at=self.read_at, seen=self.seen, last_login=self.last_login, last_logoff=self.last_logoff
        )

    def read(self, seen: SeenUse, at: datetime) -> "CloudPcUse":
        """Return the day after a reading."""
        return self.but(
            connections=self.connections + _connected(self.seen, seen),
            read_at=at,
            seen=seen,
            last_login=_last_login(self, seen, at),
            last_logoff=at if self.seen.open and not seen.open else self.last_logoff,
        )

    def together(self, other: "CloudPcUse") -> "CloudPcUse":
        """Return the use of two days; *other* is the later one."""
        return other.but(
            recorded_minutes=self.recorded_minutes + other.recorded_minutes,
            minutes_active=self.minutes_active + other.minutes_active,
            minutes_disconnected=self.minutes_disconnected + other.minutes_disconnected,
            connections=self.connections + other.connections,
        )


def first_use(seen: SeenUse, at: datetime) -> CloudPcUse:
    """Return the use of a Cloud PC that is read for the first time; a session that is there already counts."""
    return CloudPcUse(read_at=at, seen=seen, connections=int(seen.open), last_login=seen.began)


def _connected(before: SeenUse, seen: SeenUse) -> int:
    new = seen.open and seen.began != before.began
    return int(new or (seen.active and not before.active))


def _last_login(before: CloudPcUse, seen: SeenUse, at: datetime) -> datetime | None:
    if not _connected(before.seen, seen):
        return before.last_login
    new = seen.began is not None and seen.began != before.seen.began
    return seen.began if new else at


def after_reading(before: CloudPcUse | None, seen: SeenUse, at: datetime) -> tuple[CloudPcUse | None, CloudPcUse]:
    """Return the use of an earlier day that ends with this reading, or None, and the use of this day.

    The time over midnight counts for the day in which it begins.
    """
    if before is None:
        return None, first_use(seen, at)
    counted = before.until(at)
    if before.read_at.date() == at.date():
        return None, counted.read(seen, at)
    return counted, counted.next_day().read(seen, at)


def _read(content: Mapping[str, Any]) -> dict[str, CloudPcUse]:
    return {pc_id: CloudPcUse.model_validate(use) for pc_id, use in content.items()}


def _packed(uses: Mapping[str, CloudPcUse]) -> object:
    return {pc_id: use.to_json() for pc_id, use in uses.items()}


USES: DaysByCloudPc[CloudPcUse] = DaysByCloudPc("cloudPcs", _packed, _read)
"""The rows with the use of Cloud PCs."""


def totals(rows: Iterable[UsageDay]) -> dict[str, CloudPcUse]:
    """Return the use of each Cloud PC in several days. *rows*: in the order of their days."""
    found: dict[str, CloudPcUse] = {}
    for row in rows:
        for pc_id, use in USES.values(row).items():
            found[pc_id] = found[pc_id].together(use) if pc_id in found else use
    return found
