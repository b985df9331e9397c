"""Graph: cloudPcUserSetting, and its assignments."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.user_setting import RestorePointSetting, UserSetting
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.response_shapes import Entity
from triggers.http.views.policies import AssignmentView, assignment_view

USER_SETTINGS = Collection(
    name="userSettings",
    kinds=kinds_of(
        *("id", "displayName"),
        moments="createdDateTime lastModifiedDateTime",
        flags="selfServiceEnabled localAdminEnabled resetEnabled restorePointSetting/userRestoreEnabled",
    ),
    searched=("displayName",),
    expands=frozenset({"assignments"}),
    lacks="crossRegionDisasterRecoverySetting notificationSetting provisioningSourceType",
)


class UserSettingAssignmentView(AssignmentView, TypedDict):
    """Graph's cloudPcUserSettingAssignment."""

    createdDateTime: Timestamp


class UserSettingView(TypedDict):
    """Graph's cloudPcUserSetting."""

    id: str
    displayName: str
    selfServiceEnabled: bool
    localAdminEnabled: bool
    resetEnabled: bool
    restorePointSetting: Annotated[Json, DumpOf(RestorePointSetting)]
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp
    assignments: list[UserSettingAssignmentView]


USER_SETTING = Entity(UserSettingView)


def user_setting_view(setting: UserSetting, groups: Mapping[str, str] = MappingProxyType({})) -> UserSettingView:
    """Return user settings as Graph's. *groups*: the names of groups by id, as far as they are known."""
    return {
        "id": setting.id,
        "displayName": setting.display_name,
        "selfServiceEnabled": setting.self_service_enabled,
        "localAdminEnabled": setting.local_admin_enabled,
        "resetEnabled": setting.reset_enabled,
        "restorePointSetting": setting.restore_point_setting.to_json(),
        "createdDateTime": timestamp(setting.created_date_time),
        "lastModifiedDateTime": timestamp(setting.last_modified_date_time),
        "assignments": [
            {**assignment_view(each, groups), "createdDateTime": timestamp(each.assigned_at)}
            for each in setting.assignments
        ],
    }
