"""Remote actions: an administrator's actions on the machine of a Cloud PC, which keeps its machine. Pure."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from pydantic import Field

from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.cloud_pcs.temporary_size import TemporarySize
from shared.domain.power.state import PowerHold
from shared.domain.values import Value, is_none

_WELL = frozenset({Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS})


class Remote(StrEnum):
    """Graph's actions on a cloudPC that change its machine."""

    REBOOT = "reboot"
    TROUBLESHOOT = "troubleshoot"
    CHANGE_USER_ACCOUNT_TYPE = "changeUserAccountType"
    CREATE_SNAPSHOT = "createSnapshot"
    RESTORE = "restore"
    RESIZE = "resize"
    POWER_ON = "powerOn"
    POWER_OFF = "powerOff"
    DELETE_SNAPSHOTS = "deleteSnapshots"  # ours, not Graph's: restore points expire
    RESIZE_TEMPORARILY = "resizeTemporarily"  # ours: to another size for a time, or back

    def allows(self, status: Status) -> bool:
        """Whether a Cloud PC of *status* may have it done."""
        return status in (_WELL if self in {Remote.RESTORE, Remote.RESIZE} else WORKING)


OPEN = "open"
"""The step in which the user may sign in again."""

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
        Remote.DELETE_SNAPSHOTS: {"forget": "Remove expired restore points"},
        Remote.RESIZE: {
            "licence": "Wait for the licence",
            "findRoom": "Find capacity for the size",
            "stop": "Stop the machine",
            "growDisk": "Grow the disk",
            "start": "Start the machine with the size",
            "answer": "Wait until Windows answers",
            "growPartition": "Grow the partition of Windows",
        },
        Remote.RESIZE_TEMPORARILY: {
            "findRoom": "Find capacity for the size",
            "close": "Let nobody sign in, and read the sessions",
            "stop": "Stop the machine",
            "start": "Start the machine with the size",
            OPEN: "Let the user sign in again",
            "answer": "Wait until Windows answers",
        },
        Remote.POWER_ON: {"start": "Start the machine", "answer": "Wait until Windows answers"},
        Remote.POWER_OFF: {
            "close": "Let nobody sign in, and read the sessions",
            "stop": "Stop the machine",
            OPEN: "Let the user sign in again, which starts the machine",
        },
    }
)
"""The steps of each, with their titles, in order."""


class RemoteAction(Value):
    """A remote action that is running.

    *administrator*: whether the user becomes one; *restore_point_id*: made, or restored. *hold*: the power that
    somebody wants; *force*: the machine is stopped even if its user is active. *rests*: the machine was off on purpose
    when the action began, and is to be off after it. *hibernates*: its memory is kept on disk when it is stopped, or
    was kept when the action began. *elsewhere*: it may start with other sizes of its plan.
    *temporary_size*: that the machine gets for a time; None: it goes back to the size of its own plan. *opened_at*: the
    beginning of the step in which its user may sign in again; orders of earlier steps are not carried out after it.
    """

    name: Remote
    operation_id: str
    begun_at: datetime
    administrator: bool | None = None
    restore_point_id: str | None = None
    hold: PowerHold | None = None
    force: bool | None = None
    rests: bool | None = None
    hibernates: bool | None = None
    elsewhere: bool | None = None
    automatic: bool = False  # scheduled: it has no operation
    temporary_size: TemporarySize | None = Field(None, exclude_if=is_none)
    opened_at: datetime | None = Field(None, exclude_if=is_none)
