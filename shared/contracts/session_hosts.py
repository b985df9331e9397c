"""Session hosts: their tasks, the steps of a build, and their records."""

from datetime import datetime, timedelta
from typing import Any, Literal

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Refused, Superseded
from shared.domain import naming
from shared.domain.cloud_pcs.build import Failure, Resources, Warn
from shared.domain.destroying import Confirmation
from shared.domain.images.image import ImageSource
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import Domain, JoinType, Network
from shared.domain.spot.hosts.host import HostStep, HostTask, HostWindows, SessionHost
from shared.domain.values import Value


class HostTaskOrder(Value):
    """Do the task that the record says is being done. *run* tells it from earlier tasks of the same host.

    *broken_off*: an earlier instance began and came to no end: what it left is looked at first. *attempt*: of a build;
    0: as the record says. *parked_since*: since when it waits for capacity.
    """

    tenant_id: str
    spot_group_id: str
    session_host_id: str
    task: HostTask
    run: int
    broken_off: bool = False
    attempt: int = 0
    parked_since: datetime | None = None


class HostTaskDone(Value):
    """Result of a task."""

    outcome: Literal["done", "notDone", "failed", "superseded"]
    refused: Refused | None = None


RUN_HOST_TASK = Workflow("run_host_task", HostTaskOrder, HostTaskDone, longest_wait=timedelta(hours=3))


def host_task_instance(host: SessionHost) -> str | None:
    """Return the instance that does the task of a host, None while it has none."""
    return None if host.work is None else _instance(host.tenant_id, host.id, host.work.task, host.work.run)


def instances_of_run(tenant_id: str, host_id: str, run: int) -> tuple[str, ...]:
    """Return the instances that may have done the task of number *run*, of any kind."""
    return tuple(_instance(tenant_id, host_id, task, run) for task in HostTask)


def _instance(tenant_id: str, host_id: str, task: HostTask, run: int) -> str:
    return naming.instance_id(tenant_id, host_id, f"host{task.value.capitalize()}", run)


class OfHostTask(Value):
    """Base of orders and records of one task of one session host, and one attempt of it."""

    tenant_id: str
    session_host_id: str
    run: int
    attempt: int = 1

    @property
    def which(self) -> dict[str, Any]:
        """The task, for another order or record of it: ``HostStepRecord(**job.which, step=...)``."""
        return {name: getattr(self, name) for name in OfHostTask.model_fields}


class HostBuild(Value):
    """Inputs of a host's build from its record, its group and its connection, read when an attempt begins."""

    plan: ServicePlan
    image: ImageSource
    regions: tuple[str, ...]
    zones: tuple[str, ...] = ()
    network: Network
    network_group: str
    address_space: str
    low_priority: bool = False
    hibernation: bool = False
    enroll: bool = False
    dedicated: bool = False
    windows: HostWindows
    attempts: int
    hybrid_join_wait: timedelta
    enrollment_wait: timedelta
    parking_limit: timedelta


class HostJob(OfHostTask):
    """The job of a task. *made*: resources of the host by its record. *build*: of a build only.

    *windows*: the group's settings, where the host has others; *when_empty*: they must not change under a session.
    *confirmation*: that the host may be removed, because its user has left.
    """

    kind: Literal["hostJob"] = "hostJob"
    spot_group_id: str
    task: HostTask
    machine: Machine
    host_pool_id: str
    application_group_id: str
    join_type: JoinType
    domain: Domain | None = None
    connection_id: str
    made: Resources
    assigned_user_id: str | None = None
    by_hand: bool = False  # somebody asked for it, who knows of the sessions
    build: HostBuild | None = None
    windows: HostWindows | None = None
    when_empty: bool = True
    confirmation: Confirmation | None = None

    @property
    def domain_name(self) -> str | None:
        """The name of the domain that the host joins, or None if it joins none."""
        return self.domain.ad_domain_name if self.domain else None

    @property
    def left(self) -> Machine | None:
        """The machine that the record names as made, or None if none was made."""
        if self.made.computer_name is None:
            return None
        region = self.made.region or self.machine.region
        return self.machine.but(computer_name=self.made.computer_name, region=region)


class HostStepRecord(OfHostTask):
    """Record that a step begins; *resources*: the host's so far. *failure*: why the step before is repeated."""

    step: HostStep
    resources: Resources
    failure: Failure | None = None
    password_left: Failure | None = None


class HostParkedRecord(OfHostTask):
    """The build waits for capacity, or for its connection."""

    reason: NoCapacity
    since: datetime


class HostFailedRecord(OfHostTask):
    """Record that an attempt failed; *last*: the build is given up. *resources*: those that remain."""

    failure: Failure
    last: bool
    resources: Resources


class HostBuiltRecord(OfHostTask):
    """The host has registered. *proven*: its profile path, its join and its agent work; else *warnings* say why."""

    resources: Resources
    warnings: tuple[Warn, ...] = ()
    proven: bool
    windows: HostWindows | None = None


class HostEndRecord(OfHostTask):
    """The task has ended; *failure*: why it was not done. *windows*: the settings that its Windows has by that."""

    failure: Failure | None = None
    windows: HostWindows | None = None
    warnings: tuple[Warn, ...] = ()


class HostConfigurationOrder(Value):
    """Configure the Windows of a host: profiles, the drive that all share, the ends of sessions.

    *only_reach*: change nothing, and see whether it reaches the share of the profiles.
    """

    machine: Machine
    windows: HostWindows
    only_reach: bool = False


class HostConfigured(Value):
    """Result of the configuration. *unreached*: why the host does not reach the profile share, None if it does."""

    kind: Literal["hostConfigured"] = "hostConfigured"
    warnings: tuple[Warn, ...] = ()
    unreached: str | None = None


class NewHostOrder(Value):
    """The host that has just registered. *settle_by*: until then a failing check of FSLogix may still pass."""

    machine: Machine
    host_pool_id: str
    domain_name: str | None = None
    settle_by: datetime


class NewHostSeen(Value):
    """It reports. *name*: in the pool; *unhealthy*: the check of FSLogix that fails, with its words."""

    kind: Literal["newHostSeen"] = "newHostSeen"
    name: str
    unhealthy: str | None = None


class HostSessionsOrder(Value):
    """A session host of the group's pool."""

    machine: Machine
    host_pool_id: str
    domain_name: str | None = None


class HostSessions(Value):
    """The sessions on a host; empty if it is not in its pool. *was_open*: it accepted new sessions until now."""

    kind: Literal["hostSessions"] = "hostSessions"
    was_open: bool = False
    active: int = 0
    disconnected: int = 0


class GivenHost(Value):
    """The user of a dedicated host, or None if it has no user yet."""

    kind: Literal["givenHost"] = "givenHost"
    user_id: str | None = None


class HostRightsOrder(Value):
    """Take the right to sign in to a machine from its user."""

    machine: Machine
    user_id: str


BEGIN_HOST_TASK = Activity(
    "begin_host_task", HostTaskOrder, HostJob, NoCapacity | Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
POLL_EARLIER_TASK = Poll("poll_earlier_task", OfHostTask, Done, Refused, effect=Effect.READS)
RECORD_HOST_STEP = Activity(
    "record_host_step", HostStepRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
RECORD_HOST_PARKED = Activity(
    "record_host_parked", HostParkedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
RECORD_HOST_FAILED = Activity(
    "record_host_failed", HostFailedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
RECORD_HOST_BUILT = Activity(
    "record_host_built", HostBuiltRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
END_HOST_TASK = Activity("end_host_task", HostEndRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RECORD_HOST_REMOVED = Activity(
    "record_host_removed", OfHostTask, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)

BEGIN_HOST_CONFIGURATION = Activity(
    "begin_host_configuration", HostConfigurationOrder, Accepted, Refused, effect=Effect.CHANGES
)
READ_HOST_CONFIGURATION = Poll(
    "read_host_configuration", HostConfigurationOrder, HostConfigured, Refused, effect=Effect.READS
)
POLL_NEW_HOST = Poll("poll_new_host", NewHostOrder, NewHostSeen, Refused, effect=Effect.CHANGES)
CLOSE_HOST = Activity("close_host", HostSessionsOrder, HostSessions, Refused, effect=Effect.ENDS)
OPEN_HOST = Activity("open_host", HostSessionsOrder, Done, Refused, effect=Effect.CHANGES)
POLL_SERVING = Poll("poll_serving", HostSessionsOrder, Done, Refused, effect=Effect.READS)
BEGIN_HIBERNATE = Activity("begin_hibernate", Machine, Accepted | Done, Refused, effect=Effect.ENDS)
GIVE_HOST = Poll("give_host", HostJob, GivenHost, Refused, effect=Effect.CHANGES)
REVOKE_HOST = Activity("revoke_host", HostRightsOrder, Done, Refused, effect=Effect.ENDS)

HOST_SCRIPT_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=15), timedelta(minutes=90))
NEW_HOST_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=30), timedelta(minutes=40))
SERVING_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=20), timedelta(minutes=30))
GIVING_POLL = PollPolicy(timedelta(0), timedelta(seconds=20), timedelta(minutes=10))
EARLIER_POLL = PollPolicy(timedelta(0), timedelta(seconds=20), timedelta(minutes=45))

SETTLE = timedelta(minutes=5)
"""Time for which a check of FSLogix may fail after the agent's first report before it counts."""

SESSIONS_IN_THE_WAY = "sessionsInTheWay"
"""The code of the failure of a stop that would end a session."""

HIBERNATION_NOT_ENABLED = "hibernationNotEnabled"
"""The code of the refusal to hibernate a machine that was made without hibernation, and never gets it."""

LATE_ARRIVALS = timedelta(seconds=30)
"""Between the drain of a host and the last reading of its sessions: the broker may just have sent somebody there."""

REMOVE_AGAIN = timedelta(minutes=30)
"""Time until an incomplete removal is tried again."""
