"""Core provisioning: every task needed to stand up a VM and get it to the point of a successful sign-in.

Each function is one step of the list in the product's documentation; a failure is a failed attempt.
"""

from __future__ import annotations

from functools import partial

from orchestrators.parts.cloud_pcs.assignment import configure_windows, give_rights_early
from orchestrators.parts.cloud_pcs.attempts import Attempt
from orchestrators.parts.machines.builds import BuildSteps, MachineBuild, create_machine, enroll_machine, join_machine
from orchestrators.parts.machines.machines import MachineSpec
from orchestrators.parts.work import WorkFailedError
from shared.contracts.joining import (
    PRIMARY_USER_POLL,
    SET_PRIMARY_USER,
    STAMP_ENROLLMENT_PROFILE,
    DeviceFound,
    PrimaryUserOrder,
    StampOrder,
)
from shared.contracts.machines import DELETE_DISK, DELETE_NIC, Machine
from shared.contracts.provisioning import ConfigurationOrder
from shared.domain.cloud_pcs.build import Failure, Step
from shared.domain.cloud_pcs.windows_steps import LEAVE_SERVICE
from shared.workflow import Steps

_STEPS = BuildSteps(Step.ALLOCATE_CAPACITY, Step.CREATE_VM, Step.JOIN_DIRECTORY, Step.ENROLL_IN_INTUNE)


def create_vm(attempt: Attempt) -> Steps[Machine]:
    """Allocate capacity, create the VM, attach it to the network: at the first place that really has capacity.

    Once the VM is there its user can get their rights on it, which take minutes to count. Windows on the disk of a
    deleted Cloud PC has to leave the directory.
    """
    machine = yield from create_machine(machine_build(attempt))
    if attempt.order.disk is not None and not attempt.is_done(Step.CREATE_VM):
        wanted = ConfigurationOrder(machine=machine, steps=(LEAVE_SERVICE,))
        for failed in (yield from configure_windows(attempt.ctx, wanted, attempt.waiting)):
            raise WorkFailedError(Failure(code="serviceNotLeft", message=failed.message, step=Step.CREATE_VM))
    return machine


def machine_build(attempt: Attempt) -> MachineBuild[Step]:
    """Return the build of the machine of a Cloud PC."""
    order = attempt.order
    spec = MachineSpec(
        machine=order.machine(order.regions[0]),
        plan=order.plan,
        image=order.snapshot.image,
        regions=order.regions,
        within=order.within,
        zones=order.zones,
        network=order.network,
        address_space=order.address_space,
        locale=order.snapshot.configuration.locale,
        disk=order.disk,
        # Its clean-up removes a disk from an image; one from a copy would be in the way at the next place.
        traces=(DELETE_NIC,) if order.disk is None else (DELETE_NIC, DELETE_DISK),
    )
    return MachineBuild(
        work=attempt,
        spec=spec,
        steps=_STEPS,
        connection_id=order.snapshot.connection_id,
        domain=order.domain,
        hybrid_join_wait=order.hybrid_join_wait,
        enrollment_wait=order.enrollment_wait,
        noted={"slot": order.slot},
        vm_requested=None if order.in_pool else partial(give_rights_early, attempt),
    )


def join_directory(attempt: Attempt, machine: Machine) -> Steps[DeviceFound]:
    """Join to Entra ID directly, or to the domain and wait for the computer to appear in Entra ID."""
    return (yield from join_machine(machine_build(attempt), machine))


def enroll_in_intune(attempt: Attempt, machine: Machine, device: DeviceFound) -> Steps[str]:
    """Wait until Intune manages the device, and stamp the policy's name on it; return the managed device's id."""
    order = attempt.order
    if attempt.is_done(Step.ENROLL_IN_INTUNE):
        return str(attempt.resources.managed_device_id)
    managed_device_id = yield from enroll_machine(machine_build(attempt), machine, device)
    yield from attempt.do(
        STAMP_ENROLLMENT_PROFILE,
        StampOrder(
            tenant_id=order.tenant_id,
            device_object_id=device.object_id,
            policy_name=order.snapshot.policy_name,
        ),
    )
    return managed_device_id


def assign_primary_user(attempt: Attempt, managed_device_id: str) -> Steps[None]:
    """Make the Cloud PC's user the Intune primary user, so that self service and reports work."""
    order = attempt.order
    if attempt.is_done(Step.ASSIGN_PRIMARY_USER):
        return
    yield from attempt.begin(Step.ASSIGN_PRIMARY_USER)
    yield from attempt.wait(
        SET_PRIMARY_USER,
        PrimaryUserOrder(tenant_id=order.tenant_id, managed_device_id=managed_device_id, user_id=order.user.id),
        PRIMARY_USER_POLL,
    )
