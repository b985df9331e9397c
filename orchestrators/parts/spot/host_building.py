"""Building a session host: from nothing to a machine that is registered in the group's pool, and proven."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from orchestrators.parts.machines.builds import (
    Attempts,
    BuildSteps,
    MachineBuild,
    Parking,
    create_machine,
    enroll_machine,
    join_machine,
    try_again,
    wait_for_capacity,
)
from orchestrators.parts.machines.machines import MachineSpec
from orchestrators.parts.spot.host_changes import run_configuration
from orchestrators.parts.spot.host_removing import HostRun, clean_up, left_behind, refused_of, remove_traces
from orchestrators.parts.work import NoCapacityError, WorkFailedError
from shared.contracts.desktops import BEGIN_REGISTRATION, REGISTRATION_POLL, RegistrationOrder
from shared.contracts.machines import DELETE_NIC, Machine
from shared.contracts.outcomes import Done, NoCapacity, Superseded
from shared.contracts.session_hosts import (
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
    HostTaskDone,
    HostTaskOrder,
    NewHostOrder,
    NewHostSeen,
)
from shared.domain.cloud_pcs.build import Failure, Resources, Warn
from shared.domain.spot.hosts.host import HostStep
from shared.workflow import Context, Steps, call

_STEPS = BuildSteps(HostStep.ALLOCATE_CAPACITY, HostStep.CREATE_VM, HostStep.JOIN_DIRECTORY, HostStep.ENROLL_IN_INTUNE)
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
    making = machine_build(run, build)
    try:
        yield from clean_up(run)  # (1)
        machine = yield from create_machine(making)  # (2)
        device = yield from join_machine(making, machine)  # (3)
        if build.enroll:
            yield from enroll_machine(making, machine, device)  # (4)
        configured = yield from configure(run, build, machine)  # (5)
        seen = yield from register(run, machine)  # (6)
        record = built(run, configured, seen)
        if build.dedicated and record.proven:
            record = yield from give(run, record)  # (7)
        yield from run.record(RECORD_HOST_BUILT, record)  # (8)
        return HostTaskDone(outcome="done")
    except NoCapacityError as full:
        return (yield from wait_for_capacity(run, attempts(run, build), full.reason))  # (9)
    except WorkFailedError as failed:
        return (yield from try_again(attempts(run, build), failed.failure))  # (10)


def machine_build(run: HostRun, build: HostBuild) -> MachineBuild[HostStep]:
    """Return the build of the machine of a host."""
    spec = MachineSpec(
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
    )
    return MachineBuild(
        work=run,
        spec=spec,
        steps=_STEPS,
        connection_id=run.job.connection_id,
        domain=run.job.domain,
        hybrid_join_wait=build.hybrid_join_wait,
        enrollment_wait=build.enrollment_wait,
        enroll=build.enroll,
        noted={"host_pool_id": run.job.host_pool_id},
    )


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
    """Return the record of a registered host, which is proven if it reaches the profiles and its agent is healthy."""
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


def attempts(run: HostRun, build: HostBuild) -> Attempts[HostTaskDone]:
    """Return the attempts of the build of a host, and their records."""
    number = run.job.attempt

    def record_failed(failure: Failure) -> Steps[Done]:
        record = HostFailedRecord(**run.job.which, failure=failure, last=False, resources=run.resources)
        return (yield from run.record(RECORD_HOST_FAILED, record))

    return Attempts(
        number=number,
        allowed=build.attempts,
        parking_limit=build.parking_limit,
        parking=parking(run.ctx, run.order.but(attempt=number)),
        record_failed=record_failed,
        following=lambda _: run.order.but(attempt=number + 1, parked_since=None),
        give_up=partial(give_up, run),
    )


def parking(ctx: Context, order: HostTaskOrder) -> Parking[HostTaskDone]:
    """Return how a build waits, for capacity or for its connection."""

    def record(reason: NoCapacity, since: datetime) -> Steps[Done | Superseded]:
        record = HostParkedRecord(
            tenant_id=order.tenant_id,
            session_host_id=order.session_host_id,
            run=order.run,
            attempt=order.attempt,
            reason=reason,
            since=since,
        )
        return (yield from call(ctx, RECORD_HOST_PARKED, record))

    return Parking(order.parked_since, record, order, HostTaskDone(outcome="superseded"))


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
