"""Core provisioning: every task needed to stand up a VM and get it to the point of a successful sign-in.

Each function is one step of the list in the product's documentation; a failure is a failed attempt.
"""

from __future__ import annotations

from datetime import datetime

from orchestrators.attempts import Attempt, AttemptParkedError
from shared.contracts.identities import (
    BEGIN_DOMAIN_JOIN,
    BEGIN_ENTRA_JOIN,
    DEVICE_POLL,
    POLL_DEVICE,
    POLL_ENROLLMENT,
    PRIMARY_USER_POLL,
    SET_PRIMARY_USER,
    STAMP_ENROLLMENT_PROFILE,
    DeviceFound,
    DeviceOrder,
    DomainJoinOrder,
    EnrollmentOrder,
    EntraJoinOrder,
    PrimaryUserOrder,
    StampOrder,
    enrollment_poll,
    hybrid_poll,
)
from shared.contracts.machines import (
    AGENT_POLL,
    ALLOCATE_CAPACITY,
    BEGIN_VM,
    BEGIN_VM_DELETE,
    CREATE_NIC,
    DELETE_NIC,
    DELETE_POLL,
    EXTENSION_POLL,
    NETWORK_POLL,
    POLL_AGENT,
    PREPARE_HOSTED_NETWORK,
    VM_POLL,
    CapacityOrder,
    HostedNetworkOrder,
    Machine,
    NicOrder,
    NicReady,
    Place,
    VmOrder,
)
from shared.contracts.outcomes import Accepted
from shared.domain import naming
from shared.domain.connection import JoinType
from shared.domain.steps import Step
from shared.workflow import Steps


def build_machine(attempt: Attempt) -> Steps[Machine]:
    """Allocate capacity, create the VM, attach it to the network: at the first place that really has room.

    Only trying proves capacity, so a place that refuses is remembered and the next one is tried.
    """
    if attempt.has_behind_it(Step.CREATE_VM):
        return attempt.order.machine(str(attempt.resources.region))
    tried: tuple[Place, ...] = ()
    while True:
        yield from attempt.begin(Step.ALLOCATE_CAPACITY)
        place = yield from allocate_capacity(attempt, tried)
        yield from attempt.begin(Step.CREATE_VM)
        machine = attempt.order.machine(place.region)
        try:
            yield from create_vm(attempt, machine, place)
        except AttemptParkedError as parked:
            yield from remove_vm(attempt, machine)
            if not parked.reason.elsewhere:
                raise
            tried = (*tried, place)
        else:
            return machine


def allocate_capacity(attempt: Attempt, tried: tuple[Place, ...]) -> Steps[Place]:
    """Find a size, zone and region with room: sizes of the licence first, then zones, then fall-back regions."""
    order = attempt.order
    place: Place = yield from attempt.do(
        ALLOCATE_CAPACITY,
        CapacityOrder(
            tenant_id=order.tenant_id,
            cloud_pc_id=order.cloud_pc_id,
            subscription_id=order.subscription_id,
            plan=order.plan,
            regions=order.regions,
            zones=order.zones,
            tried=tried,
        ),
    )
    attempt.found(
        subscription_id=order.subscription_id,
        resource_group=order.resource_group,
        region=place.region,
        zone=place.zone,
        size=place.size,
        computer_name=order.computer_name,
        slot=order.slot,
    )
    return place


def create_vm(attempt: Attempt, machine: Machine, place: Place) -> Steps[None]:
    """Create the VM with the licence's hardware, on an interface in the right network, and wait for its agent."""
    order = attempt.order
    subnet_ids = yield from prepare_network(attempt, machine)
    nic: NicReady = yield from attempt.do(CREATE_NIC, NicOrder(machine=machine, subnet_ids=subnet_ids))
    attempt.found(nic_id=nic.nic_id, subnet_id=nic.subnet_id)
    begun: Accepted = yield from attempt.do(
        BEGIN_VM,
        VmOrder(
            machine=machine,
            place=place,
            nic_id=nic.nic_id,
            image=order.snapshot.image,
            disk_size_in_gb=order.plan.storage_in_gb,
            locale=order.snapshot.locale,
        ),
    )
    attempt.found(vm_id=begun.resource_id)
    yield from attempt.finish(machine, begun, VM_POLL)
    yield from attempt.wait(POLL_AGENT, machine, AGENT_POLL)


def prepare_network(attempt: Attempt, machine: Machine) -> Steps[tuple[str, ...]]:
    """Return the subnets to use: the connection's own, or the hosted network's, made on demand."""
    order = attempt.order
    if not order.network.hosted:
        return order.network.subnet_ids
    ready = yield from attempt.wait(
        PREPARE_HOSTED_NETWORK,
        HostedNetworkOrder(
            tenant_id=order.tenant_id,
            subscription_id=order.subscription_id,
            resource_group=order.resource_group,
            region=machine.region,
            address_space=naming.regional_address_space(order.address_space, order.regions.index(machine.region)),
        ),
        NETWORK_POLL,
    )
    subnet_ids: tuple[str, ...] = ready.subnet_ids
    return subnet_ids


def remove_vm(attempt: Attempt, machine: Machine) -> Steps[None]:
    """Remove what a place without room left: a VM that never was, and its interface."""
    yield from attempt.finish(machine, (yield from attempt.do(BEGIN_VM_DELETE, machine)), DELETE_POLL)
    yield from attempt.wait(DELETE_NIC, machine, DELETE_POLL)
    attempt.found(vm_id=None, nic_id=None, subnet_id=None)


def join_directory(attempt: Attempt, machine: Machine) -> Steps[DeviceFound]:
    """Join to Entra ID directly, or to the domain and wait for the computer to appear in Entra ID."""
    order, made = attempt.order, attempt.resources
    if attempt.has_behind_it(Step.JOIN_DIRECTORY):
        return DeviceFound(device_id=str(made.entra_device_id), object_id=str(attempt.device_object_id))
    if order.domain is not None:  # before the join: an account that nobody knows of would never be disabled
        attempt.found(domain_connection_id=order.snapshot.connection_id)
    yield from attempt.begin(Step.JOIN_DIRECTORY)
    since: datetime = made.joined_at or (yield from join(attempt, machine))
    device: DeviceFound = yield from attempt.wait(
        POLL_DEVICE,
        DeviceOrder(
            tenant_id=order.tenant_id,
            cloud_pc_id=order.cloud_pc_id,
            computer_name=machine.computer_name,
            join_type=JoinType.AZURE_AD_JOIN if order.domain is None else JoinType.HYBRID_AZURE_AD_JOIN,
            not_before=since,
        ),
        DEVICE_POLL if order.domain is None else hybrid_poll(order.hybrid_join_wait),
    )
    attempt.found(entra_device_id=device.device_id)
    return device


def join(attempt: Attempt, machine: Machine) -> Steps[datetime]:
    """Let the machine join, and wait until it says that it has; return when that began."""
    order = attempt.order
    since: datetime = attempt.ctx.current_utc_datetime
    if order.domain is None:
        begun = yield from attempt.do(BEGIN_ENTRA_JOIN, EntraJoinOrder(machine=machine))
    else:
        begun = yield from attempt.do(BEGIN_DOMAIN_JOIN, DomainJoinOrder(machine=machine, domain=order.domain))
    yield from attempt.finish(machine, begun, EXTENSION_POLL)
    attempt.found(joined_at=since)
    return since


def enroll_in_intune(attempt: Attempt, machine: Machine, device: DeviceFound) -> Steps[str]:
    """Wait until Intune manages the device, and stamp the policy's name on it; return the managed device's id."""
    order = attempt.order
    if attempt.has_behind_it(Step.ENROLL_IN_INTUNE):
        return str(attempt.resources.managed_device_id)
    yield from attempt.begin(Step.ENROLL_IN_INTUNE)
    enrolled = yield from attempt.wait(
        POLL_ENROLLMENT,
        EnrollmentOrder(
            tenant_id=order.tenant_id,
            cloud_pc_id=order.cloud_pc_id,
            computer_name=machine.computer_name,
            device_id=device.device_id,
            explain_from=attempt.ctx.current_utc_datetime + order.enrollment_wait / 2,
        ),
        enrollment_poll(order.enrollment_wait),
    )
    attempt.found(managed_device_id=enrolled.managed_device_id)
    yield from attempt.do(
        STAMP_ENROLLMENT_PROFILE,
        StampOrder(
            tenant_id=order.tenant_id,
            device_object_id=device.object_id,
            policy_name=order.snapshot.policy_name,
        ),
    )
    managed_device_id: str = enrolled.managed_device_id
    return managed_device_id


def assign_primary_user(attempt: Attempt, managed_device_id: str) -> Steps[None]:
    """Make the Cloud PC's user the Intune primary user, so that self service and reports work."""
    order = attempt.order
    if attempt.has_behind_it(Step.ASSIGN_PRIMARY_USER):
        return
    yield from attempt.begin(Step.ASSIGN_PRIMARY_USER)
    yield from attempt.wait(
        SET_PRIMARY_USER,
        PrimaryUserOrder(tenant_id=order.tenant_id, managed_device_id=managed_device_id, user_id=order.user.id),
        PRIMARY_USER_POLL,
    )
