"""Views of maintenance windows."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.policies.maintenance_window import CloudPcMaintenanceWindow, MaintenanceWindowForm
from triggers.http.json_schema import Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity
from triggers.http.properties import typed
from triggers.http.views.policies import assignment_view
from triggers.http.views.users import UserSettingAssignmentView

MAINTENANCE_WINDOWS = Collection(
    name="maintenanceWindows",
    kinds=kinds_of(
        *("id", "displayName", "description"),
        numbers="notificationLeadTimeInMinutes",
        moments="createdDateTime lastModifiedDateTime",
    ),
    searched=("displayName", "description"),
    expands=frozenset({"assignments"}),
)
MaintenanceWindowView = typed(
    "MaintenanceWindowView",
    {
        "id": str,
        **{field.alias or name: field.annotation for name, field in MaintenanceWindowForm.model_fields.items()},
        "createdDateTime": Timestamp,
        "lastModifiedDateTime": Timestamp,
        "assignments": list[UserSettingAssignmentView],
    },
    "Graph's cloudPcMaintenanceWindow; its times are local to each Cloud PC.",
)
MAINTENANCE_WINDOW = Entity(MaintenanceWindowView)


def maintenance_window_view(window: CloudPcMaintenanceWindow, groups: Mapping[str, str] = MappingProxyType({})) -> Json:
    """Return a maintenance window; its tenant is in the address. *groups*: the known names of groups by id."""
    settable = set(MaintenanceWindowForm.model_fields)
    return {
        "id": window.id,
        **window.model_dump(mode="json", by_alias=True, include=settable),
        "createdDateTime": timestamp(window.created_date_time),
        "lastModifiedDateTime": timestamp(window.last_modified_date_time),
        "assignments": [
            {**assignment_view(each, groups), "createdDateTime": timestamp(each.assigned_at)}
            for each in window.assignments
        ],
    }
