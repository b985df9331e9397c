"""Core provisioning: every task needed to stand up a VM and get it to the point of a successful sign-in.

Each function is one step of the list in the product's documentation; a failure is a failed attempt.
"""

from __future__ import annotations

from datetime import datetime

from orchestrators.parts.assignment import give_rights_early
from orchestrators.parts.attempts import Attempt
from orchestrators.parts.carriers import remove_carrier
from orchestrators.parts.joining import await_device, await_enrollment, join
from orchestrators.parts.machines import MachineSpec, Recorder, create
from shared.contracts.carriers import DOMAIN_JOIN
from shared.contracts.identities import (
    PRIMARY_USER_POLL,
    SET_PRIMARY_USER,
    STAMP_ENROLLMENT_PROFILE,
    DeviceFound,
    PrimaryUserOrder,
    StampOrder,
)
from shared.contracts.machines import DELETE_NIC, Machine, NicReady, Place
from shared.contracts.outcomes import Accepted
from shared.domain.cloud_pcs.steps import Step
from shared.workflow import Steps


def create_vm(attempt: Attempt) -> Steps[Machine]:
    """Allocate capacity, create the VM, attach it to the network: at the first place that really has capacity."""
    order = attempt.order
    if attempt.is_done(Step.CREATE_VM):
        return order.machine(str(attempt.resources.region))
    spec = MachineSpec(
        machine=order.machine(order.regions[0]),
        plan=order.plan,
        image=order.snapshot.image,
        regions=order.regions,
        zones=order.zones,
        network=order.network,
        address_space=order.address_space,
        locale=order.snapshot.locale,
        traces=(DELETE_NIC,),  # its clean-up removes the disk
        recorder=_AttemptRecorder(attempt),
    )
    return (yield from create(attempt, spec))


class _AttemptRecorder(Recorder):
    """Records the steps, and the resources made, in the attempt."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def allocating(self, tried: tuple[Place, ...]) -> Steps[None]:
        """Begin the step, for every place anew."""
        del tried
        yield from self._attempt.begin(Step.ALLOCATE_CAPACITY)

    def allocated(self, place: Place) -> Steps[None]:
        """Record the future place of the machine before creating it: nothing is left behind unrecorded."""
        order = self._attempt.order
        self._attempt.add_resources(
            subscription_id=order.subscription_id,
            resource_group=order.resource_group,
            region=place.region,
            zone=place.zone,
            size=place.size,
            computer_name=order.computer_name,
            slot=order.slot,
        )
        yield from self._attempt.begin(Step.CREATE_VM)

    def nic_created(self, nic: NicReady) -> None:
        """Add the network interface."""
        self._attempt.add_resources(nic_id=nic.nic_id, subnet_id=nic.subnet_id)

    def vm_requested(self, operation: Accepted) -> Steps[None]:
        """Add the VM; it is there, and its user can get their rights on it, which take minutes to count."""
        self._attempt.add_resources(vm_id=operation.resource_id)
        yield from give_rights_early(self._attempt, self._attempt.order.machine(str(self._attempt.resources.region)))

    def removed(self) -> None:
        """Take the VM and its interface out again."""
        self._attempt.add_resources(vm_id=None, nic_id=None, subnet_id=None, sign_in_given_at=None)


def join_directory(attempt: Attempt, machine: Machine) -> Steps[DeviceFound]:
    """Join to Entra ID directly, or to the domain and wait for the computer to appear in Entra ID.

    The extension that had the domain's join password is removed then; the machine stays joined.
    """
    order, made = attempt.order, attempt.resources
    if attempt.is_done(Step.JOIN_DIRECTORY):
        return DeviceFound(device_id=str(made.entra_device_id), object_id=str(attempt.device_object_id))
    if order.domain is not None:  # before the join: an unrecorded account would never be disabled
        attempt.add_resources(domain_connection_id=order.snapshot.connection_id)
    yield from attempt.begin(Step.JOIN_DIRECTORY)
    since = made.joined_at or (yield from begin_join(attempt, machine))
    device = yield from await_device(attempt, machine, order.domain, since=since, hybrid_wait=order.hybrid_join_wait)
    attempt.add_resources(entra_device_id=device.device_id)
    if order.domain is not None:  # not before: the join has restarted Windows
        attempt.password_left = yield from remove_carrier(attempt.ctx, machine, DOMAIN_JOIN)
    return device


def begin_join(attempt: Attempt, machine: Machine) -> Steps[datetime]:
    """Let the machine join, and remember when that began that came to a good end."""
    since = yield from join(attempt, machine, attempt.order.domain)
    attempt.add_resources(joined_at=since)
    return since


def enroll_in_intune(attempt: Attempt, machine: Machine, device: DeviceFound) -> Steps[str]:
    """Wait until Intune manages the device, and stamp the policy's name on it; return the managed device's id."""
    order = attempt.order
    if attempt.is_done(Step.ENROLL_IN_INTUNE):
        return str(attempt.resources.managed_device_id)
    yield from attempt.begin(Step.ENROLL_IN_INTUNE)
    managed_device_id = yield from await_enrollment(attempt, machine, order.domain, device, order.enrollment_wait)
    attempt.add_resources(managed_device_id=managed_device_id)
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
