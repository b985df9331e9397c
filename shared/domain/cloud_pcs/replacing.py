"""Another build or machine for a Cloud PC: resumed, rebuilt, replaced, or swapped to another size.

Pure. What is not in the table begins anew, after a clean-up: a machine that was never finished, a join that
broke off half way, an error that puts the machine itself in doubt (docs/decisions/0025).

Its id stays; which licences it claims changes. While they are swapped it claims both: losing one does not take it from
its user, and having both does not build a second one (docs/decisions/0029).
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.domain.cloud_pcs.build import Build, Failure, Resources, Step, Warn
from shared.domain.cloud_pcs.cloud_pc import WAITING_TO_START, CloudPc, Swap
from shared.domain.cloud_pcs.lifecycle import REPLACEABLE, TRANSITIONS, Event, Phase, Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.machines.kept_disk import KeptDisk
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.naming import other_slot
from shared.domain.policies.policy import Snapshot
from shared.domain.values import Value


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A kind of rebuild: its name, its event in the life cycle, and the condition of the event, in words."""

    name: str
    event: Event
    wants: str

    def allows(self, status: Status) -> bool:
        """Whether the life cycle has this rebuild of a Cloud PC of *status*."""
        return (status, self.event) in TRANSITIONS


RETRY = Rebuild("retry", Event.RETRIED, "only a failed Cloud PC can be retried")
REPROVISION = Rebuild(
    "reprovision", Event.REPROVISIONED, "only a Cloud PC that is provisioned or failed can be reprovisioned"
)


def not_rebuildable(pc: CloudPc, kind: Rebuild) -> str | None:
    """Return why *pc* cannot be rebuilt by its record, None when it can."""
    if not kind.allows(pc.status):
        return f"{kind.wants}; this one is {pc.status.value}"
    if why := pc.occupied:
        return why
    current = pc.current
    being_cleaned = (
        pc.status is Status.FAILED and current.clean_up_at is None and current.resources.computer_name is not None
    )
    return f"its remains are being removed just now; {kind.name} it when that is done" if being_cleaned else None


_JOINED = ("computer_name", "vm_id", "region", "joined_at")
_MANAGED = (*_JOINED, "entra_device_id", "managed_device_id")

NEEDS: Mapping[Step, tuple[str, ...]] = MappingProxyType(
    {
        # The machine has joined, and its device is late: in a domain it comes with the next synchronisation.
        Step.JOIN_DIRECTORY: _JOINED,
        # From here on the directory, Intune and the host pool are waited for: a failure says little about the machine.
        Step.ENROLL_IN_INTUNE: (*_JOINED, "entra_device_id"),
        Step.ASSIGN_PRIMARY_USER: _MANAGED,
        Step.RUN_SCRIPTS: _MANAGED,
        Step.ASSIGN_USER: _MANAGED,
        Step.AWAIT_SIGN_IN_RIGHTS: _MANAGED,
    }
)
"""The steps that may be begun again on the existing machine, and the resources that must be known for that."""

MACHINE_IN_DOUBT = frozenset(
    code.lower()
    for code in (
        "VMExtensionProvisioningError",
        "VMExtensionProvisioningTimeout",
        "VMExtensionHandlerNonTransientError",
        "VMExtensionManagementInternalError",
        "VMAgentStatusCommunicationError",
        "OSProvisioningClientError",
        "OSProvisioningInternalError",
        "OSProvisioningTimedOut",
        "VMStartTimedOut",
        "OperationNotAllowed",  # the VM was stopped or generalised
        "InternalExecutionError",
        "machineStopped",
    )
)
"""Azure's codes for a faulty machine, also where the step itself could be begun again."""


class Resumption(Value):
    """An attempt that continues with the machine of a failed one. *made*: its resources; *warnings*: of Windows."""

    step: Step
    made: Resources
    warnings: tuple[Warn, ...] = ()


def resumable(failure: Failure | None, made: Resources, *, resumed_at: Step | None = None) -> Step | None:
    """Return the step at which the next attempt may continue with *made*, or None if it must start from the beginning.

    *resumed_at*: where the attempt that failed had been resumed itself. A step that failed twice on one machine is not
    tried there a third time.
    """
    step = failure.step if failure else None
    if failure is None or step is None or step not in NEEDS or step is resumed_at:
        return None
    known = all(getattr(made, name) is not None for name in NEEDS[step])
    return step if known and failure.code.lower() not in MACHINE_IN_DOUBT else None


def resumable_by_hand(pc: CloudPc, snapshot: Snapshot) -> Step | None:
    """Return the step at which a manual retry of *pc* continues, or None if it starts anew from *snapshot*.

    What was made must still be there, not cleaned up in part; and it must be built from what *snapshot* says.
    """
    failed = pc.current
    if pc.status is not Status.FAILED or failed.clean_up_at is None or failed.snapshot is None:
        return None
    hours = snapshot.configuration.grace_period_in_hours
    built_alike = failed.snapshot.but(grace_period_in_hours=hours) == snapshot
    return resumable(failed.last_error, failed.resources) if built_alike else None


def resumption(build: Build) -> Resumption | None:
    """Return the resumption of *build* with the machine of the failed attempt, or None if it starts anew."""
    if build.resumed_at is None:
        return None
    return Resumption(step=build.resumed_at, made=build.resources, warnings=build.warnings)


def begin_replacement(
    pc: CloudPc,
    snapshot: Snapshot,
    group_id: str | None,
    operation_id: str,
    at: datetime,
    *,
    plan: ServicePlan | None = None,
    disk: KeptDisk | None = None,
    unless_in_use: bool = False,
) -> CloudPc:
    """Return *pc* with a replacement planned; its build first cleans up the remains of an earlier one.

    *plan*: the hardware it is built with; the current machine keeps its own, and the record's, until it is replaced.
    *disk*: the copy of a disk from which it is built, None: from an image. *unless_in_use*: it takes the place only if
    nobody is active on the current machine then.
    """
    earlier = pc.replacement or Build(resources=Resources(slot=other_slot(pc.current.slot)))
    planned = Build(
        generation=pc.next_generation,
        reason=WAITING_TO_START,
        snapshot=snapshot,
        subscription_id=pc.current.subscription_id or pc.current.resources.subscription_id,
        new_plan=None if plan == pc.plan else plan,
        group_id=group_id,
        resources=earlier.resources,
        operation_id=operation_id,
        restore_points=earlier.restore_points,
        disks=earlier.disks,
        disk=disk,
        unless_in_use=unless_in_use,
    )
    return pc.but(replacement=planned, highest_generation=planned.generation, last_modified_date_time=at)


def replaced(
    pc: CloudPc, resources: Resources, warnings: tuple[Warn, ...], *, at: datetime, clean_up_at: datetime
) -> CloudPc:
    """Return *pc* with its replacement as the current build; the earlier machine is cleaned up at *clean_up_at*.

    The user has the new machine already, so this applies in every status of the Cloud PC.
    """
    old, new = pc.current, pc.replacement
    if new is None or not new.unfinished:
        return pc
    current = Build(
        generation=new.generation,
        attempt=new.attempt,
        phase=Phase.BUILT,
        reason=old.reason,  # of a Cloud PC that is taken out of use meanwhile
        snapshot=new.snapshot,
        subscription_id=new.subscription_id,
        group_id=new.group_id,
        resources=new.resources.with_found(resources),
        warnings=warnings,
        operation_id=new.operation_id,
    )
    leaving = Build(
        generation=old.generation,
        attempt=old.attempt,
        phase=Phase.LEAVING,
        reason="another machine has taken its place",
        snapshot=old.snapshot,
        resources=old.resources.but(joined_at=None),
        clean_up_at=clean_up_at,
        restore_points=old.restore_points,
        disks=old.disks,
    )
    named = pc.named_for(new.snapshot) if new.snapshot else pc.display_name
    after = pc.but(
        plan=new.new_plan or pc.plan,
        current=current,
        replacement=leaving,
        display_name=named,
        provisioned_date_time=at,
        last_modified_date_time=at,
    )
    event = Event.REPLACED_WITH_WARNINGS if warnings else Event.REPLACED
    return after.after(event, at=at) if pc.status in REPLACEABLE else after


def abandoned(pc: CloudPc, failure: Failure, *, at: datetime, clean_up_at: datetime) -> CloudPc:
    """Return *pc* with its replacement given up: its resources are removed, the current machine stays."""
    if pc.replacement is None or not pc.replacement.unfinished:
        return pc
    given_up = pc.replacement.but(
        phase=Phase.FAILED, last_error=failure, reason=failure.message, clean_up_at=clean_up_at, parked_since=None
    )
    return pc.with_build(given_up).but(last_modified_date_time=at)


GROW = "resizeOsPartition"
"""The post-provisioning step that makes a larger disk Windows' own."""


def request(pc: CloudPc, plan: ServicePlan, operation_id: str, hours: int, at: datetime) -> CloudPc:
    """Return *pc* waiting for the licence of *plan*, which it claims from now on."""
    swap = Swap(plan=plan, until=at + timedelta(hours=hours), hours=hours, operation_id=operation_id)
    return pc.after(Event.RESIZE_ASKED, at=at, swap=swap)


def may_begin(pc: CloudPc, licenses: Container[str]) -> bool:
    """Whether a resize that waits may begin: its licence is one of *licenses*, and nothing else is at work."""
    waits = pc.status is Status.RESIZE_PENDING_LICENSE and pc.action is None
    return waits and pc.swap is not None and pc.swap.plan.id in licenses


def begin(pc: CloudPc, at: datetime) -> CloudPc:
    """Return *pc* with its resize begun. Raises: ValueError if no resize is waiting."""
    if pc.swap is None:
        raise ValueError("there is no resize to begin")
    action = RemoteAction(name=Remote.RESIZE, operation_id=pc.swap.operation_id, begun_at=at)
    return pc.after(Event.RESIZE_BEGUN, at=at, action=action, removal=None)


def moved(pc: CloudPc, size: str, warnings: tuple[Warn, ...], at: datetime) -> CloudPc:
    """Return *pc* after its resize succeeded: it has the target plan, and its old licence may be removed."""
    if pc.swap is None:
        return stayed(pc, size, at)
    kept = tuple(warning for warning in pc.current.warnings if warning.step != GROW)
    after = pc.but(plan=pc.swap.plan, swap=_other(pc.swap, pc.plan, at))
    return _ended(after.with_current(warnings=(*kept, *warnings), temporary_size=None), size, at)


def stayed(pc: CloudPc, size: str, at: datetime) -> CloudPc:
    """Return *pc* after its resize failed: it keeps its plan, and claims the other licence for a while."""
    return _ended(pc.but(swap=_other(pc.swap, pc.swap.plan, at)) if pc.swap else pc, size, at)


def resized_for_a_time(pc: CloudPc, action: RemoteAction, size: str, failure: Failure | None, at: datetime) -> CloudPc:
    """Return *pc* after *action* has given its machine another size for a time, or its own again.

    A temporary size that could not be given ends at once: the machine may have it nevertheless, and goes back.
    *size*: what the machine has now, empty: as before.
    """
    kept, after = pc.current.temporary_size, _with_size(pc, size) if size else pc
    if kept is None or (failure is None and action.temporary_size is not None):
        return after
    if failure is None:
        return after.with_current(temporary_size=None)
    ending = kept.ending(at) if action.temporary_size is not None else kept
    return after.with_current(temporary_size=ending.but(waits=failure.message))


def with_plan_of_today(pc: CloudPc, licensed: Iterable[ServicePlan]) -> CloudPc:
    """Return *pc*, which is about to be built anew, with the hardware that its licence stands for now.

    *licensed*: the service plans that its user has. Of its two plans in a swap it gets the one that is licensed.
    """
    held, swap = {plan.id: plan for plan in licensed}, pc.swap
    if swap is not None and pc.plan.id not in held and swap.plan.id in held:
        return pc.but(plan=held[swap.plan.id], swap=swap.but(plan=pc.plan))
    today = held.get(pc.plan.id, pc.plan)
    return pc if today == pc.plan else pc.but(plan=today)


def settled(pc: CloudPc, licenses: Container[str], at: datetime, *, stays: bool = True) -> CloudPc:
    """Return *pc* after its user's licences are known: a finished or overdue swap ends.

    *stays*: whether its user keeps it; the resize of one that they are about to lose does not begin, and is late, too.
    """
    swap = pc.swap
    if swap is None or pc.status is Status.RESIZING:
        return pc
    late, there = at >= swap.until, swap.plan.id in licenses
    if pc.status is Status.RESIZE_PENDING_LICENSE:
        return pc if not late or (there and stays) else _back(pc.but(swap=None), at)
    return pc if there and not late else pc.but(swap=None, last_modified_date_time=at)


def _other(swap: Swap, plan: ServicePlan, at: datetime) -> Swap:
    return swap.but(plan=plan, until=at + timedelta(hours=swap.hours))


def _ended(pc: CloudPc, size: str, at: datetime) -> CloudPc:
    return _back(_with_size(pc, size) if size else pc, at)


def _with_size(pc: CloudPc, size: str) -> CloudPc:
    return pc.with_current(resources=pc.current.resources.but(size=size))


def _back(pc: CloudPc, at: datetime) -> CloudPc:
    return pc.after(Event.RESIZE_ENDED_WITH_WARNINGS if pc.current.warnings else Event.RESIZE_ENDED, at=at)
