"""User settings."""

from __future__ import annotations

from shared.domain.cloud_pcs.user_setting import UserSetting
from shared.domain.wizards.names import folded
from shared.storage.named import NamedRepository
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables

_SETTINGS = Shape(
    table="usersettings",
    noun="user setting",
    model=UserSetting,
    place=lambda setting: (setting.tenant_id, setting.id),
    columns={"display_name": lambda setting: setting.display_name},
)


def user_settings(tables: Tables) -> Repository[UserSetting]:
    """Return the repository of user settings."""
    return NamedRepository(tables, _SETTINGS, lambda setting: folded(setting.display_name))
