"""Views of remote actions, of grace periods, and of orphans."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, NotRequired

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.orphans import Looked, Missing, Orphan, OrphanScan, OrphanType, dismissable
from shared.errors import ConflictError
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity


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


REMOVALS = Collection(
    name="removals",
    kinds=kinds_of("cloudPcId", "userPrincipalName", "status", "cause", "why", "confirmedBy", moments="seenAt"),
    searched=("userPrincipalName", "why"),
    key=("cloudPcId",),
)


class GraceView(TypedDict):
    """A grace period: whether it stands still (*held*), and the seconds that are left of it."""

    cause: RemovalCause
    startDateTime: Timestamp
    endDateTime: Timestamp
    held: bool
    secondsLeft: int


class GraceChangeView(GraceView, TypedDict):
    """The grace period of a Cloud PC after a change."""

    cloudPcId: str
    status: Status


class PendingRemovalView(TypedDict):
    """A Cloud PC whose removal waits for a confirmation: its cause and reason, and who has confirmed it."""

    cloudPcId: str
    userPrincipalName: str
    status: Status
    cause: NotRequired[RemovalCause]
    seenAt: NotRequired[Timestamp]
    why: NotRequired[str]
    confirmedBy: NotRequired[str]


def grace_view(grace: Grace, now: datetime) -> GraceView:
    """Return the view of a grace period at *now*."""
    left = grace.ends_at - (grace.held_at or now)
    return {
        "cause": grace.cause,
        "startDateTime": timestamp(grace.started_at),
        "endDateTime": timestamp(grace.ends_at),
        "held": grace.held_at is not None,
        "secondsLeft": max(0, int(left.total_seconds())),
    }


def grace_change_view(pc: CloudPc, now: datetime) -> GraceChangeView:
    """Return the grace period of a Cloud PC with its id and status. Raises: ConflictError when there is none."""
    if pc.grace is None:
        raise ConflictError("it has no grace period", status=pc.status.value)
    return {"cloudPcId": pc.id, "status": pc.status, **grace_view(pc.grace, now)}


def pending_removal_view(pc: CloudPc) -> PendingRemovalView:
    """Return a Cloud PC with its removal, if there is one."""
    view: PendingRemovalView = {
        "cloudPcId": pc.id,
        "userPrincipalName": pc.user.user_principal_name,
        "status": pc.status,
    }
    if pc.removal is not None:
        view |= {"cause": pc.removal.cause, "seenAt": timestamp(pc.removal.seen_at), "why": pc.removal.why}
        if pc.removal.confirmed_by is not None:
            view["confirmedBy"] = pc.removal.confirmed_by
    return view


ORPHANS = Collection(
    name="orphans",
    kinds=kinds_of(
        *("id", "type", "name", "resourceId", "cloudPcId", "sessionHostId", "spotGroupId", "why"),
        moments="since lastSeenAt removableFrom",
        flags="removable",
    ),
    searched=("name", "resourceId", "why"),
    own=("type", "cloudPcId"),
)


class OrphanView(TypedDict):
    """An orphan. *removable*: whether it may be removed now."""

    id: str
    type: OrphanType
    resourceId: str
    name: str
    cloudPcId: str | None
    sessionHostId: str | None
    spotGroupId: str | None
    since: Timestamp
    lastSeenAt: Timestamp
    why: str
    advice: str
    removable: bool
    removableFrom: Timestamp | None


class OrphanScanView(TypedDict):
    """The last scan. *complete*: whether every area was read; *missing*: shared resources that no longer exist."""

    startedAt: Timestamp
    endedAt: Timestamp | None
    complete: bool
    lookedAt: list[Annotated[Json, DumpOf(Looked)]]
    missing: list[Annotated[Json, DumpOf(Missing)]]


def orphan_view(orphan: Orphan, now: datetime) -> OrphanView:
    """Return the view of an orphan at *now*."""
    removable = orphan.removable_from is not None and orphan.removable_from <= now
    return {
        "id": orphan.id,
        "type": orphan.found.type,
        "resourceId": orphan.found.resource_id,
        "name": orphan.found.name,
        "cloudPcId": orphan.found.cloud_pc_id,
        "sessionHostId": orphan.found.session_host_id,
        "spotGroupId": orphan.found.spot_group_id,
        "since": timestamp(orphan.since),
        "lastSeenAt": timestamp(orphan.last_seen_at),
        "why": orphan.why,
        "advice": orphan.advice,
        "removable": removable or dismissable(orphan),
        "removableFrom": timestamp(orphan.removable_from),
    }


def orphan_scan_view(scan: OrphanScan) -> OrphanScanView:
    """Return the areas of a scan, and the missing resources that it found."""
    return {
        "startedAt": timestamp(scan.started_at),
        "endedAt": timestamp(scan.ended_at),
        "complete": scan.complete,
        "lookedAt": [each.to_json() for each in scan.looked_at],
        "missing": [each.to_json() for each in scan.missing],
    }
