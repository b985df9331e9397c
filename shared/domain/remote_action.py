"""Remote actions: what an admin lets happen to the machine of a Cloud PC that stays the same Cloud PC. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from shared.domain.lifecycle import WORKING, Status
from shared.domain.values import Value

MOST_RESTORE_POINTS = 10
"""So many are kept of a Cloud PC (windows365.md 2.13); the oldest goes when one more is made."""

_WELL = frozenset({Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS})


class Remote(StrEnum):
    """Graph's actions on a cloudPC, as far as they reach into its machine."""

    REBOOT = "reboot"
    TROUBLESHOOT = "troubleshoot"
    CHANGE_USER_ACCOUNT_TYPE = "changeUserAccountType"
    CREATE_SNAPSHOT = "createSnapshot"
    RESTORE = "restore"
    RESIZE = "resize"

    def allows(self, status: Status) -> bool:
        """Whether a Cloud PC of *status* may have it done."""
        return status in (_WELL if self in {Remote.RESTORE, Remote.RESIZE} else WORKING)


STEPS: Mapping[Remote, Mapping[str, str]] = MappingProxyType(
    {
        Remote.REBOOT: {"restart": "Restart the machine", "answer": "Wait until Windows answers"},
        Remote.TROUBLESHOOT: {
            "examine": "Look at the machine, its agents, devices and rights",
            "repair": "Repair what can be repaired safely",
            "examineAgain": "Look again",
        },
        Remote.CHANGE_USER_ACCOUNT_TYPE: {"configure": "Change the local administrators of Windows"},
        Remote.CREATE_SNAPSHOT: {"copy": "Copy the disk", "forget": "Remove the oldest restore points"},
        Remote.RESTORE: {
            "stop": "Stop the machine",
            "makeDisk": "Make a disk of the restore point",
            "swap": "Put it into the machine",
            "start": "Start the machine",
            "answer": "Wait until Windows answers",
            "removeDisk": "Remove the disk it had before",
        },
        Remote.RESIZE: {
            "licence": "Wait for the licence",
            "findRoom": "Find room for the size",
            "stop": "Stop the machine",
            "growDisk": "Grow the disk",
            "start": "Start the machine with the size",
            "answer": "Wait until Windows answers",
            "growPartition": "Grow the partition of Windows",
        },
    }
)
"""The steps of each, with their titles, in order."""


class RemoteAction(Value):
    """One that is at work. *administrator*: what the user becomes; *restore_point_id*: made, or gone back to."""

    name: Remote
    operation_id: str
    begun_at: datetime
    administrator: bool | None = None
    restore_point_id: str | None = None


class RestorePoint(Value):
    """A moment of the disk. Only one that is ready can be gone back to."""

    id: str
    created_at: datetime
    status: Literal["creating", "ready"] = "creating"
    last_restored_at: datetime | None = None


class TimeRange(StrEnum):
    """Graph: restoreTimeRange. On which side of a moment a restore point is looked for."""

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
