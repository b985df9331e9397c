"""Deleted Cloud PCs whose disks are kept: of the user of the usual Cloud PC, and of another user."""

from __future__ import annotations

from datetime import timedelta

from shared.domain.cloud_pcs.cloud_pc import User
from shared.domain.cloud_pcs.deleted import DeletedCloudPc, DeletedStatus
from shared.domain.machines.kept_disk import KeptDisk
from tests.integration import things

_PC = things.cloud_pc()
ID = "0de1e7ed"
DELETED = DeletedCloudPc(
    id=ID,
    tenant_id=things.TENANT_ID,
    cloud_pc_id=_PC.id,
    user=_PC.user,
    plan=_PC.plan,
    display_name=_PC.display_name,
    status=DeletedStatus.KEPT,
    disk=KeptDisk(
        deleted_id=ID,
        snapshot_id=f"/subscriptions/{things.SUBSCRIPTION}/resourceGroups/desks"
        f"/providers/Microsoft.Compute/snapshots/cpc-{_PC.id}-kept-{ID}",
        region="westeurope",
        size_in_gb=128,
        computer_name="CPC-ADA-GONE1",
    ),
    begun_at=things.NOW,
    deleted_at=things.NOW,
    kept_until=things.NOW + timedelta(days=7),
)
OTHERS = DELETED.but(
    id="0de1e7ee", cloud_pc_id="0" * 20, user=User(id="bob", user_principal_name="bob@contoso.example"), policy_id="p1"
)
COPIES = (("deleted_cloud_pcs", DELETED), ("deleted_cloud_pcs", OTHERS))
TAKES_OWN, TAKES_OTHERS = {"deletedCloudPcId": DELETED.id}, {"deletedCloudPcId": OTHERS.id}
