"""Remote actions: what an admin lets happen to the machine of a Cloud PC that stays the same Cloud PC. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from shared.domain.lifecycle import WORKING, Status
from shared.domain.values import Value

_WELL = frozenset({Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS})


class Remote(StrEnum):
    """Graph's actions on a cloudPC, as far as they reach into its machine."""

    REBOOT = "reboot"
    TROUBLESHOOT = "troubleshoot"
    CHANGE_USER_ACCOUNT_TYPE = "changeUserAccountType"
    CREATE_SNAPSHOT = "createSnapshot"
    RESTORE = "restore"
    RESIZE = "resize"
    DELETE_SNAPSHOTS = "forgetSnapshots"  # ours: nobody asks for it, the time of restore points is over

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
        Remote.DELETE_SNAPSHOTS: {"forget": "Remove restore points whose time is over"},
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
    automatic: bool = False  # by the clock: it has no operation
