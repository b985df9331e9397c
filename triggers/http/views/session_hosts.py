"""Session hosts of Spot Groups, their sessions, and the engine's decisions: resources that Graph does not have."""

from collections.abc import Mapping
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.destroying import HeldBack
from shared.domain.spot.engine.state import Decision
from shared.domain.spot.hosts.host import (
    AppliedWindows,
    HostSeen,
    HostStatus,
    HostTask,
    HostWindows,
    ProfileContainers,
    SessionHost,
    differing_settings,
)
from shared.domain.spot.hosts.observed import HostState
from shared.domain.spot.hosts.sessions import DesktopSession
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity

SESSION_HOSTS = Collection(
    name="spotGroups/hosts",
    kinds=kinds_of(
        *("id", "status", "state", "agentStatus", "imageVersion", "size", "region", "zone", "computerName", "task"),
        *("step", "assignedUserId", "assignedUserPrincipalName", "parkedBecause", "pausedBecause", "failure"),
        moments="seenDateTime createdDateTime lastModifiedDateTime",
        numbers="activeSessions disconnectedSessions",
        flags="allowNewSession lowPriority proven excluded drainedByHand",
    ),
    searched=("id", "computerName", "assignedUserId", "assignedUserPrincipalName", "failure"),
)
SESSIONS = Collection(
    name="spotGroups/sessions",
    kinds=kinds_of("id", "sessionHostId", "userId", "userPrincipalName", "state", moments="beganDateTime"),
    searched=("userPrincipalName", "userId", "sessionHostId"),
)
DECISIONS = Collection(
    name="spotGroups/decisions",
    kinds=kinds_of("sessionHostId", "action", "reason", "text", moments="decidedDateTime"),
    searched=("sessionHostId", "text"),
    key=("sessionHostId", "decidedDateTime"),
)


class WarningView(TypedDict):
    """Warning of a step that failed on an existing host."""

    step: str
    message: str


class AppliedWindowsView(TypedDict):
    """The settings that the Windows of a host has, and since when."""

    profilePath: str
    profileContainers: ProfileContainers
    dataPath: str | None
    activeIdleTimeOutInMinutes: int
    disconnectedIdleTimeOutInMinutes: int
    appliedDateTime: Timestamp


class SeenHostView(TypedDict):
    """Last observation of a session host in Azure."""

    state: HostState | None
    agentStatus: str | None
    allowNewSession: bool | None
    activeSessions: int
    disconnectedSessions: int
    seenDateTime: Timestamp | None


class SessionHostView(SeenHostView):
    """A session host; *why*: the engine's latest decision about it.

    *settings*: null where nothing is known of them; *otherSettings*: those in which it differs from its group.
    *pausedBecause*: why nothing is started, stopped, built or removed now; null: nobody has paused it.
    """

    id: str
    status: HostStatus
    imageSetId: str
    imageVersion: str
    size: str | None
    region: str | None
    zone: str | None
    computerName: str | None
    lowPriority: bool
    task: HostTask | None
    step: str | None
    proven: bool | None
    excluded: bool
    drainedByHand: bool
    assignedUserId: str | None
    assignedUserPrincipalName: str | None
    keptUntilDateTime: Timestamp | None
    heldBack: Annotated[Json, DumpOf(HeldBack)] | None
    parkedBecause: str | None
    pausedBecause: str | None
    failure: str | None
    warnings: list[WarningView]
    settings: AppliedWindowsView | None
    otherSettings: list[str]
    why: str | None
    notifiedDateTime: Timestamp | None
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp


class SessionView(TypedDict):
    """A session on a host."""

    id: str
    sessionHostId: str
    userId: str | None
    userPrincipalName: str
    state: str
    beganDateTime: Timestamp | None


class DecisionView(TypedDict):
    """A decision of the engine."""

    sessionHostId: str
    action: str
    reason: str
    text: str
    decidedDateTime: Timestamp


SESSION_HOST, SESSION, DECISION = Entity(SessionHostView), Entity(SessionView), Entity(DecisionView, key=())


def _seen_view(seen: HostSeen | None) -> SeenHostView:
    return {
        "state": HostState(seen.state) if seen else None,
        "agentStatus": seen.agent if seen else None,
        "allowNewSession": seen.allow_new_sessions if seen else None,
        "activeSessions": seen.active if seen else 0,
        "disconnectedSessions": seen.disconnected if seen else 0,
        "seenDateTime": timestamp(seen.at) if seen else None,
    }


def session_host_view(
    host: SessionHost,
    why: Mapping[str, Decision],
    users: Mapping[str, str],
    wanted: HostWindows | None,
    paused: str | None,
) -> SessionHostView:
    """Return a host. *why*: the latest decision of each host; *users*: principal names by id.

    *wanted*: what the group's settings say, None: its connection is gone. *paused*: why its group stands still.
    """
    made = host.resources
    differs = differing_settings(host.applied, wanted) if wanted and host.status is HostStatus.READY else ()
    return {
        "id": host.id,
        "status": host.status,
        **_seen_view(host.seen),
        "imageSetId": host.image_set_id,
        "imageVersion": host.image_version,
        "size": made.size,
        "region": made.region,
        "zone": made.zone,
        "computerName": made.computer_name,
        "lowPriority": host.low_priority,
        "task": host.work.task if host.work else None,
        "step": host.step,
        "proven": host.proven,
        "excluded": host.excluded,
        "drainedByHand": host.drained_by_hand,
        "assignedUserId": host.assigned_user_id,
        "assignedUserPrincipalName": users.get(host.assigned_user_id) if host.assigned_user_id else None,
        "keptUntilDateTime": timestamp(host.kept_until) if host.kept_until else None,
        "heldBack": host.held_back.to_json() if host.held_back else None,
        "parkedBecause": host.parked_because,
        "pausedBecause": paused,
        "failure": host.failure.message if host.failure else None,
        "warnings": [{"step": each.step, "message": each.message} for each in host.warnings],
        "settings": _settings(host.applied) if host.applied else None,
        "otherSettings": [_SETTINGS[name] for name in differs],
        "why": why[host.id].text if host.id in why else None,
        "notifiedDateTime": timestamp(host.notified_at) if host.notified_at else None,
        "createdDateTime": timestamp(host.created_date_time),
        "lastModifiedDateTime": timestamp(host.last_modified_date_time),
    }


_SETTINGS = {
    "profile_path": "profilePath",
    "data_path": "dataPath",
    "active_minutes": "activeIdleTimeOutInMinutes",
    "disconnected_minutes": "disconnectedIdleTimeOutInMinutes",
    "kerberos": "joinType",
    "containers": "profileContainers",
}
"""Names in a group of the settings of its hosts' Windows."""


def _settings(applied: AppliedWindows) -> AppliedWindowsView:
    windows = applied.windows
    return {
        "profilePath": windows.profile_path,
        "profileContainers": windows.containers,
        "dataPath": windows.data_path,
        "activeIdleTimeOutInMinutes": windows.active_minutes,
        "disconnectedIdleTimeOutInMinutes": windows.disconnected_minutes,
        "appliedDateTime": timestamp(applied.at),
    }


def session_view(session: DesktopSession) -> SessionView:
    """Return a session."""
    return {
        "id": session.id,
        "sessionHostId": session.session_host_id,
        "userId": session.user_id,
        "userPrincipalName": session.user_principal_name,
        "state": session.state,
        "beganDateTime": timestamp(session.began) if session.began else None,
    }


def decision_view(decision: Decision) -> DecisionView:
    """Return a decision."""
    return {
        "sessionHostId": decision.session_host_id,
        "action": decision.action.value,
        "reason": decision.reason.value,
        "text": decision.text,
        "decidedDateTime": timestamp(decision.at),
    }
