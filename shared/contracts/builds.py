"""A build of a Cloud PC: its attempts in the record, and the clean-up after it."""

from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.machines import DELETE_POLL, Machine
from shared.contracts.outcomes import Done, NoCapacity, Refused, Superseded
from shared.domain import naming
from shared.domain.cloud_pcs.build import Build, Failure, Resources, Step, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.destroying import Confirmation
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.owner import Owner
from shared.domain.pools.member import PoolMember
from shared.domain.values import Value


class OfBuild(Value):
    """Base of orders and records of one build of one Cloud PC."""

    tenant_id: str
    cloud_pc_id: str
    generation: int


class OfAttempt(OfBuild):
    """Base of orders and records of one attempt of a build."""

    attempt: int

    @property
    def which(self) -> dict[str, Any]:
        """The attempt, for another order or record of it: ``StepRecord(**order.which, step=...)``."""
        return {name: getattr(self, name) for name in OfAttempt.model_fields}


class AttemptOrder(OfAttempt):
    """An attempt of a build."""

    connection_id: str
    resumes_at: Step | None = None


class Begun(Value):
    """The attempt begins, and the remains of an earlier build may be removed: the directory was asked."""

    kind: Literal["begun"] = "begun"
    confirmation: Confirmation


class StepRecord(OfAttempt):
    """Record that a step begins, which ends the step before it, and add newly known resources.

    *resumed*: the attempt goes on here with the machine of the one before. *note*: for the timeline.
    *password_left*: why the domain join's extension, which had the join password, is on the machine still.
    """

    step: Step
    resources: Resources = Field(default_factory=Resources)
    resumed: bool = False
    note: str | None = None
    password_left: Failure | None = None


class ParkedRecord(OfAttempt):
    """The build waits for capacity."""

    reason: NoCapacity
    since: datetime


class FailedRecord(OfAttempt):
    """An attempt failed; with *last* the build has."""

    failure: Failure
    last: bool
    resources: Resources = Field(default_factory=Resources)
    warnings: tuple[Warn, ...] = ()


class ProvisionedRecord(OfAttempt):
    """The Cloud PC is the user's."""

    resources: Resources
    warnings: tuple[Warn, ...] = ()


BEGIN_ATTEMPT = Activity(
    "begin_attempt", AttemptOrder, Begun | Done, NoCapacity | Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
BEGIN_STEP = Activity("begin_step", StepRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RECORD_PARKED = Activity("record_parked", ParkedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RECORD_FAILED = Activity("record_failed", FailedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RECORD_PROVISIONED = Activity(
    "record_provisioned", ProvisionedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
RECORD_REPLACED = Activity(
    "record_replaced", ProvisionedRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)


class Keeping(Value):
    """The copy of a disk that is kept when its machine is removed: for how many *days*, and whose it was."""

    days: int
    user: User
    plan: ServicePlan
    display_name: str
    policy_id: str | None = None
    policy_name: str | None = None


class CleanUpOrder(OfBuild):
    """Remove every machine, interface, disk, device and right of a Cloud PC. *computer_names*: all it ever had."""

    subscription_id: str
    resource_group: str
    region: str
    computer_names: tuple[str, ...]
    slot: naming.Slot = "a"
    domain_connection_id: str | None = None  # through which it joined a domain; its computer account is disabled
    host_pool_id: str | None = None
    restore_points: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()  # besides the one that was built
    standing_alone: bool = False  # started by the sweep: record the result in the Cloud PC
    confirmation: Confirmation | None = None  # that it may begin; None: nobody was asked, because nobody has had it
    keeping: Keeping | None = None  # its disk is copied first; None: it is not

    def machine(self, computer_name: str | None = None) -> Machine:
        """Return the machine to remove."""
        return Machine(
            tenant_id=self.tenant_id,
            owner=Owner.cloud_pc(self.cloud_pc_id),
            subscription_id=self.subscription_id,
            resource_group=self.resource_group,
            region=self.region,
            computer_name=computer_name or self.computer_names[-1],
            slot=self.slot,
        )


class WarnOrder(OfBuild):
    """Warn in the sessions on a machine. *text*: of the catalogue's ``session``; *operation_id*: who asked for it."""

    machine: Machine
    host_pool_id: str | None = None
    text: str
    locale: str | None = None
    operation_id: str | None = None


class Warned(Value):
    """The sessions were warned. *minutes*: time that their users have to save their work; 0: nobody has to."""

    kind: Literal["warned"] = "warned"
    minutes: int = 0


def warning_of(
    pc: CloudPc, machine: Machine, host_pool_id: str | None, text: str, operation_id: str | None
) -> WarnOrder:
    """Return the order to warn the sessions on a machine of a Cloud PC, in the language of its policy."""
    snapshot = pc.current.snapshot
    return WarnOrder(
        tenant_id=pc.tenant_id,
        cloud_pc_id=pc.id,
        generation=pc.current.generation,
        machine=machine,
        host_pool_id=host_pool_id,
        text=text,
        locale=snapshot.configuration.locale if snapshot else None,
        operation_id=operation_id,
    )


def leftovers_of(pc: CloudPc, build: Build, *, kept_in_days: int = 0) -> tuple[CleanUpOrder, ...]:
    """Return the order to clean up after *build* of *pc*, in the place where it was built; empty without a machine.

    *kept_in_days*: how long a copy of its disk is kept; 0: none is made. A machine that was never in a host pool was
    nobody's, and there is nothing on it to keep.
    """
    made = build.resources
    if not (made.computer_name and made.subscription_id and made.resource_group):
        return ()
    keeping = None
    if kept_in_days and made.session_host and not isinstance(pc, PoolMember):
        keeping = Keeping(
            days=kept_in_days,
            user=pc.user,
            plan=pc.plan,
            display_name=pc.display_name,
            policy_id=build.policy_id,
            policy_name=build.snapshot.policy_name if build.snapshot else None,
        )
    order = CleanUpOrder(
        tenant_id=pc.tenant_id,
        cloud_pc_id=pc.id,
        generation=build.generation,
        subscription_id=made.subscription_id,
        resource_group=made.resource_group,
        region=made.region or "",
        computer_names=(made.computer_name,),
        slot=build.slot,
        domain_connection_id=made.domain_connection_id,
        host_pool_id=made.host_pool_id,
        restore_points=tuple(point.id for point in build.restore_points),
        disks=build.disks,
        keeping=keeping,
    )
    return (order,)


class KeepOrder(Value):
    """Copy the OS disk of a machine before its removal.

    *disks*: other disks that it may have. *joined_domain*: whether it was a member of a domain.
    """

    machine: Machine
    disks: tuple[str, ...] = ()
    joined_domain: bool = False
    keeping: Keeping


KEEP_POLL = PollPolicy(timedelta(seconds=20), timedelta(seconds=20), timedelta(minutes=30))
KEEP_DISK = Poll("keep_disk", KeepOrder, Done, Refused, effect=Effect.MAKES)


class CleanedUp(Value):
    """Nothing is left, or *left* names the remains and the reasons."""

    kind: Literal["cleanedUp"] = "cleanedUp"
    left: tuple[Refused, ...] = ()


WARN_SESSIONS = Activity("warn_sessions", WarnOrder, Warned, Refused, effect=Effect.TELLS)
CLEAN_UP = Workflow("clean_up_cloud_pc", CleanUpOrder, CleanedUp, longest_wait=DELETE_POLL.timeout)


class LeftRecord(OfBuild):
    """Result of a separate clean-up."""

    left: tuple[Refused, ...] = ()


RECORD_CLEANED = Activity("record_cleaned", LeftRecord, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
