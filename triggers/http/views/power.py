"""Views of power schedules."""

from shared.domain.power.settings import PowerSchedule, PowerScheduleForm
from triggers.http.json_schema import Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity
from triggers.http.properties import typed

POWER_SCHEDULES = Collection(
    name="powerSchedules",
    kinds=kinds_of(
        *("id", "displayName", "timeZone", "stopAction"),
        numbers="prestartInMinutes disconnectedInMinutes signedOffInMinutes warningInMinutes",
        flags="stopsInWorkingHours",
        moments="createdDateTime lastModifiedDateTime",
    ),
    searched=("displayName", "timeZone"),
)
PowerScheduleView = typed(
    "PowerScheduleView",
    {
        "id": str,
        **{field.alias or name: field.annotation for name, field in PowerScheduleForm.model_fields.items()},
        "createdDateTime": Timestamp,
        "lastModifiedDateTime": Timestamp,
    },
    "A power schedule; without a time zone its phases are in that of each Cloud PC's site.",
)
POWER_SCHEDULE = Entity(PowerScheduleView)


def power_schedule_view(schedule: PowerSchedule) -> Json:
    """Return a power schedule; its tenant is in the address."""
    return {
        "id": schedule.id,
        **schedule.form.model_dump(mode="json", by_alias=True),
        "createdDateTime": timestamp(schedule.created_date_time),
        "lastModifiedDateTime": timestamp(schedule.last_modified_date_time),
    }
