"""Repositories of the records that apply to groups and policies: user settings, maintenance windows, scripts."""

from __future__ import annotations

from shared.domain.cloud_pcs.user_setting import UserSetting
from shared.domain.policies.maintenance_window import CloudPcMaintenanceWindow
from shared.domain.policies.script import DeviceManagementScript, ScriptVersion
from shared.domain.wizards.fields import folded
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


_WINDOWS = Shape(
    table="maintenancewindows",
    noun="maintenance window",
    model=CloudPcMaintenanceWindow,
    place=lambda window: (window.tenant_id, window.id),
    columns={"display_name": lambda window: window.display_name},
)


def maintenance_windows(tables: Tables) -> Repository[CloudPcMaintenanceWindow]:
    """Return the repository of maintenance windows."""
    return NamedRepository(tables, _WINDOWS, lambda window: folded(window.display_name))


_SCRIPTS = Shape(
    table="scripts",
    noun="script",
    model=DeviceManagementScript,
    place=lambda script: (script.tenant_id, script.id),
    columns={"display_name": lambda script: script.display_name},
)
_SCRIPT_VERSIONS = Shape(
    table="scriptversions",
    noun="version of a script",
    model=ScriptVersion,
    place=lambda version: (version.tenant_id, version.id),
    columns={"script_id": lambda version: version.script_id},
)


def scripts(tables: Tables) -> Repository[DeviceManagementScript]:
    """Return the repository of scripts and apps."""
    return NamedRepository(tables, _SCRIPTS, lambda script: folded(script.display_name))


def script_versions(tables: Tables) -> Repository[ScriptVersion]:
    """Return the repository of the contents that scripts have had."""
    return Repository(tables, _SCRIPT_VERSIONS)
