"""The record of a Cloud PC when a remote action begins. Pure."""

from __future__ import annotations

from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Event
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.machines.restore_points import RestorePoint


def begun(pc: CloudPc, action: RemoteAction) -> CloudPc:
    """Return *pc* with *action* at work; its future resources are recorded before they are made."""
    after = pc.but(action=action, last_modified_date_time=action.begun_at)
    if action.name is Remote.CREATE_SNAPSHOT and action.restore_point_id is not None:
        point = RestorePoint(id=action.restore_point_id, created_at=action.begun_at, automatic=action.automatic)
        return after.with_current(restore_points=(*pc.current.restore_points, point))
    if action.name is Remote.RESTORE:
        disk = naming.restored_disk_name(pc.id, action.operation_id)
        return after.with_current(disks=(*pc.current.disks, disk)).after(Event.RESTORE_BEGUN, at=action.begun_at)
    if action.temporary_size is not None:
        return after.with_current(temporary_size=action.temporary_size)
    return after
