"""What a Spot Group's settings mean for the Windows of its hosts, and how a host differs from that. Pure."""

from __future__ import annotations

from datetime import datetime

from shared.domain.networks.connection import JoinType
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.observed import SettingsDrift
from shared.domain.values import Value

_NEEDS_EMPTY = frozenset({"profile_path", "kerberos"})
"""What must not change under a session: the profile of a user who works stays on the share that it was opened from."""


class HostWindows(Value):
    """What is configured in the Windows of a host. *kerberos*: the profiles' share is reached with Entra's tickets."""

    profile_path: str
    data_path: str | None = None
    active_minutes: int
    disconnected_minutes: int
    kerberos: bool


class AppliedWindows(Value):
    """What was configured in the Windows of a host, and when."""

    windows: HostWindows
    at: datetime


def windows_of(group: SpotGroup, join_type: JoinType) -> HostWindows:
    """Return what the settings of a group say for hosts that join by *join_type*."""
    return HostWindows(
        profile_path=group.profile_path,
        data_path=group.data_path,
        active_minutes=group.sessions.active_idle_time_out_in_minutes,
        disconnected_minutes=group.sessions.disconnected_idle_time_out_in_minutes,
        kerberos=join_type is JoinType.AZURE_AD_JOIN,
    )


def differing_settings(applied: AppliedWindows | None, wanted: HostWindows) -> tuple[str, ...]:
    """Return the names of the settings that a host has otherwise; all, where nothing is known of it."""
    names = HostWindows.model_fields
    if applied is None:
        return tuple(names)
    return tuple(name for name in names if getattr(applied.windows, name) != getattr(wanted, name))


def settings_drift(applied: AppliedWindows | None, wanted: HostWindows) -> SettingsDrift:
    """Return whether a host has other settings than its group, and when they may be changed."""
    names = set(differing_settings(applied, wanted))
    if not names:
        return SettingsDrift.NONE
    return SettingsDrift.WHEN_EMPTY if names & _NEEDS_EMPTY else SettingsDrift.AT_ONCE
