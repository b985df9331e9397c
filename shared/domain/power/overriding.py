"""The override of a power schedule for one Cloud PC: another schedule, or single rules, until a time. Pure."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field, create_model

from shared.domain.graph_property import annotation_of
from shared.domain.power.settings import PowerRules, PowerSchedule, PowerSettings
from shared.domain.values import Id, Value, Word

_WHOLE = frozenset({"phases", "exceptions"})
"""Rules that only a whole schedule has."""

_SINGLE: Any = {
    name: (annotation_of(field) | None, None) for name, field in PowerRules.model_fields.items() if name not in _WHOLE
}

_Rules = create_model("_Rules", __base__=Value, __module__=__name__, **_SINGLE)


class PowerOverrideForm(_Rules):
    """Rules for one Cloud PC until a time, in place of rules of its schedule; a rule that is left out stays.

    Without any rule the override ends.
    """

    power_schedule_id: Id | None = Field(None, title="Power schedule", description="In place of the policy's.")
    time_zone: Word | None = Field(None, title="Time zone", description="An IANA name, such as Europe/Berlin.")
    until_date_time: AwareDatetime | None = Field(None, title="Until", description="The end, which it has to have.")

    @property
    def changes(self) -> dict[str, Any]:
        """The rules that it changes, by Python's names."""
        return {name: value for name, value in self if name != "until_date_time" and value is not None}


class PowerOverride(PowerOverrideForm):
    """An override, the person who has made it, and its time."""

    until_date_time: AwareDatetime
    at: datetime
    by: str

    def settings(self, schedule: PowerSchedule, zone: str) -> PowerSettings:
        """Return the rules of a schedule with those that it changes; *zone*: of the Cloud PC itself."""
        changes = {name: value for name, value in self.changes.items() if name in PowerSettings.model_fields}
        return schedule.settings(zone).but(**changes)

    @property
    def about(self) -> str:
        """The name for sentences."""
        return f"overridden for it until {self.until_date_time:%Y-%m-%d %H:%M} UTC by {self.by}"


class AuditedOverride(Value):
    """An override as the audit log has it, None while there is none."""

    override: PowerOverride | None = None
