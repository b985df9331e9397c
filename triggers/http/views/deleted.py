"""Views of deleted Cloud PCs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.cloud_pcs.deleted import DeletedCloudPc, DeletedStatus
from triggers.http.json_schema import Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of

DELETED_CLOUD_PCS = Collection(
    name="deletedCloudPCs",
    kinds=kinds_of(
        *("id", "cloudPcId", "displayName", "userPrincipalName", "servicePlanName", "managedDeviceName", "status"),
        moments="deletedDateTime expirationDateTime",
        numbers="diskSizeInGB",
    ),
    searched=("displayName", "userPrincipalName", "managedDeviceName"),
    order="deletedDateTime desc",
)


class DeletedCloudPcView(TypedDict):
    """A machine that was removed, and the copy of its disk, which is kept until *expirationDateTime*.

    *cloudPcId*, *displayName*, *servicePlanName* and the user are those of its Cloud PC at that time.
    """

    id: str
    cloudPcId: str
    displayName: str
    userId: str
    userPrincipalName: str
    servicePlanId: str
    servicePlanName: str
    provisioningPolicyId: str | None
    provisioningPolicyName: str | None
    managedDeviceName: str
    status: DeletedStatus
    deletedDateTime: Annotated[Timestamp | None, Field(description="When its disk had been copied.")]
    expirationDateTime: Timestamp
    diskSizeInGB: int
    snapshotResourceId: str
    problem: Annotated[str | None, Field(description="Why its disk is not copied yet.")]


def deleted_cloud_pc_view(deleted: DeletedCloudPc) -> DeletedCloudPcView:
    """Return a deleted Cloud PC; its tenant is in the address."""
    return {
        "id": deleted.id,
        "cloudPcId": deleted.cloud_pc_id,
        "displayName": deleted.display_name,
        "userId": deleted.user.id,
        "userPrincipalName": deleted.user.user_principal_name,
        "servicePlanId": deleted.plan.id,
        "servicePlanName": deleted.plan.display_name,
        "provisioningPolicyId": deleted.policy_id,
        "provisioningPolicyName": deleted.policy_name,
        "managedDeviceName": deleted.disk.computer_name,
        "status": deleted.status,
        "deletedDateTime": timestamp(deleted.deleted_at),
        "expirationDateTime": timestamp(deleted.kept_until),
        "diskSizeInGB": deleted.disk.size_in_gb,
        "snapshotResourceId": deleted.disk.snapshot_id,
        "problem": deleted.problem,
    }
