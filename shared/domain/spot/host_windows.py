"""Windows settings of a Spot Group's hosts, and the differences of a host from them. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shared.domain.networks.connection import JoinType
from shared.domain.spot.group import LicenseType, SpotGroup
from shared.domain.spot.observed import SettingsDrift
from shared.domain.values import Value

_NEEDS_EMPTY = frozenset({"profile_path", "kerberos", "containers"})
"""Settings that must not change under a session: a profile that is in use stays on the share of its sign-in."""


_OF_CONTAINERS = frozenset({"profile_path", "kerberos"})
"""Settings without an effect where profiles are on the host's own disk."""


class ProfileContainers(StrEnum):
    """The place of the profiles of a host."""

    ON = "on"  # in containers on the share of the group
    OFF = "off"  # on the host's own disk
    KEPT = "kept"  # as the host has it: its record does not say which


class HostWindows(Value):
    """Configuration of the Windows of a host. *kerberos*: the profiles' share is reached with Entra's tickets."""

    profile_path: str
    data_path: str | None = None
    active_minutes: int
    disconnected_minutes: int
    kerberos: bool
    containers: ProfileContainers = ProfileContainers.ON


class AppliedWindows(Value):
    """Configuration applied to the Windows of a host, and its time."""

    windows: HostWindows
    at: datetime


def windows_of(group: SpotGroup, join_type: JoinType) -> HostWindows:
    """Return the Windows settings of a group's new hosts, which join by *join_type*.

    A dedicated host has one user and is never rebuilt: profiles stay on its disk (docs/notes/spotpc-avd.md 1.9).
    """
    dedicated = group.license_type is LicenseType.PERSONAL_DEDICATED
    return HostWindows(
        profile_path=group.profile_path,
        data_path=group.data_path,
        active_minutes=group.sessions.active_idle_time_out_in_minutes,
        disconnected_minutes=group.sessions.disconnected_idle_time_out_in_minutes,
        kerberos=join_type is JoinType.AZURE_AD_JOIN,
        containers=ProfileContainers.OFF if dedicated else ProfileContainers.ON,
    )


def of_existing_host(wanted: HostWindows, applied: AppliedWindows | None) -> HostWindows:
    """Return *wanted* for a host that is there: profiles of a dedicated host stay where its user finds them."""
    if wanted.containers is ProfileContainers.ON:
        return wanted
    return wanted.but(containers=applied.windows.containers if applied else ProfileContainers.KEPT)


def differing_settings(applied: AppliedWindows | None, wanted: HostWindows) -> tuple[str, ...]:
    """Return the names of the settings that a host has otherwise; all, where nothing is known of it."""
    names = HostWindows.model_fields
    wanted = of_existing_host(wanted, applied)
    without = _OF_CONTAINERS if wanted.containers is ProfileContainers.OFF else frozenset()
    differs = [name for name in names if applied is None or getattr(applied.windows, name) != getattr(wanted, name)]
    return tuple(name for name in differs if name not in without)


def settings_drift(applied: AppliedWindows | None, wanted: HostWindows) -> SettingsDrift:
    """Return whether a host has other settings than its group, and when they may be changed."""
    names = set(differing_settings(applied, wanted))
    if not names:
        return SettingsDrift.NONE
    return SettingsDrift.WHEN_EMPTY if names & _NEEDS_EMPTY else SettingsDrift.AT_ONCE
