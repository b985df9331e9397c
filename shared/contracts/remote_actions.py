"""Remote actions: one on one Cloud PC with its steps and records, or on many in waves."""

from datetime import timedelta
from typing import Literal, Never

from pydantic import Field

from shared.contracts.builds import WarnOrder, warning_of
from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Json, Poll, PollPolicy, Workflow
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Refused, Superseded
from shared.domain import naming
from shared.domain.cloud_pcs.actions import ACTIONS
from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc, account_of
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.machines.restore_points import obsolete
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import JoinType
from shared.domain.owner import Owner
from shared.domain.values import Value, is_none


class RemoteOrder(Value):
    """One remote action on one machine, and all that it may have to know of the Cloud PC.

    *account*: the user as Windows names them. *obsolete*: restore points to delete when a new one is there. *disks*:
    every OS disk that the machine may have. *plan*: what a resize, or a start with another size, has to meet; *size*:
    what the machine has, by the record. *force*: stop the machine even if its user is active.
    *rests*: the machine is off on purpose; it is started for the action if that needs Windows, and stopped after it.
    *hibernates*: it keeps its memory on disk when it is stopped; with *rests* it is hibernated now. *elsewhere*: it may
    start with another size of the plan. *warning*: of the sessions that it interrupts.
    """

    name: Remote
    generation: int
    operation_id: str
    machine: Machine
    user_id: str
    user_principal_name: str
    account: str
    join_type: JoinType
    device_id: str | None = None
    managed_device_id: str | None = None
    host_pool_id: str | None = None
    session_host: str | None = None
    administrator: bool | None = None
    restore_point_id: str | None = None
    obsolete: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()
    plan: ServicePlan | None = None
    size: str | None = None
    force: bool | None = None
    rests: bool | None = None
    hibernates: bool | None = None
    elsewhere: bool | None = None
    warning: WarnOrder | None = Field(None, exclude_if=is_none)

    @property
    def new_disk(self) -> str:
        """The name of the disk that it makes, if it makes one."""
        return naming.restored_disk_name(self.machine.owner.id, self.operation_id)


def machine_of(pc: CloudPc) -> Machine | None:
    """Return the machine that a Cloud PC has, None when it is not known."""
    made = pc.current.resources
    if not (made.subscription_id and made.resource_group and made.region and made.computer_name):
        return None
    return Machine(
        tenant_id=pc.tenant_id,
        owner=Owner.cloud_pc(pc.id),
        subscription_id=made.subscription_id,
        resource_group=made.resource_group,
        region=made.region,
        computer_name=made.computer_name,
        slot=made.slot or "a",
    )


def remote_order(pc: CloudPc) -> RemoteOrder | None:
    """Return the order of the action in the record, or None without an action or a machine."""
    machine, action = machine_of(pc), pc.action
    if machine is None or action is None or pc.current.snapshot is None:
        return None
    join = pc.current.snapshot.join_type
    made, plan = pc.current.resources, pc.plan if action.elsewhere else None
    if action.name is Remote.RESIZE:
        plan = pc.swap.plan if pc.swap else None
    if action.name is Remote.RESIZE_TEMPORARILY:
        plan = action.temporary_size.plan if action.temporary_size else pc.plan
    forgets = action.name in {Remote.CREATE_SNAPSHOT, Remote.DELETE_SNAPSHOTS}
    return RemoteOrder(
        name=action.name,
        generation=pc.current.generation,
        operation_id=action.operation_id,
        machine=machine,
        user_id=pc.user.id,
        user_principal_name=pc.user.user_principal_name,
        account=account_of(pc.user, join),
        join_type=join,
        device_id=made.entra_device_id,
        managed_device_id=made.managed_device_id,
        host_pool_id=made.host_pool_id,
        session_host=made.session_host,
        administrator=action.administrator,
        restore_point_id=action.restore_point_id,
        obsolete=obsolete(pc.current.restore_points, action.begun_at) if forgets else (),
        disks=(machine.disk_name, *pc.current.disks),
        plan=plan,
        size=made.size,
        force=action.force,
        rests=action.rests,
        hibernates=action.hibernates,
        elsewhere=action.elsewhere,
        warning=_warning(pc, action, machine),
    )


def _warning(pc: CloudPc, action: RemoteAction, machine: Machine) -> WarnOrder | None:
    """Return the warning before an action, or None where nobody can be interrupted by it.

    A stop that is not forced is refused while somebody is active; the engine of power warns before its own. The way
    back from a temporary size warns who comes just then; nothing else that begins by itself interrupts anybody.
    """
    row = ACTIONS.get(action.name.value)
    stops = action.name is Remote.POWER_OFF and not action.force
    unseen = action.automatic and action.name is not Remote.RESIZE_TEMPORARILY
    if row is None or not row.disrupts or stops or action.rests or unseen:
        return None
    return warning_of(pc, machine, pc.current.resources.host_pool_id, row.disrupts, action.operation_id)


def remote_instance(pc: CloudPc) -> str | None:
    """Return the id of the instance that performs the current action, or None without one."""
    if pc.action is None:
        return None
    # An id of its own: the instance before it may not have ended yet.
    return naming.instance_id(pc.tenant_id, pc.id, f"act-{pc.action.operation_id}", pc.current.generation)


class RemoteEnded(Value):
    """Result of a remote action."""

    outcome: Literal["succeeded", "failed", "superseded"]


class RemoteStep(Value):
    """Record that a step begins, which ends the step before it."""

    tenant_id: str
    cloud_pc_id: str
    operation_id: str
    name: Remote
    step: str


class RemoteEnd(Value):
    """It has ended; with *failure* not well. *forgotten*: restore points that are no more.

    *size*: what the machine has now, empty: as before; *warnings*: what did not go well after a resize.
    *rests*: the machine is off again, as it was before. *hibernated*: with its memory on disk; False: it was to be, and
    *unhibernated* says why it is not.
    """

    tenant_id: str
    cloud_pc_id: str
    operation_id: str
    name: Remote
    failure: Failure | None = None
    result: Json = Field(default_factory=dict)
    forgotten: tuple[str, ...] = ()
    new_disk: str | None = None
    size: str = ""
    warnings: tuple[Warn, ...] = ()
    rests: bool | None = None
    hibernated: bool | None = None
    unhibernated: str | None = None


class Hardware(Value):
    """Hardware of a machine, and its zone."""

    kind: Literal["hardware"] = "hardware"
    size: str
    zone: str | None = None
    disk_size_in_gb: int


class SizeOrder(Value):
    """Give a machine another size; it is stopped. *only_off*: leave one alone that is on, or hibernated."""

    machine: Machine
    size: str
    only_off: bool | None = None


class DiskOrder(Value):
    """Make the OS disk that a machine has at least so large; the machine is stopped."""

    machine: Machine
    size_in_gb: int


class Check(Value):
    """One thing that was examined. *repaired*: it was wrong, and is right now."""

    name: str
    title: str
    status: Literal["passed", "failed"]
    evidence: str
    recommended_action: str | None = None
    repaired: bool = False


class Examined(Value):
    """The checks. *application_group_id*: where the user's right to the desktop is given, None without a pool."""

    kind: Literal["examined"] = "examined"
    checks: tuple[Check, ...]
    application_group_id: str | None = None

    def failed(self, name: str) -> bool:
        """Whether a check failed."""
        return any(check.name == name and check.status == "failed" for check in self.checks)


class RestorePointsOrder(Value):
    """Delete restore points, and the unused disks among *disks*."""

    machine: Machine
    restore_point_ids: tuple[str, ...] = ()
    disks: tuple[str, ...] = ()


RUN_REMOTE_ACTION = Workflow("run_remote_action", RemoteOrder, RemoteEnded)
BEGIN_REMOTE_STEP = Activity("begin_remote_step", RemoteStep, Done, Superseded, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
END_REMOTE_ACTION = Activity("end_remote_action", RemoteEnd, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)

BEGIN_RESTART = Activity("begin_restart", Machine, Accepted, NoCapacity | Refused, effect=Effect.CHANGES)
BEGIN_START = Activity("begin_start", Machine, Accepted | Done, NoCapacity | Refused, effect=Effect.CHANGES)
STARTED_POLL = PollPolicy(timedelta(seconds=20), timedelta(seconds=10), timedelta(minutes=10))
"""Poll of a start for which a person waits: most end within a minute."""
EXAMINE = Activity("examine", RemoteOrder, Examined, Refused, effect=Effect.READS)
BEGIN_RESTORE_POINT = Activity("begin_restore_point", RemoteOrder, Accepted, Refused, effect=Effect.MAKES)
BEGIN_RESTORED_DISK = Activity("begin_restored_disk", RemoteOrder, Accepted | Done, Refused, effect=Effect.MAKES)
READ_HARDWARE = Activity("read_hardware", Machine, Hardware, Refused, effect=Effect.READS)
BEGIN_RESIZE = Activity("begin_resize", SizeOrder, Accepted | Done, NoCapacity | Refused, effect=Effect.CHANGES)
BEGIN_DISK_GROWTH = Activity("begin_disk_growth", DiskOrder, Accepted | Done, Refused, effect=Effect.CHANGES)
BEGIN_SWAP = Activity("begin_swap", RemoteOrder, Accepted | Done, Refused, effect=Effect.CHANGES)
DELETE_RESTORE_POINTS = Poll("delete_restore_points", RestorePointsOrder, Done, Refused, effect=Effect.ENDS)


class BulkOrder(Value):
    """Work through a bulk action. The record says how far it is, so that it can be started again at any time."""

    tenant_id: str
    bulk_id: str
    wave: int = 0


class ItemOrder(Value):
    """Do the action to one Cloud PC."""

    tenant_id: str
    bulk_id: str
    position: int


class Wave(Value):
    """The Cloud PCs of the next wave; none when the action is paused, cancelled, stopped or over."""

    kind: Literal["wave"] = "wave"
    positions: tuple[int, ...] = ()


class WaveOrder(Value):
    """Poll these Cloud PCs."""

    tenant_id: str
    bulk_id: str
    positions: tuple[int, ...]


class Worked(Value):
    """Number of waves that were done."""

    waves: int


NEXT_WAVE = Activity("next_wave", BulkOrder, Wave, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
ACT_ON_ITEM = Activity("act_on_item", ItemOrder, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
POLL_WAVE = Poll("poll_wave", WaveOrder, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)

WAVE_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=60), timedelta(hours=24))
"""A wave ends with its slowest: three attempts of a build take hours at worst, parking a day."""

BULK = Workflow("run_bulk_action", BulkOrder, Worked, longest_wait=WAVE_POLL.timeout)
