"""A VM that lives only as long as some work needs it: made where there is room, and removed whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestrators.work import Work
from shared.contracts.definitions import PollPolicy
from shared.contracts.machines import (
    AGENT_POLL,
    ALLOCATE_CAPACITY,
    BEGIN_VM,
    BEGIN_VM_DELETE,
    CREATE_NIC,
    DELETE_DISK,
    DELETE_NIC,
    DELETE_POLL,
    NETWORK_POLL,
    POLL_AGENT,
    PREPARE_HOSTED_NETWORK,
    VM_POLL,
    CapacityOrder,
    HostedNetworkOrder,
    Machine,
    NicOrder,
    Place,
    VmOrder,
)
from shared.contracts.outcomes import NoCapacity, Pending, Refused
from shared.domain import naming
from shared.domain.connection import Network
from shared.domain.image import ImageSource
from shared.domain.service_plan import ServicePlan
from shared.workflow import Context, Steps


class GivenUpError(Exception):
    """The work on the VM is over; *refused* says why."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.refused = refused


class NoCapacityError(GivenUpError):
    """There is no room here; *elsewhere* there may be."""

    def __init__(self, full: NoCapacity) -> None:
        super().__init__(Refused(code=full.code, message=full.message))
        self.elsewhere = full.elsewhere


@dataclass(frozen=True, slots=True)
class Wish:
    """The VM that is wanted. *address_space*: of the site, for its hosted network."""

    machine: Machine
    plan: ServicePlan
    image: ImageSource
    zones: tuple[str, ...]
    network: Network
    address_space: str


class TemporaryVm(Work):
    """The work on one VM: every call of it is made through here, so that its end is told in one place."""

    def __init__(self, ctx: Context, wish: Wish) -> None:
        super().__init__(ctx)
        self.wish, self.machine = wish, wish.machine

    def begin(self, step: str) -> Steps[None]:
        """Say that *step* begins, where somebody listens."""
        del step
        yield from ()

    def attempt_each(self, tries: Sequence[Steps[Any]]) -> Steps[tuple[Refused, ...]]:
        """Try everything, whatever fails; return what did."""
        left: list[Refused] = []
        for each in tries:
            try:
                yield from each
            except GivenUpError as given_up:
                left.append(given_up.refused)
        return tuple(left)

    def refused(self, refused: Refused) -> GivenUpError:
        """Return the end of the work."""
        return GivenUpError(refused)

    def no_capacity(self, full: NoCapacity) -> NoCapacityError:
        """Return the end of the work at this place."""
        return NoCapacityError(full)

    def unanswered(self, reason: str) -> GivenUpError:
        """Return the end of the work where a service is out."""
        return GivenUpError(Refused(code="serviceUnavailable", message=reason))

    def too_late(self, pending: Pending, policy: PollPolicy) -> GivenUpError:
        """Return the end of work that took too long."""
        del policy
        return GivenUpError(Refused(code="timedOut", message=pending.note or "it took too long"))


def create_temporary_vm(vm: TemporaryVm) -> Steps[Machine]:
    """Create the VM at the first place of its region that has room, and wait for its agent."""
    wish, machine = vm.wish, vm.machine
    yield from vm.begin("allocateCapacity")
    tried: tuple[Place, ...] = ()
    while True:
        capacity = CapacityOrder(
            tenant_id=machine.tenant_id,
            cloud_pc_id=machine.cloud_pc_id,
            subscription_id=machine.subscription_id,
            plan=wish.plan,
            regions=(machine.region,),
            zones=wish.zones,
            tried=tried,
        )
        place: Place = yield from vm.do(ALLOCATE_CAPACITY, capacity)
        try:
            yield from _create_vm(vm, place)
        except NoCapacityError as full:
            must_be_gone((yield from remove_temporary_vm(vm)))
            if not full.elsewhere:
                raise
            tried = (*tried, place)
        else:
            return machine


def _create_vm(vm: TemporaryVm, place: Place) -> Steps[None]:
    wish, machine = vm.wish, vm.machine
    subnet_ids = wish.network.subnet_ids
    if wish.network.hosted:
        network = HostedNetworkOrder(
            tenant_id=machine.tenant_id,
            subscription_id=machine.subscription_id,
            resource_group=machine.resource_group,
            region=place.region,
            address_space=naming.regional_address_space(wish.address_space, 0),
        )
        subnet_ids = (yield from vm.wait(PREPARE_HOSTED_NETWORK, network, NETWORK_POLL)).subnet_ids
    yield from vm.begin("createVm")
    nic = yield from vm.do(CREATE_NIC, NicOrder(machine=machine, subnet_ids=subnet_ids))
    order = VmOrder(
        machine=machine,
        place=place,
        nic_id=nic.nic_id,
        image=wish.image,
        disk_size_in_gb=wish.plan.storage_in_gb,
    )
    begun = yield from vm.do(BEGIN_VM, order)
    yield from vm.finish(machine, begun, VM_POLL)
    yield from vm.wait(POLL_AGENT, machine, AGENT_POLL)


def remove_temporary_vm(vm: TemporaryVm) -> Steps[tuple[Refused, ...]]:
    """Remove the VM, its interface and its disk; return what could not be removed.

    While the VM stays they stay with it, and waiting for them would take hours.
    """
    left = yield from vm.attempt_each([_delete_vm(vm)])
    if left:
        return left
    return (yield from vm.attempt_each([vm.wait(look, vm.machine, DELETE_POLL) for look in (DELETE_NIC, DELETE_DISK)]))


def _delete_vm(vm: TemporaryVm) -> Steps[None]:
    yield from vm.finish(vm.machine, (yield from vm.do(BEGIN_VM_DELETE, vm.machine)), DELETE_POLL)


def must_be_gone(left: tuple[Refused, ...]) -> None:
    """Give up when something of ours could not be removed: it would be left behind unlisted."""
    if left:
        raise GivenUpError(left[0])
