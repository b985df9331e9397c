"""Views of remote actions: restore points (Graph: cloudPcSnapshot), and whether Cloud PCs can be resized."""

from collections.abc import Mapping
from typing import Literal

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from triggers.http.json_schema import Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.response_shapes import Entity


class RestorePointView(TypedDict):
    """Graph's cloudPcSnapshot."""

    id: str
    cloudPcId: str
    createdDateTime: Timestamp
    lastRestoredDateTime: Timestamp | None
    expirationDateTime: Timestamp | None
    status: Literal["ready"]
    snapshotType: Literal["automatic", "manual"]
    healthCheckStatus: Literal["unknown"]


SNAPSHOTS = Collection(
    name="snapshots",
    kinds=kinds_of(
        *("id", "cloudPcId", "status", "snapshotType", "healthCheckStatus"),
        moments="createdDateTime lastRestoredDateTime expirationDateTime",
    ),
)
SNAPSHOT = Entity(RestorePointView)


class RestorePointsView(TypedDict):
    """The restore points of a Cloud PC."""

    value: list[RestorePointView]


class ResizeVerdictView(TypedDict):
    """Graph's cloudPcResizeValidationResult."""

    cloudPcId: str
    validationResult: str


class ResizeVerdictsView(TypedDict):
    """Whether each of many Cloud PCs could be resized."""

    value: list[ResizeVerdictView]


def restore_points_view(pc: CloudPc) -> list[RestorePointView]:
    """Return the restore points of a Cloud PC that it can go back to, newest first."""
    return [
        {
            "id": point.id,
            "cloudPcId": pc.id,
            "createdDateTime": timestamp(point.created_at),
            "lastRestoredDateTime": timestamp(point.last_restored_at),
            "expirationDateTime": timestamp(point.expires_at),
            "status": "ready",
            "snapshotType": "automatic" if point.automatic else "manual",
            "healthCheckStatus": "unknown",
        }
        for point in reversed(pc.current.restore_points)
        if point.status == "ready"
    ]


def resize_verdicts_view(verdicts: Mapping[str, str]) -> ResizeVerdictsView:
    """Return Graph's code for each Cloud PC (id)."""
    return {"value": [{"cloudPcId": each, "validationResult": str(code)} for each, code in verdicts.items()]}
