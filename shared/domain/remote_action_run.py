"""What the record of a Cloud PC says of a remote action that begins. Pure."""

from __future__ import annotations

from shared.domain import naming
from shared.domain.cloud_pc import CloudPc
from shared.domain.lifecycle import Event
from shared.domain.remote_action import Remote, RemoteAction
from shared.domain.restore_points import RestorePoint


def begun(pc: CloudPc, action: RemoteAction) -> CloudPc:
    """Return *pc* with *action* at work; what it will make is written down before it is made."""
    after = pc.but(action=action, last_modified_date_time=action.begun_at)
    if action.name is Remote.CREATE_SNAPSHOT and action.restore_point_id is not None:
        point = RestorePoint(id=action.restore_point_id, created_at=action.begun_at, automatic=action.automatic)
        return after.but(restore_points=(*pc.restore_points, point))
    if action.name is Remote.RESTORE:
        disk = naming.restored_disk_name(pc.id, action.operation_id)
        return after.but(disks=(*pc.disks, disk)).after(Event.RESTORE_BEGUN, at=action.begun_at)
    return after
