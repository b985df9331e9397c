"""Graph: cloudPcUserSetting, and its assignments."""

from collections.abc import Mapping
from types import MappingProxyType

from typing_extensions import TypedDict

from shared.domain.cloud_pcs import user_setting
from shared.domain.cloud_pcs.user_setting import UserSetting, UserSettingForm
from triggers.http.json_schema import Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.properties import Properties, typed
from triggers.http.response_shapes import Entity
from triggers.http.views.policies import AssignmentView, assignment_view

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
    """Return user settings as Graph's. *groups*: the names of groups by id, as far as they are known."""
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
