"""Building a session host: from nothing to a machine that is registered in the group's pool, and proven."""

from __future__ import annotations

from orchestrators.parts.carriers import remove_carrier
from orchestrators.parts.host_changes import run_configuration
from orchestrators.parts.host_removing import clean_up, left_behind, remove_traces
from orchestrators.parts.host_runs import HostRun, refused_of
from orchestrators.parts.joining import await_device, await_enrollment, join
from orchestrators.parts.machines import MachineSpec, Recorder, create
from orchestrators.parts.work import NoCapacityError, WorkFailedError
from shared.contracts.carriers import DOMAIN_JOIN
from shared.contracts.desktops import BEGIN_REGISTRATION, REGISTRATION_POLL, RegistrationOrder
from shared.contracts.host_builds import (
    GIVE_HOST,
    GIVING_POLL,
    NEW_HOST_POLL,
    POLL_NEW_HOST,
    RECORD_HOST_BUILT,
    RECORD_HOST_FAILED,
    RECORD_HOST_PARKED,
    SETTLE,
    HostBuild,
    HostBuiltRecord,
    HostConfigurationOrder,
    HostConfigured,
    HostFailedRecord,
    HostParkedRecord,
    NewHostOrder,
    NewHostSeen,
)
from shared.contracts.identities import DeviceFound
from shared.contracts.machines import DELETE_NIC, Machine, NicReady, Place
from shared.contracts.outcomes import Accepted, NoCapacity, Superseded
from shared.contracts.provisioning import PARKING_PAUSE
from shared.contracts.session_hosts import HostTaskDone, HostTaskOrder
from shared.domain.cloud_pcs.advice import when_parked_for_long
from shared.domain.cloud_pcs.build import Failure, Resources, Warn
from shared.domain.spot.host_steps import HostStep
from shared.workflow import Context, Steps, call, continue_as_new, pause

PROFILES = "reachProfiles"


def build_host(run: HostRun) -> Steps[HostTaskDone]:
    """Build a host. One execution is one attempt.

    (1) Remove what the attempt before has left, (2) create the machine where there is capacity, (3) join it by the
    group's connection, (4) enrol it in Intune where the group wants that, (5) configure Windows, (6) register it in the
    group's pool, where nobody is sent to it yet, and wait until its agent serves, (7) give a dedicated host to a member
    who has none, (8) record that it is there, and whether it is proven. Otherwise: (9) wait for capacity without using
    up the attempt, or (10) try again, as often as the tenant says.
    """
    build = run.job.build
    if build is None:
        return HostTaskDone(outcome="superseded")
    try:
        yield from clean_up(run)  # (1)
        machine = yield from create(run, machine_spec(run, build))  # (2)
        device = yield from join_directory(run, build, machine)  # (3)
        yield from enroll(run, build, machine, device)  # (4)
        configured = yield from configure(run, build, machine)  # (5)
        seen = yield from register(run, machine)  # (6)
        record = built(run, configured, seen)
        if build.dedicated and record.proven:
            record = yield from give(run, record)  # (7)
        yield from run.record(RECORD_HOST_BUILT, record)  # (8)
        return HostTaskDone(outcome="done")
    except NoCapacityError as full:
        return (yield from park_build(run, build, full.reason))  # (9)
    except WorkFailedError as failed:
        return (yield from try_again(run, build, failed.failure))  # (10)


def machine_spec(run: HostRun, build: HostBuild) -> MachineSpec:
    """Return the machine to create."""
    return MachineSpec(
        machine=run.job.machine,
        plan=build.plan,
        image=build.image,
        regions=build.regions,
        zones=build.zones,
        network=build.network,
        network_group=build.network_group,
        address_space=build.address_space,
        low_priority=build.low_priority,
        hibernation=build.hibernation,
        traces=(DELETE_NIC,),  # the clean-up of the attempt removes the disk
        recorder=_HostRecorder(run),
    )


class _HostRecorder(Recorder):
    """Records the steps, and the resources made, in the host."""

    def __init__(self, run: HostRun) -> None:
        self._run = run

    def allocating(self, tried: tuple[Place, ...]) -> Steps[None]:
        """Begin the step, for every place anew."""
        del tried
        yield from self._run.begin(HostStep.ALLOCATE_CAPACITY)

    def allocated(self, place: Place) -> Steps[None]:
        """Record the future place of the machine before creating it: nothing is left behind unrecorded."""
        machine = self._run.job.machine
        self._run.add_resources(
            subscription_id=machine.subscription_id,
            resource_group=machine.resource_group,
            region=place.region,
            zone=place.zone,
            size=place.size,
            computer_name=machine.computer_name,
            host_pool_id=self._run.job.host_pool_id,
        )
        yield from self._run.begin(HostStep.CREATE_VM)

    def nic_created(self, nic: NicReady) -> None:
        """Add the network interface."""
        self._run.add_resources(nic_id=nic.nic_id, subnet_id=nic.subnet_id)

    def vm_requested(self, operation: Accepted) -> Steps[None]:
        """Add the VM."""
        self._run.add_resources(vm_id=operation.resource_id)
        yield from ()

    def removed(self) -> None:
        """Take the VM and its interface out again."""
        self._run.add_resources(vm_id=None, nic_id=None, subnet_id=None)


def join_directory(run: HostRun, build: HostBuild, machine: Machine) -> Steps[DeviceFound]:
    """Join to Entra ID directly, or to the domain and wait for the computer to appear in Entra ID."""
    domain = run.job.domain
    if domain is not None:  # before the join: an unrecorded account would never be disabled
        run.add_resources(domain_connection_id=run.job.connection_id)
    yield from run.begin(HostStep.JOIN_DIRECTORY)
    since = yield from join(run, machine, domain, enroll=build.enroll)
    device = yield from await_device(run, machine, domain, since=since, hybrid_wait=build.hybrid_join_wait)
    run.add_resources(joined_at=since, entra_device_id=device.device_id)
    if domain is not None:  # not before: the join has restarted Windows
        run.password_left = yield from remove_carrier(run.ctx, machine, DOMAIN_JOIN)
    return device


def enroll(run: HostRun, build: HostBuild, machine: Machine, device: DeviceFound) -> Steps[None]:
    """Wait until Intune manages the device, where the group wants its hosts there."""
    if not build.enroll:
        return
    yield from run.begin(HostStep.ENROLL_IN_INTUNE)
    managed = yield from await_enrollment(run, machine, run.job.domain, device, build.enrollment_wait)
    run.add_resources(managed_device_id=managed)


def configure(run: HostRun, build: HostBuild, machine: Machine) -> Steps[HostConfigured]:
    """Configure Windows by one run command that reports each step. Raises: WorkFailedError where profiles fail."""
    yield from run.begin(HostStep.CONFIGURE_WINDOWS)
    order = HostConfigurationOrder(machine=machine, windows=build.windows)
    return (yield from run_configuration(run, order))


def register(run: HostRun, machine: Machine) -> Steps[NewHostSeen]:
    """Register the machine, closed for new sessions from its first report on, and wait until its agent serves."""
    yield from run.begin(HostStep.REGISTER)
    job = run.job
    order = RegistrationOrder(machine=machine, host_pool_id=job.host_pool_id, join_type=job.join_type)
    operation = yield from run.do(BEGIN_REGISTRATION, order)
    yield from run.finish(machine, operation, REGISTRATION_POLL)
    yield from run.begin(HostStep.PROVE)
    looked = NewHostOrder(
        machine=machine,
        host_pool_id=job.host_pool_id,
        domain_name=job.domain_name,
        settle_by=run.ctx.current_utc_datetime + SETTLE,
    )
    seen = yield from run.wait(POLL_NEW_HOST, looked, NEW_HOST_POLL)
    run.add_resources(session_host=seen.name)
    return seen


def built(run: HostRun, configured: HostConfigured, seen: NewHostSeen) -> HostBuiltRecord:
    """Return the record of a host that has registered. One that does not reach the profiles is not proven."""
    evidence = [each for each in (configured.unreached, seen.unhealthy) if each]
    unreached = tuple(Warn(step=PROFILES, message=each) for each in evidence)
    return HostBuiltRecord(
        **run.job.which,
        resources=run.resources,
        warnings=(*configured.warnings, *unreached),
        proven=not evidence,
        windows=run.job.build.windows if run.job.build else None,
    )


def give(run: HostRun, record: HostBuiltRecord) -> Steps[HostBuiltRecord]:
    """Give the host to a member who has none; an obstacle is a warning: the next reconcile gives it again."""
    try:
        yield from run.wait(GIVE_HOST, run.job.but(made=run.resources), GIVING_POLL)
    except WorkFailedError as failed:
        warning = Warn(step="giveHost", message=f"{failed.failure.code}: {failed.failure.message}")
        return record.but(warnings=(*record.warnings, warning))
    return record


def park_build(run: HostRun, build: HostBuild, reason: NoCapacity) -> Steps[HostTaskDone]:
    """Park: visibly, for as long as the tenant allows, and without using up the attempt."""
    since = run.order.parked_since or run.ctx.current_utc_datetime
    if run.ctx.current_utc_datetime - since < build.parking_limit:
        order = run.order.but(attempt=run.job.attempt)
        return (yield from park_host(run.ctx, order, reason))
    hours = int(build.parking_limit.total_seconds() // 3600)
    failure = Failure(
        code=reason.code,
        message=f"There was no capacity within {hours} hours: {reason.message}",
        advice=when_parked_for_long(reason.code),
    )
    return (yield from give_up(run, failure))


def park_host(ctx: Context, order: HostTaskOrder, reason: NoCapacity) -> Steps[HostTaskDone]:
    """Record that the build waits, sleep, and look again."""
    since = order.parked_since or ctx.current_utc_datetime
    record = HostParkedRecord(
        tenant_id=order.tenant_id,
        session_host_id=order.session_host_id,
        run=order.run,
        attempt=order.attempt,
        reason=reason,
        since=since,
    )
    if isinstance((yield from call(ctx, RECORD_HOST_PARKED, record)), Superseded):
        return HostTaskDone(outcome="superseded")
    yield from pause(ctx, PARKING_PAUSE)
    continue_as_new(order.but(parked_since=since))


def try_again(run: HostRun, build: HostBuild, failure: Failure) -> Steps[HostTaskDone]:
    """Try again, unless this was the last attempt or the next one would fail the same way; it cleans up first."""
    if run.job.attempt >= build.attempts or not failure.retriable:
        return (yield from give_up(run, failure))
    record = HostFailedRecord(**run.job.which, failure=failure, last=False, resources=run.resources)
    yield from run.record(RECORD_HOST_FAILED, record)
    continue_as_new(run.order.but(attempt=run.job.attempt + 1, parked_since=None))


def give_up(run: HostRun, failure: Failure) -> Steps[HostTaskDone]:
    """Remove the resources of a failed build, and record its failure; the message also names resources that remain."""
    made = run.resources
    if made.computer_name is not None:
        yield from run.begin(HostStep.CLEAN_UP, failure)
        machine = run.job.machine.but(computer_name=made.computer_name, region=made.region or run.job.machine.region)
        left = yield from remove_traces(run, machine)
        if left:
            failure = failure.but(message=f"{failure.message} {left_behind(left).message}")
        else:
            made = Resources()
    record = HostFailedRecord(**run.job.which, failure=failure, last=True, resources=made)
    yield from run.record(RECORD_HOST_FAILED, record)
    return HostTaskDone(outcome="failed", refused=refused_of(failure))
