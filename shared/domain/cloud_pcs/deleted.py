"""Deleted Cloud PCs: their disks are copied before they are removed, and the copies are kept for a time. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.machines.kept_disk import KeptDisk
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.values import Value

TRIED_FOR = timedelta(days=7)
"""The time for which a removal waits for a copy that Azure refuses; then the disk is removed without one."""

BEGUN_WITHIN = timedelta(hours=1)
"""The time for which a copy that somebody has asked for stays, although no build uses it yet."""


class DeletedStatus(StrEnum):
    """Statuses of a deleted Cloud PC."""

    COPYING = "copying"  # its disk is being copied, and its removal waits
    KEPT = "kept"
    REMOVING = "removing"


class DeletedCloudPc(Value):
    """A machine of a Cloud PC that was removed, and the copy of its OS disk.

    *cloud_pc_id*, *user*, *plan*, *display_name*: of the Cloud PC at that time. *joined_domain*: whether the computer
    was a member of a domain. *begun_at*: when the copy was first tried; *problem*: why it is not there yet.
    *wanted_by*: the Cloud PC that is to be built from it, and *wanted_at* when that was asked for last.
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
    wanted_by: str | None = None
    wanted_at: datetime | None = None

    def looks_at(self, now: datetime) -> datetime | None:
        """Return when the end of its time is looked at again, None when it has come."""
        copying = self.status is DeletedStatus.COPYING
        end = max(self.kept_until, self.begun_at + TRIED_FOR + timedelta(days=1)) if copying else self.kept_until
        return end if now < end else None

    def used_by(self, pc: CloudPc | None, now: datetime) -> bool:
        """Whether a build of *pc*, the Cloud PC that wants it, needs the copy, or may begin just now."""
        if self.wanted_at is not None and now - self.wanted_at < BEGUN_WITHIN:
            return True
        return pc is not None and any(
            build.unfinished and build.disk is not None and build.disk.deleted_id == self.id for build in pc.builds
        )


def deleted_id(cloud_pc_id: str, disk_id: str, made_at: str) -> str:
    """Return the id of a deleted Cloud PC: always the same for one disk, and another for a later disk of its name."""
    return naming.derived_id("deletedCloudPc", cloud_pc_id, disk_id.casefold(), made_at).replace("-", "")[:20]
