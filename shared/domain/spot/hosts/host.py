"""A session host: its record, its tasks, and the steps of a build."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import Field

from shared.domain import naming
from shared.domain.cloud_pcs.build import MACHINE_GONE, Failure, Resources, Warn
from shared.domain.destroying import HeldBack
from shared.domain.images.image import ImageSource
from shared.domain.networks.connection import JoinType
from shared.domain.spot.groups.group import LicenseType, SpotGroup
from shared.domain.spot.hosts.observed import SettingsDrift
from shared.domain.values import Value
from shared.errors import ConflictError, IllegalTransitionError

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


class HostStatus(StrEnum):
    """Status of a host; whether it runs is in ``HostSeen``."""

    PENDING = "pending"  # planned: its build may not have been started
    BUILDING = "building"
    READY = "ready"  # it has registered, and is the engine's to start and stop
    FAILED = "failed"  # its build was given up: what it made is removed
    REMOVING = "removing"


class HostEvent(StrEnum):
    """Events of a host."""

    BUILD_BEGUN = "buildBegun"
    PARKED = "parked"  # no capacity, no quota, no healthy connection
    BUILT = "built"
    GAVE_UP = "gaveUp"
    REMOVAL_BEGUN = "removalBegun"
    KEPT = "kept"  # its user is in the group again, or nobody says that they are not: nothing of it is removed yet
    ADOPTED = "adopted"  # its machine works, and the record is older than the end of its build


HOST_TRANSITIONS: Mapping[tuple[HostStatus, HostEvent], HostStatus] = MappingProxyType(
    {
        (HostStatus.PENDING, HostEvent.BUILD_BEGUN): HostStatus.BUILDING,
        (HostStatus.BUILDING, HostEvent.BUILD_BEGUN): HostStatus.BUILDING,
        (HostStatus.BUILDING, HostEvent.PARKED): HostStatus.PENDING,
        (HostStatus.BUILDING, HostEvent.BUILT): HostStatus.READY,
        (HostStatus.BUILDING, HostEvent.GAVE_UP): HostStatus.FAILED,
        (HostStatus.PENDING, HostEvent.GAVE_UP): HostStatus.FAILED,
        (HostStatus.REMOVING, HostEvent.KEPT): HostStatus.READY,
        (HostStatus.PENDING, HostEvent.ADOPTED): HostStatus.READY,
        (HostStatus.BUILDING, HostEvent.ADOPTED): HostStatus.READY,
        **{
            (status, HostEvent.REMOVAL_BEGUN): HostStatus.REMOVING
            for status in (HostStatus.PENDING, HostStatus.BUILDING, HostStatus.READY, HostStatus.FAILED)
        },
    }
)
"""The allowed transitions; all others are refused. A host that has been removed has no record."""


def advance_host(status: HostStatus, event: HostEvent) -> HostStatus:
    """Return the status after *event*. Raises: IllegalTransitionError if the table has no such row."""
    try:
        return HOST_TRANSITIONS[status, event]
    except KeyError:
        allowed = sorted(each.value for at, each in HOST_TRANSITIONS if at is status)
        message = f"a session host that is {status.value} cannot be {event.value}"
        raise IllegalTransitionError(message, status=status.value, allowed=allowed) from None


class HostTask(StrEnum):
    """Tasks on a host; one at a time."""

    BUILD = "build"
    START = "start"
    STOP = "stop"
    HIBERNATE = "hibernate"
    RESTART = "restart"
    SIGN_OFF = "signOff"
    CONFIGURE = "configure"
    REMOVE = "remove"


class HostWork(Value):
    """The task that runs. *reason*: of the engine's decision, or who asked for it.

    *ordered_at*: when the order was given whose record is the latest of this task.
    """

    task: HostTask
    run: int
    begun_at: datetime
    reason: str = ""
    operation_id: str | None = None
    ordered_at: datetime | None = None


class HostSeen(Value):
    """Last observation of a host. *state*: of its machine; *agent*: its status in Azure Virtual Desktop.

    *since*: when one of the two became what it is; *empty_since*: when it had its last session; *inactive_since*: since
    when nobody is active on it; *closed_since*: since when it takes no new sessions; *online_at*: when it last ran, or
    since when it runs.
    """

    at: datetime
    state: str
    agent: str
    since: datetime
    allow_new_sessions: bool = True
    active: int = 0
    disconnected: int = 0
    signed_in_lately: int = 0
    empty_since: datetime | None = None
    inactive_since: datetime | None = None
    closed_since: datetime | None = None
    online_at: datetime | None = None


class SessionHost(Value):
    """A session host. *run* counts its tasks, *attempt* the tries of its build.

    *excluded*: the engine leaves it alone. *drained_by_hand*: a person drains it, the engine never reopens it.
    *kept_until*: its user has no place any more, and it goes then; None: nobody who had it has left. *held_back*: its
    removal waits for an answer about its user; None: nothing waits.
    *proven*: its profile path, its join and its agent were tried and work; None: not yet. *work*: None: nothing runs.
    *applied*: the settings that its Windows has, None: not known. *settings_failed_at*: when they were last to be
    changed, and that failed.
    """

    id: str
    tenant_id: str
    spot_group_id: str
    status: HostStatus = HostStatus.PENDING
    image_set_id: str
    image_version: str
    image: ImageSource
    sizes: tuple[str, ...] = ()
    low_priority: bool = False
    connection_id: str
    resources: Resources = Field(default_factory=Resources)
    release_id: str | None = None
    attempt: int = 0
    run: int = 0
    work: HostWork | None = None
    step: str | None = None
    parked_since: datetime | None = None
    parked_because: str | None = None
    failure: Failure | None = None
    warnings: tuple[Warn, ...] = ()
    proven: bool | None = None
    excluded: bool = False
    drained_by_hand: bool = False
    notified_at: datetime | None = None
    restarts: int = 0
    assigned_user_id: str | None = None
    kept_until: datetime | None = None
    held_back: HeldBack | None = None
    applied: AppliedWindows | None = None
    settings_failed_at: datetime | None = None
    seen: HostSeen | None = None
    created_date_time: datetime
    last_modified_date_time: datetime

    def after(self, event: HostEvent, *, at: datetime, **changes: Any) -> "SessionHost":  # noqa: ANN401 - any field
        """Return it after *event*, with *changes*. Raises: IllegalTransitionError."""
        return self.but(status=advance_host(self.status, event), **changes, last_modified_date_time=at)

    @property
    def machine_gone(self) -> bool:
        """Whether Azure has answered that its machine is not there, and nobody here has removed it."""
        return self.failure is not None and self.failure.code == MACHINE_GONE

    @property
    def unable_to_hibernate(self) -> bool:
        """Whether an attempt has shown that its machine was made without hibernation; a warning says so."""
        return any(each.step == HostTask.HIBERNATE.value for each in self.warnings)

    def found_unable_to_hibernate(self, why: str) -> "SessionHost":
        """Return the host with one warning that its machine is stopped instead of hibernated, and why."""
        if self.unable_to_hibernate:
            return self
        return self.but(warnings=(*self.warnings, Warn(step=HostTask.HIBERNATE.value, message=why)))

    def audited(self) -> dict[str, Any]:
        """Return the properties that an audit event keeps: not the observations, which change by the minute."""
        kept = self.to_json()
        return {name: value for name, value in kept.items() if name not in {"seen", "work"}}


def begin_task(
    host: SessionHost, task: HostTask, *, at: datetime, reason: str = "", operation_id: str | None = None
) -> SessionHost | None:
    """Return the host with *task* as its work; None when that runs already.

    A removal takes the place of whatever runs: that notices by its run. Raises: ConflictError when another task runs,
    IllegalTransitionError.
    """
    if host.work is not None and host.work.task is task:
        return None
    if host.work is not None and task is not HostTask.REMOVE:
        raise ConflictError(f"the host is busy: {host.work.task.value} runs", task=host.work.task.value)
    run = host.run + 1
    work = HostWork(task=task, run=run, begun_at=at, reason=reason, operation_id=operation_id)
    if task in _EVENTS:
        return host.after(_EVENTS[task], at=at, run=run, work=work)
    if host.status is not HostStatus.READY:
        raise ConflictError(f"the host is {host.status.value}, not ready", status=host.status.value)
    return host.but(run=run, work=work, last_modified_date_time=at)


def does(host: SessionHost, run: int) -> bool:
    """Whether the host's current task has the number *run*."""
    return host.work is not None and host.work.run == run


def planned_anew(host: SessionHost) -> SessionHost | None:
    """Return a restored host without the decisions made before the export, or None if it has none.

    The users of a sign-off, a restart or a notice may have left since, and others may be signed in. The build or the
    removal of a host goes on.
    """
    if host.status is not HostStatus.READY or (host.work is None and host.notified_at is None):
        return None
    return host.but(work=None, step=None, notified_at=None)


_EVENTS: Mapping[HostTask, HostEvent] = MappingProxyType(
    {HostTask.BUILD: HostEvent.BUILD_BEGUN, HostTask.REMOVE: HostEvent.REMOVAL_BEGUN}
)


def host_id(group_id: str, number: int) -> str:
    """Return the id of the nth host that was ever planned for a group: 20 hex digits; none comes twice."""
    return naming.derived_id("sessionHost", group_id, str(number)).replace("-", "")[:20]


class HostStep(StrEnum):
    """One step."""

    CLEAN_UP = "cleanUp"
    ALLOCATE_CAPACITY = "allocateCapacity"
    CREATE_VM = "createVm"
    JOIN_DIRECTORY = "joinDirectory"
    ENROLL_IN_INTUNE = "enrollInIntune"
    CONFIGURE_WINDOWS = "configureWindows"
    REGISTER = "register"
    PROVE = "prove"
    SIGN_OFF = "signOff"
    REMOVE = "remove"


TITLES: Mapping[HostStep, str] = MappingProxyType(
    {
        HostStep.CLEAN_UP: "Remove what an earlier attempt has left",
        HostStep.ALLOCATE_CAPACITY: "Allocate capacity",
        HostStep.CREATE_VM: "Create the VM",
        HostStep.JOIN_DIRECTORY: "Join the directory",
        HostStep.ENROLL_IN_INTUNE: "Enrol in Intune",
        HostStep.CONFIGURE_WINDOWS: "Configure Windows",
        HostStep.REGISTER: "Register in the host pool",
        HostStep.PROVE: "Wait until the agent serves",
        HostStep.SIGN_OFF: "Sign off who works on it",
        HostStep.REMOVE: "Remove everything that was made for it",
    }
)

CHANGE_TITLES: Mapping[HostTask, str] = MappingProxyType(
    {
        HostTask.START: "Start the host",
        HostTask.STOP: "Stop the host",
        HostTask.HIBERNATE: "Hibernate the host",
        HostTask.RESTART: "Restart the host",
        HostTask.SIGN_OFF: "Sign off who works on it",
        HostTask.CONFIGURE: "Bring Windows to the group's settings",
    }
)
"""The tasks that have no steps."""
