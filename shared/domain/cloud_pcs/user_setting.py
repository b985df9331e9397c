"""User settings: the rights of users on their own Cloud PCs (Graph: cloudPcUserSetting). Pure."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from pydantic import Field
from pydantic.alias_generators import to_camel

from shared.domain.graph_property import Property, edit_of
from shared.domain.policies.policy import Assignment
from shared.domain.values import Label, NamedRecord, Value


class FrequencyType(StrEnum):
    """Graph: cloudPcRestorePointFrequencyType."""

    DEFAULT = "default"
    FOUR_HOURS = "fourHours"
    SIX_HOURS = "sixHours"
    TWELVE_HOURS = "twelveHours"
    SIXTEEN_HOURS = "sixteenHours"
    TWENTY_FOUR_HOURS = "twentyFourHours"

    @property
    def every(self) -> timedelta | None:
        """Interval between restore points, or None to use the tenant's setting."""
        return _EVERY.get(self)


_EVERY = {
    FrequencyType.FOUR_HOURS: timedelta(hours=4),
    FrequencyType.SIX_HOURS: timedelta(hours=6),
    FrequencyType.TWELVE_HOURS: timedelta(hours=12),
    FrequencyType.SIXTEEN_HOURS: timedelta(hours=16),
    FrequencyType.TWENTY_FOUR_HOURS: timedelta(hours=24),
}


class RestorePointSetting(Value):
    """Graph's cloudPcRestorePointSetting."""

    frequency_type: FrequencyType = Field(
        FrequencyType.DEFAULT, description="how often restore points are made; default: as the tenant's settings say"
    )
    user_restore_enabled: bool = Field(False, description="whether users may go back to a restore point themselves")


class UserSettingForm(Value):
    """User settings to create.

    *self_service_enabled*: users may restart, rename and troubleshoot. *local_admin_enabled*: they may make themselves
    a local administrator, or a standard user again. *reset_enabled*: they may have their Cloud PC built anew.
    """

    display_name: Label
    self_service_enabled: bool = False
    local_admin_enabled: bool = False
    reset_enabled: bool = Field(False, description="whether users may have their Cloud PC built anew")
    restore_point_setting: RestorePointSetting = Field(default_factory=RestorePointSetting)


PROPERTIES = tuple(
    Property(to_camel(name), "", name, searched=name == "display_name") for name in UserSettingForm.model_fields
)
"""The properties of Graph's cloudPcUserSetting that can be set."""


UserSettingEdit = edit_of(UserSettingForm, "UserSettingEdit", "Changed properties of user settings.")


class UserSetting(NamedRecord, UserSettingForm):
    """User settings of a tenant, and the groups to whose members they apply."""

    assignments: tuple[Assignment, ...] = ()


def assigned_in(settings: Iterable[UserSetting], group_ids: frozenset[str]) -> list[tuple[UserSetting, Assignment]]:
    """Return the settings that are assigned to groups of a user, in the order in which they count: as policies."""
    found = [
        (setting, assignment)
        for setting in settings
        for assignment in setting.assignments
        if assignment.group_id in group_ids
    ]
    return sorted(found, key=lambda each: (each[1].assigned_at, each[0].id, each[1].group_id))


def applying(settings: Iterable[UserSetting], group_ids: frozenset[str]) -> UserSetting | None:
    """Return the settings that apply to a user in *group_ids*: the ones whose group was assigned first.

    None: nobody has allowed anything.
    """
    return next((setting for setting, _ in assigned_in(settings, group_ids)), None)


def own_frequencies(settings: Iterable[UserSetting]) -> list[timedelta]:
    """Return how often restore points are made for some users, where assigned settings say it; the shortest first."""
    assigned = (each.restore_point_setting.frequency_type.every for each in settings if each.assignments)
    return sorted({every for every in assigned if every is not None})
