"""Grace periods, and the removals that wait to be confirmed."""

from datetime import datetime
from typing import NotRequired

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Status
from shared.errors import ConflictError
from triggers.http.json_schema import Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of

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
    """A Cloud PC whose removal was seen and not made: why, and who has confirmed it, as far as there is one."""

    cloudPcId: str
    userPrincipalName: str
    status: Status
    cause: NotRequired[RemovalCause]
    seenAt: NotRequired[Timestamp]
    why: NotRequired[str]
    confirmedBy: NotRequired[str]


def grace_view(grace: Grace, now: datetime) -> GraceView:
    """Return a grace period as it is *now*."""
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
