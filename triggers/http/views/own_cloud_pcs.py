"""A user's own Cloud PCs and Spot desktops, as the user sees them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.actions import Possibility
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.progress import Progress, progress
from shared.domain.cloud_pcs.sign_in import ADDRESS, PublishedDesktop
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.members import MemberStatus, SpotMember
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of

OWN_CLOUD_PCS = Collection(
    name="me/cloudPCs",
    kinds=kinds_of(
        *("id", "displayName", "status", "servicePlanName", "computerName"),
        moments="provisionedDateTime gracePeriodEndDateTime",
    ),
    searched=("displayName", "computerName"),
)
SPOT_DESKTOPS = Collection(
    name="me/spotDesktops",
    kinds=kinds_of("id", "displayName", "status", flags="maySignIn"),
    searched=("displayName",),
)


class OwnCloudPcView(TypedDict):
    """A Cloud PC of the caller's own. *actions*: what they may do with it now, and why not."""

    id: str
    displayName: str
    status: Status
    servicePlanName: str
    computerName: str | None
    provisionedDateTime: Timestamp | None
    gracePeriodEndDateTime: Timestamp | None
    progress: Annotated[Json, DumpOf(Progress)]
    actions: list[Annotated[Json, DumpOf(Possibility)]]


class SpotDesktopView(TypedDict):
    """A Spot Group of which the caller is a member.

    *address*: opens the desktop in a browser, *appAddress* in the Windows App. None: they may not sign in yet.
    """

    id: str
    displayName: str
    description: str
    status: MemberStatus
    maySignIn: bool
    address: str | None
    appAddress: str | None


def own_cloud_pc_view(pc: CloudPc, now: datetime, actions: Iterable[Possibility]) -> OwnCloudPcView:
    """Return a Cloud PC as its user sees it."""
    return {
        "id": pc.id,
        "displayName": pc.display_name,
        "status": pc.status,
        "servicePlanName": pc.plan.display_name,
        "computerName": pc.current.resources.computer_name,
        "provisionedDateTime": timestamp(pc.provisioned_date_time),
        "gracePeriodEndDateTime": timestamp(pc.grace.ends_at) if pc.grace else None,
        "progress": progress(pc, now).to_json(),
        "actions": [each.to_json() for each in actions],
    }


def spot_desktop_view(
    group: SpotGroup, member: SpotMember, desktop: PublishedDesktop | None, now: datetime
) -> SpotDesktopView:
    """Return a Spot Group as one of its members sees it *now*. *desktop*: as it is published; None: it is not known."""
    may_sign_in = member.may_sign_in(now)
    place = desktop if may_sign_in else None
    page = ADDRESS if may_sign_in else None
    return {
        "id": group.id,
        "displayName": group.friendly_name or group.display_name,
        "description": group.description,
        "status": member.status,
        "maySignIn": may_sign_in,
        "address": place.address if place else page,
        "appAddress": place.app_address(member.user_principal_name) if place else None,
    }
