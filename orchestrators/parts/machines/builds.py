"""The build of a machine for a Cloud PC or a session host: find capacity, create, join and enrol; and its attempts.

A use (``attempts.py``, ``host_building.py``) has the record of its owner, its steps and the differences as values:
``MachineWork`` makes the calls and begins the steps, ``MachineBuild`` has the machine, ``Attempts`` what follows where
an attempt does not succeed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from orchestrators.parts.machines.computer_accounts import remove_carrier
from orchestrators.parts.machines.joining import await_device, await_enrollment, join
from orchestrators.parts.machines.machines import MachineSpec, Recorder, create
from orchestrators.parts.work import Work, overdue
from shared.contracts.calls import WaitingWork
from shared.contracts.definitions import PollPolicy
from shared.contracts.joining import DOMAIN_JOIN, DeviceFound
from shared.contracts.machines import Machine, NicReady, Place
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused, Superseded
from shared.contracts.provisioning import PARKING_PAUSE
from shared.domain.cloud_pcs.build import Failure, Resources, Step
from shared.domain.cloud_pcs.progress import when_given_up, when_parked_for_long
from shared.domain.cost.budgets import WAITS_FOR_BUDGET
from shared.domain.networks.connection import Domain
from shared.domain.owner import Owner
from shared.domain.values import Value
from shared.workflow import Context, Steps, continue_as_new, pause

StepName = TypeVar("StepName", bound=StrEnum)
Result = TypeVar("Result")

UNANSWERED = "serviceUnavailable"
"""Code of the failure of a call that a cloud has not answered: it may have had its effect."""

NEXT_ATTEMPT = "the next attempt starts by itself"


class MachineWork(Work, ABC, Generic[StepName]):
    """Work on the machine of an *owner*: every call of it is made through here, and its steps are recorded."""

    def __init__(self, ctx: Context, tenant_id: str, owner: Owner, step: StepName, made: Resources) -> None:
        super().__init__(ctx)
        self.tenant_id, self.owner, self.step, self.resources = tenant_id, owner, step, made
        self.password_left: Failure | None = None  # why the domain join's extension stays; the next step records it
        self.device_object_id: str | None = None  # Graph's id of the device, of a build that was resumed

    @property
    @abstractmethod
    def doing(self) -> tuple[str, str]:
        """The present work, as a code and as a title."""

    @property
    def repeats(self) -> str | None:
        """The sentence that announces a repeat after a failure, or None if there is no repeat."""
        return None

    @property
    def failed_step(self) -> Step | None:
        """The step that a failure names, or None if the record names it elsewhere."""
        return None

    @property
    def waiting(self) -> WaitingWork:
        """The owner that waits for a cloud that does not answer, and its work."""
        return WaitingWork(tenant_id=self.tenant_id, owner=self.owner, doing=self.doing[1])

    @abstractmethod
    def begin(self, step: StepName) -> Steps[None]:
        """Record that *step* begins, and with it the resources of the steps before it. Raises: SupersededError."""

    def is_done(self, step: StepName) -> bool:
        """Whether an earlier attempt has done *step*, and this attempt continues with its machine."""
        del step
        return False

    def add_resources(self, **made: str | datetime | None) -> None:
        """Add resources that were created; the next step records them."""
        self.resources = self.resources.but(**made)

    def refused(self, refused: Refused) -> Failure:
        """Return the failure of a refused call; its advice promises a repeat only where there is one."""
        failure = refused.failure(self.failed_step)
        return failure if self.repeats else failure.but(advice=when_given_up(failure.advice))

    def unanswered(self, reason: str) -> Failure:
        """Return the failure of a service that is out."""
        return Failure(
            code=UNANSWERED,
            message=f"{self.doing[1]}: the service did not answer as it should.",
            step=self.failed_step,
            evidence=reason,
            advice="; ".join(filter(None, ["See Azure's service health for the region", self.repeats])) + ".",
        )

    def too_late(self, pending: Pending, policy: PollPolicy) -> Failure:
        """Return the failure of work that took too long."""
        code, title = self.doing
        return Failure(code=f"{code}TimedOut", message=f"{title}: {overdue(pending, policy)}", step=self.failed_step)


class BuildSteps(NamedTuple, Generic[StepName]):
    """The steps of every build, as the record of its owner names them."""

    allocate_capacity: StepName
    create_vm: StepName
    join_directory: StepName
    enroll_in_intune: StepName


@dataclass(frozen=True, slots=True)
class MachineBuild(Generic[StepName]):
    """A machine to build, and its directory.

    *domain*: to join by the connection; None: it joins Entra ID alone. *enroll*: whether an Entra join enrols in Intune
    too. *noted*: resources that are recorded with its place. *vm_requested*: what can be done once Azure has its VM.
    """

    work: MachineWork[StepName]
    spec: MachineSpec
    steps: BuildSteps[StepName]
    connection_id: str
    domain: Domain | None
    hybrid_join_wait: timedelta
    enrollment_wait: timedelta
    noted: Mapping[str, str]
    enroll: bool = True
    vm_requested: Callable[[Machine], Steps[None]] | None = None


class _BuildRecorder(Recorder, Generic[StepName]):
    """Records the steps, and the resources made, in the record of the machine's owner."""

    def __init__(self, build: MachineBuild[StepName]) -> None:
        self._build, self._work = build, build.work

    def allocating(self, tried: tuple[Place, ...]) -> Steps[None]:
        """Begin the step, for every place anew."""
        del tried
        yield from self._work.begin(self._build.steps.allocate_capacity)

    def allocated(self, place: Place) -> Steps[None]:
        """Record the future place of the machine before creating it: nothing is left behind unrecorded."""
        machine = self._build.spec.machine
        self._work.add_resources(
            subscription_id=machine.subscription_id,
            resource_group=machine.resource_group,
            region=place.region,
            zone=place.zone,
            size=place.size,
            computer_name=machine.computer_name,
            **self._build.noted,
        )
        yield from self._work.begin(self._build.steps.create_vm)

    def nic_created(self, nic: NicReady) -> None:
        """Add the network interface."""
        self._work.add_resources(nic_id=nic.nic_id, subnet_id=nic.subnet_id)

    def vm_requested(self, operation: Accepted) -> Steps[None]:
        """Add the VM."""
        self._work.add_resources(vm_id=operation.resource_id)
        if self._build.vm_requested is not None:
            yield from self._build.vm_requested(self._build.spec.machine.but(region=str(self._work.resources.region)))

    def removed(self) -> None:
        """Take the VM and its interface out again, and with them the rights on the VM."""
        self._work.add_resources(vm_id=None, nic_id=None, subnet_id=None, sign_in_given_at=None)


def create_machine(build: MachineBuild[StepName]) -> Steps[Machine]:
    """Allocate capacity, create the VM, attach it to the network: at the first place that really has capacity."""
    if build.work.is_done(build.steps.create_vm):
        return build.spec.machine.but(region=str(build.work.resources.region))
    return (yield from create(build.work, replace(build.spec, recorder=_BuildRecorder(build))))


def join_machine(build: MachineBuild[StepName], machine: Machine) -> Steps[DeviceFound]:
    """Join to Entra ID directly, or to the domain and wait for the computer to appear in Entra ID.

    The extension that had the domain's join password is removed then; the machine stays joined.
    """
    work, made = build.work, build.work.resources
    if work.is_done(build.steps.join_directory):
        return DeviceFound(device_id=str(made.entra_device_id), object_id=str(work.device_object_id))
    if build.domain is not None:  # before the join: an unrecorded account would never be disabled
        work.add_resources(domain_connection_id=build.connection_id)
    yield from work.begin(build.steps.join_directory)
    since = made.joined_at
    if since is None:
        since = yield from join(work, machine, build.domain, enroll=build.enroll)
        work.add_resources(joined_at=since)
    device = yield from await_device(work, machine, build.domain, since=since, hybrid_wait=build.hybrid_join_wait)
    work.add_resources(entra_device_id=device.device_id)
    if build.domain is not None:  # not before: the join has restarted Windows
        work.password_left = yield from remove_carrier(work.ctx, machine, DOMAIN_JOIN)
    return device


def enroll_machine(build: MachineBuild[StepName], machine: Machine, device: DeviceFound) -> Steps[str]:
    """Wait until Intune manages the device, and return the managed device's id."""
    yield from build.work.begin(build.steps.enroll_in_intune)
    managed = yield from await_enrollment(build.work, machine, build.domain, device, build.enrollment_wait)
    build.work.add_resources(managed_device_id=managed)
    return managed


@dataclass(frozen=True, slots=True)
class Parking(Generic[Result]):
    """A build that waits for capacity, visibly: its record, and the order with which it looks again."""

    since: datetime | None
    record: Callable[[NoCapacity, datetime], Steps[Done | Superseded]]
    order: Value
    superseded: Result


@dataclass(frozen=True, slots=True)
class Attempts(Generic[Result]):
    """The attempts of a build: this attempt's *number*, how many are *allowed*, and how a failed one is recorded.

    *record_failed*: of one that another follows, with the order *following*. *give_up*: of the last.
    """

    number: int
    allowed: int
    parking_limit: timedelta
    parking: Parking[Result]
    record_failed: Callable[[Failure], Steps[Done | Superseded]]
    following: Callable[[Failure], Value]
    give_up: Callable[[Failure], Steps[Result]]


def wait_for_capacity(work: MachineWork[StepName], attempts: Attempts[Result], reason: NoCapacity) -> Steps[Result]:
    """Park: for as long as the tenant allows, and without using up an attempt.

    A build that waits for a budget waits as long as the budget says, and the limit begins when it no longer does.
    """
    if reason.code == WAITS_FOR_BUDGET:
        return (yield from park(work.ctx, attempts.parking, reason, limited=False))
    now, limit = work.ctx.current_utc_datetime, attempts.parking_limit
    if now - (attempts.parking.since or now) < limit:
        return (yield from park(work.ctx, attempts.parking, reason))
    failure = Failure(
        code=reason.code,
        message=f"There was no capacity within {int(limit.total_seconds() // 3600)} hours: {reason.message}",
        step=work.failed_step,
        advice=when_parked_for_long(reason.code),
    )
    return (yield from attempts.give_up(failure))


def park(ctx: Context, parking: Parking[Result], reason: NoCapacity, *, limited: bool = True) -> Steps[Result]:
    """Record that the build waits, sleep, and look again. *limited*: the time of waiting counts."""
    since = (parking.since if limited else None) or ctx.current_utc_datetime
    if isinstance((yield from parking.record(reason, since)), Superseded):
        return parking.superseded
    yield from pause(ctx, PARKING_PAUSE)
    continue_as_new(parking.order.but(parked_since=since if limited else None))


def try_again(attempts: Attempts[Result], failure: Failure) -> Steps[Result]:
    """Try again unless this was the last attempt, or the next one would fail the same way."""
    if attempts.number >= attempts.allowed or not failure.retriable:
        return (yield from attempts.give_up(failure.but(advice=when_given_up(failure.advice))))
    if isinstance((yield from attempts.record_failed(failure)), Superseded):
        return attempts.parking.superseded
    continue_as_new(attempts.following(failure))
