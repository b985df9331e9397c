"""Restore points: which are made by schedule, which are kept, and which is nearest to a moment. Pure."""

import zlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from shared.domain.values import Value

MOST = 10
"""Most restore points of a Cloud PC kept that are made by hand, and of the newest made by schedule."""

WEEKS = 4
"""For how many weeks the first of each week made by schedule is kept (docs/notes/windows365.md 2.13)."""

BY_HAND_KEPT = timedelta(days=28)

Frequency = Literal[4, 6, 12, 16, 24]
"""Hours; Graph: cloudPcRestorePointFrequencyType."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RestorePoint(Value):
    """A restore point of a disk; it can be restored once it is ready. *automatic*: made by schedule."""

    id: str
    created_at: datetime
    status: Literal["creating", "ready"] = "creating"
    last_restored_at: datetime | None = None
    automatic: bool = False

    @property
    def expires_at(self) -> datetime | None:
        """Expiry time; None for a scheduled one, which is removed after enough newer ones."""
        return None if self.automatic else self.created_at + BY_HAND_KEPT


class TimeRange(StrEnum):
    """Graph: restoreTimeRange. On which side of a moment to search."""

    BEFORE = "before"
    AFTER = "after"
    BEFORE_OR_AFTER = "beforeOrAfter"


def nearest(points: Iterable[RestorePoint], at: datetime, side: TimeRange) -> RestorePoint | None:
    """Return the ready restore point that is nearest to a moment, None when there is none on that *side* of it."""
    sides: dict[TimeRange, Callable[[RestorePoint], bool]] = {
        TimeRange.BEFORE: lambda point: point.created_at <= at,
        TimeRange.AFTER: lambda point: point.created_at >= at,
        TimeRange.BEFORE_OR_AFTER: lambda _: True,
    }
    ready = [point for point in points if point.status == "ready" and sides[side](point)]
    return min(ready, key=lambda point: abs(point.created_at - at), default=None)


def obsolete(points: Sequence[RestorePoint], at: datetime) -> tuple[str, ...]:
    """Return the ids of *points* (oldest first) that need not be kept.

    Those made by hand and by schedule are counted apart.
    """
    by_hand = [point for point in points if not point.automatic]
    clocked = [point for point in points if point.automatic]
    firsts = {point.created_at.isocalendar()[:2]: point.id for point in reversed(clocked)}
    kept = {point.id for point in by_hand[-MOST:] if at < point.created_at + BY_HAND_KEPT}
    kept |= {point.id for point in clocked[-MOST:]} | {firsts[week] for week in sorted(firsts)[-WEEKS:]}
    return tuple(point.id for point in points if point.id not in kept)


def next_moment(cloud_pc_id: str, every: timedelta, at: datetime) -> datetime:
    """Return when the next one of a Cloud PC is made, after *at*: each has its own minute, and always the same one."""
    offset = timedelta(minutes=zlib.crc32(cloud_pc_id.encode()) % int(every.total_seconds() // 60))
    return at + every - (at - _EPOCH - offset) % every


def is_time(points: Iterable[RestorePoint], every: timedelta, at: datetime) -> bool:
    """Whether one is to be made: the newest by schedule is older than half of *every*."""
    newest = max((point.created_at for point in points if point.automatic), default=None)
    return newest is None or at - newest > every / 2
