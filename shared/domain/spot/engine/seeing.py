"""Conversions from Azure's reports to observations of a host, and from records to the engine's input. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field

from shared.domain.spot.engine.forecasts import KEPT, StartTimes, learned
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.spot.groups.group import LicenseType, SpotGroup
from shared.domain.spot.groups.settings import SeatSettings
from shared.domain.spot.groups.target import ARRIVALS, GroupTarget, Release
from shared.domain.spot.hosts.host import HostSeen, HostStatus, HostTask, HostWindows, SessionHost, settings_drift
from shared.domain.spot.hosts.observed import SERVES, AgentStatus, HostState, ObservedHost, SettingsDrift
from shared.domain.spot.hosts.release import OPEN, SpotRelease
from shared.domain.values import Value

_FORGIVEN_AFTER = timedelta(minutes=30)
"""A host that has served for so long is no longer under repair: its restarts are forgotten."""


class Power(StrEnum):
    """The power of a VM, in Azure's words; ``hibernated`` and ``gone`` are ours."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DEALLOCATING = "deallocating"
    DEALLOCATED = "deallocated"
    HIBERNATED = "hibernated"
    GONE = "gone"


class HostReport(Value):
    """Azure's report on one host. *power*: None where it was not asked. *registered*: whether the pool has it.

    *active*, *disconnected*: its sessions; *began*: when each of them did, as far as Azure says.
    """

    registered: bool = True
    agent: AgentStatus = AgentStatus.UNKNOWN
    power: Power | None = None
    allow_new_sessions: bool = True
    active: int = Field(0, ge=0)
    disconnected: int = Field(0, ge=0)
    began: tuple[datetime, ...] = ()


_OFF = {Power.DEALLOCATED: HostState.STOPPED, Power.HIBERNATED: HostState.HIBERNATED}
_RESTS = {**_OFF, Power.STOPPED: HostState.SHUT_DOWN}
_STARTABLE = frozenset({HostState.STOPPED, HostState.HIBERNATED, HostState.SHUT_DOWN, HostState.STARTING})
_OTHER_SETTINGS = "with other settings"
_STARTING_TASKS = frozenset({HostTask.START, HostTask.RESTART, HostTask.CONFIGURE})
_STOPPING_TASKS = frozenset({HostTask.STOP, HostTask.HIBERNATE})


def asks_power(host: SessionHost, agent: AgentStatus) -> bool:
    """Whether the power state must be read: an agent that serves proves that its host runs; a stopped one stays off."""
    if agent in SERVES:
        return False
    seen = host.seen
    resting = seen is not None and seen.state in {HostState.STOPPED, HostState.HIBERNATED}
    return not resting or host.work is not None or (seen is not None and seen.agent != agent)


def seen_after(host: SessionHost, report: HostReport, at: datetime) -> HostSeen:
    """Return the observation of a host after a report; values that have not changed keep their times."""
    state = _state(host, report)
    runs, sessions = state is HostState.RUNNING, report.active + report.disconnected
    before = host.seen or HostSeen(at=at, state=state, agent=report.agent, since=at, active=1, disconnected=0)
    ran = host.seen is not None and before.state == HostState.RUNNING
    was_empty = not before.active + before.disconnected and (ran or not runs)
    return HostSeen(
        at=at,
        state=state,
        agent=report.agent,
        since=before.since if (before.state, before.agent) == (state, report.agent) else at,
        allow_new_sessions=report.allow_new_sessions,
        active=report.active,
        disconnected=report.disconnected,
        signed_in_lately=sum(1 for began in report.began if began > at - ARRIVALS),
        empty_since=None if sessions else (was_empty and before.empty_since) or at,
        inactive_since=None if report.active else (not before.active and before.inactive_since) or at,
        closed_since=None
        if report.allow_new_sessions
        else (not before.allow_new_sessions and before.closed_since) or at,
        online_at=at if ran != runs else before.online_at,
    )


def _state(host: SessionHost, report: HostReport) -> HostState:
    task = host.work.task if host.work else None
    if not report.registered or report.power is Power.GONE:
        return HostState.BROKEN
    if task in _STOPPING_TASKS:
        return _OFF.get(report.power, HostState.STOPPING) if report.power else HostState.STOPPING
    if report.agent in SERVES and task is not HostTask.RESTART:
        return HostState.RUNNING
    if task in _STARTING_TASKS:
        return HostState.STARTING
    return _state_by_power(HostState(host.seen.state) if host.seen else HostState.STARTING, report.power)


def _state_by_power(before: HostState, power: Power | None) -> HostState:
    """Return the state of a host whose agent does not serve, from its power state."""
    if power is None:
        return before
    if power in _RESTS:
        return _RESTS[power]
    if power is Power.RUNNING:
        return HostState.STARTING if before in _STARTABLE else HostState.RUNNING
    return HostState.STARTING if power is Power.STARTING else HostState.STOPPING


def looked_at(host: SessionHost, seen: HostSeen) -> SessionHost:
    """Return the host with the latest observation; a notice and restarts that have served are removed.

    It is the same host when only the time of looking differs.
    """
    before, at = host.seen, seen.at
    if before is not None and before.but(at=at) == seen:
        seen = before
    sessions = seen.active + seen.disconnected
    over = not sessions or (seen.allow_new_sessions and before is not None and not before.allow_new_sessions)
    steady = seen.state == HostState.RUNNING and AgentStatus(seen.agent) in SERVES
    back = host.machine_gone and seen.state != HostState.BROKEN
    forgiven = steady and at - seen.since >= _FORGIVEN_AFTER
    return host.but(
        seen=seen,
        notified_at=None if over else host.notified_at,
        restarts=0 if forgiven else host.restarts,
        failure=None if back else host.failure,
    )


def start_took(before: HostSeen | None, seen: HostSeen) -> timedelta | None:
    """Return how long a host took to start, if it has just begun to serve; otherwise None."""
    rose = before is not None and before.state == HostState.STARTING and seen.state == HostState.RUNNING
    return seen.at - before.since if before is not None and rose else None


def build_took(host: SessionHost, seen: HostSeen) -> timedelta | None:
    """Return how long the build of a newly seen host took, or None if it waited for capacity."""
    straight = host.seen is None and host.attempt <= 1 and host.parked_since is None
    return seen.at - host.created_date_time if straight and seen.state == HostState.RUNNING else None


def observed_host(
    host: SessionHost,
    group: SpotGroup,
    wanted: HostWindows | None = None,
    *,
    silent: bool = False,
    renewed: bool = False,
) -> ObservedHost:
    """Return a host as the engine is given it. *silent*: Azure did not say how it is.

    *wanted*: what the group's settings say for its Windows; None: not known, so that it differs in nothing. *renewed*:
    a release of the group's own version is open: it takes hosts with other settings away, as those of an old version.
    """
    seen = host.seen
    state, since = _state_since(host, silent=silent)
    facts: dict[str, Any] = {} if seen is None else _facts(seen)
    drift = drift_of(host, wanted)
    version = version_of(host.image_set_id, host.image_version, group)
    return ObservedHost(
        **facts,
        id=host.id,
        version=f"{version} {_OTHER_SETTINGS}" if renewed and drift is not SettingsDrift.NONE else version,
        state=state,
        since=since,
        drained_by_hand=host.drained_by_hand,
        notified_at=host.notified_at,
        excluded=host.excluded,
        assigned_user_id=host.assigned_user_id,
        kept_until=host.kept_until,
        low_priority=host.low_priority,
        size=host.resources.size or "",
        can_hibernate=group.hosts.hibernate and not host.unable_to_hibernate,
        restarts=host.restarts,
        proven=host.proven,
        drift=SettingsDrift.NONE if renewed else drift,
        configuring=host.work is not None and host.work.task is HostTask.CONFIGURE,
        settings_failed_at=host.settings_failed_at,
        trouble=trouble_of(host),
    )


def trouble_of(host: SessionHost) -> str | None:
    """Return in a few words why a host does not work, or None if it works or the reason is unknown."""
    if host.failure is not None and (host.status is HostStatus.FAILED or host.machine_gone):
        return host.failure.message
    if host.proven is False:
        return "; ".join(each.message for each in host.warnings) or None
    if host.seen is None or host.seen.state not in {HostState.RUNNING, HostState.STARTING, HostState.BROKEN}:
        return None
    if host.seen.state == HostState.BROKEN:
        return "its machine is gone or has failed"
    return None if AgentStatus(host.seen.agent) in SERVES else f"its agent reports {host.seen.agent}"


def drift_of(host: SessionHost, wanted: HostWindows | None) -> SettingsDrift:
    """Return whether a built host has other settings than *wanted*, which are None if they are unknown."""
    if wanted is None or host.status is not HostStatus.READY:
        return SettingsDrift.NONE
    return settings_drift(host.applied, wanted)


def _facts(seen: HostSeen) -> dict[str, Any]:
    kept = dict(seen)
    for name in ("at", "state", "since"):
        kept.pop(name)
    return {**kept, "agent": AgentStatus(seen.agent)}


def _state_since(host: SessionHost, *, silent: bool) -> tuple[HostState, datetime]:
    if host.status is HostStatus.REMOVING:
        return HostState.REMOVING, host.last_modified_date_time
    if host.status is HostStatus.FAILED:
        return HostState.BROKEN, host.last_modified_date_time
    if host.status is not HostStatus.READY:
        return HostState.BUILDING, host.created_date_time
    if silent or host.seen is None:
        return HostState.UNKNOWN, host.seen.since if host.seen else host.last_modified_date_time
    return HostState(host.seen.state), host.seen.since


def has_failed(host: SessionHost) -> bool:
    """Whether a host does not work, as far as its record says: its build failed, its proof, or its agent; not busy."""
    if host.status is HostStatus.FAILED:
        return True
    if host.status is not HostStatus.READY:
        return False
    if host.seen is None:
        return host.proven is False
    silent = host.seen.state in {HostState.RUNNING, HostState.BROKEN} and AgentStatus(host.seen.agent) not in SERVES
    lost = host.seen.state == HostState.BROKEN
    return (host.proven is False or silent or lost) and not host.seen.active + host.seen.disconnected


def version_of(image_set_id: str, version: str, group: SpotGroup) -> str:
    """Return the name of an image version within a group; versions of another image set are prefixed with its id."""
    return version if image_set_id == group.image_set_id else f"{image_set_id}/{version}"


def target_of(group: SpotGroup, release: SpotRelease | None, parked: str | None) -> GroupTarget:
    """Return the number of hosts, their image version and their rules as the group should have them.

    *parked*: the reason for which nothing may happen now.
    """
    settings = group.capacity
    opened = release if release is not None and release.status in OPEN else None
    notice = timedelta(minutes=opened.sign_off_after_in_minutes) if opened else settings.notice
    return GroupTarget(
        kind=group.license_type,
        quantity=group.quantity,
        version=group.image_version,
        users_per_host=group.users_per_host,
        session_limit=group.hosts.session_limit if group.pooled else None,
        **{name: getattr(settings, name) for name in SeatSettings.model_fields},
        load_balancing=group.hosts.load_balancing,
        schedule=settings.schedule,
        scale_in=settings.scale_in,
        hibernates=group.hosts.hibernate and group.license_type is not LicenseType.POOLED,
        sizes=group.hosts.sizes,
        low_priority=settings.low_priority_hosts,
        notice=notice,
        idle=settings.idle,
        wake=settings.wake,
        keep_failed=settings.keep_failed,
        start_on_connect=group.hosts.start_on_connect and group.license_type is not LicenseType.PERSONAL_DEDICATED,
        release=_rules(opened, group) if opened else None,
        parked=parked,
    )


def renews(group: SpotGroup, release: SpotRelease | None) -> bool:
    """Whether an open release applies the group's settings by building new hosts; never for dedicated hosts."""
    is_open = release is not None and release.status in OPEN and release.renews
    return is_open and group.license_type is not LicenseType.PERSONAL_DEDICATED


def _rules(release: SpotRelease, group: SpotGroup) -> Release:
    before = version_of(release.before.image_set_id, release.before.image_version, group)
    return release.rules.but(before=before)


def start_times(state: SpotGroupState) -> StartTimes:
    """Return the durations expected by the latest starts and builds of a group."""
    assumed = StartTimes()
    return StartTimes(
        start=learned([timedelta(seconds=each) for each in state.start_seconds], assumed.start),
        build=learned([timedelta(seconds=each) for each in state.build_seconds], assumed.build),
    )


def latest(known: tuple[int, ...], more: Sequence[int]) -> tuple[int, ...]:
    """Return the latest durations, oldest first."""
    return (*known, *more)[-KEPT:]
