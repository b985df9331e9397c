"""Views for users: their own Cloud PCs, and the settings that allow them actions."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.cloud_pcs import user_setting
from shared.domain.cloud_pcs.actions import Possibility
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.estimates import Estimates
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.progress import ADDRESS, Progress, PublishedDesktop, progress
from shared.domain.cloud_pcs.user_setting import UserSetting, UserSettingForm
from shared.domain.power.record import CloudPcPower
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.members import MemberStatus, SpotMember
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity
from triggers.http.properties import Properties, typed
from triggers.http.views.policies import AssignmentView, assignment_view
from triggers.http.views.power import PowerView, power_view

PROPERTIES = Properties(user_setting.PROPERTIES, {"": UserSettingForm})
USER_SETTINGS = Collection(
    name="userSettings",
    kinds=kinds_of("id", moments="createdDateTime lastModifiedDateTime", flags="restorePointSetting/userRestoreEnabled")
    | PROPERTIES.kinds,
    searched=PROPERTIES.searched,
    expands=frozenset({"assignments"}),
    lacks="crossRegionDisasterRecoverySetting notificationSetting provisioningSourceType",
)


class UserSettingAssignmentView(AssignmentView, TypedDict):
    """Graph's cloudPcUserSettingAssignment."""

    createdDateTime: Timestamp


UserSettingView = typed(
    "UserSettingView",
    {
        "id": str,
        **PROPERTIES.view_types(),
        "createdDateTime": Timestamp,
        "lastModifiedDateTime": Timestamp,
        "assignments": list[UserSettingAssignmentView],
    },
    "Graph's cloudPcUserSetting.",
)
USER_SETTING = Entity(UserSettingView)


def user_setting_view(setting: UserSetting, groups: Mapping[str, str] = MappingProxyType({})) -> Json:
    """Return user settings as Graph's. *groups*: the known names of groups by id."""
    return {
        "id": setting.id,
        **PROPERTIES.view(setting, setting),
        "createdDateTime": timestamp(setting.created_date_time),
        "lastModifiedDateTime": timestamp(setting.last_modified_date_time),
        "assignments": [
            {**assignment_view(each, groups), "createdDateTime": timestamp(each.assigned_at)}
            for each in setting.assignments
        ],
    }


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
    """A Cloud PC of the caller's own. *actions*: actions they may take now, and reasons against the others.

    *power*: with the time at which it stops if nobody comes, and until when it is kept awake.
    """

    id: str
    displayName: str
    status: Status
    servicePlanName: str
    computerName: str | None
    provisionedDateTime: Timestamp | None
    gracePeriodEndDateTime: Timestamp | None
    progress: Annotated[Json, DumpOf(Progress)]
    power: PowerView
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


def own_cloud_pc_view(
    pc: CloudPc, now: datetime, actions: Iterable[Possibility], estimates: Estimates, power: CloudPcPower | None
) -> OwnCloudPcView:
    """Return a Cloud PC as its user sees it."""
    return {
        "id": pc.id,
        "displayName": pc.display_name,
        "status": pc.status,
        "servicePlanName": pc.plan.display_name,
        "computerName": pc.current.resources.computer_name,
        "provisionedDateTime": timestamp(pc.provisioned_date_time),
        "gracePeriodEndDateTime": timestamp(pc.grace.ends_at) if pc.grace else None,
        "progress": progress(pc, now, estimates).to_json(),
        "power": power_view(power, now),
        "actions": [each.to_json() for each in actions],
    }


def spot_desktop_view(
    group: SpotGroup, member: SpotMember, desktop: PublishedDesktop | None, now: datetime
) -> SpotDesktopView:
    """Return a Spot Group for one of its members at *now*. *desktop*: the published desktop, None if it is unknown."""
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
