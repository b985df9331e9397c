"""Deleted Cloud PCs: their disks are copied before they are removed, and the copies are kept for a time. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import User
from shared.domain.machines.kept_disk import KeptDisk
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.values import Value

TRIED_FOR = timedelta(days=7)
"""The time for which a removal waits for a copy that Azure refuses; then the disk is removed without one."""


class DeletedStatus(StrEnum):
    """Statuses of a deleted Cloud PC."""

    COPYING = "copying"  # its disk is being copied, and its removal waits
    KEPT = "kept"
    REMOVING = "removing"


class DeletedCloudPc(Value):
    """A machine of a Cloud PC that was removed, and the copy of its OS disk.

    *cloud_pc_id*, *user*, *plan*, *display_name*: of the Cloud PC at that time. *joined_domain*: whether the computer
    was a member of a domain. *begun_at*: when the copy was first tried; *problem*: why it is not there yet.
    """

    id: str
    tenant_id: str
    cloud_pc_id: str
    user: User
    plan: ServicePlan
    display_name: str
    policy_id: str | None = None
    policy_name: str | None = None
    joined_domain: bool = False
    status: DeletedStatus = DeletedStatus.COPYING
    disk: KeptDisk
    begun_at: datetime
    deleted_at: datetime | None = None
    kept_until: datetime
    problem: str | None = None

    def looks_at(self, now: datetime) -> datetime | None:
        """Return when the end of its time is looked at again, None when it has come."""
        copying = self.status is DeletedStatus.COPYING
        end = max(self.kept_until, self.begun_at + TRIED_FOR + timedelta(days=1)) if copying else self.kept_until
        return end if now < end else None


def deleted_id(cloud_pc_id: str, disk_id: str, made_at: str) -> str:
    """Return the id of a deleted Cloud PC: always the same for one disk, and another for a later disk of its name."""
    return naming.derived_id("deletedCloudPc", cloud_pc_id, disk_id.casefold(), made_at).replace("-", "")[:20]
