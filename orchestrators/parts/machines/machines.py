"""The sequence that creates, waits for and removes a machine, for every kind of owner.

What differs from use to use is in a ``MachineSpec``: where the machine may be, what it is made of, and what is
recorded on the way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrators.parts.work import NoCapacityError, Work, WorkFailedError
from shared.contracts.definitions import Poll
from shared.contracts.machines import (
    AGENT_POLL,
    ALLOCATE_CAPACITY,
    BEGIN_OS_DISK,
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
    NicReady,
    OsDiskOrder,
    Place,
    VmOrder,
)
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.domain import naming
from shared.domain.images.image import ImageSource
from shared.domain.machines.kept_disk import KeptDisk
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import Network
from shared.workflow import Steps


class Recorder:
    """Records written while a machine is created: nothing, unless a use overrides it."""

    def allocating(self, tried: tuple[Place, ...]) -> Steps[None]:
        """Record that the search for a place begins. *tried*: places that had no capacity."""
        del tried
        yield from ()

    def allocated(self, place: Place) -> Steps[None]:
        """Record the place that was found."""
        del place
        yield from ()

    def network_ready(self) -> Steps[None]:
        """The machine can be created in its network."""
        yield from ()

    def nic_created(self, nic: NicReady) -> None:
        """Its network interface is there."""

    def vm_requested(self, operation: Accepted) -> Steps[None]:
        """Azure has begun to create its VM."""
        del operation
        yield from ()

    def removed(self) -> None:
        """The place had no capacity, and nothing of the machine is left there."""


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """A machine to create. The region of *machine* is replaced by the region in which capacity is found.

    *regions*: those of the site, best first; *within*: the only one of them in which it may be, or None. *zones*: of
    these; empty: any. *address_space*: of the site, for its hosted network, which is in *network_group*; None: in the
    machine's own resource group. *disk*: the copy from which it is made; None: it is made from the image. *traces*:
    what a VM that never was may leave behind, in the order of its removal.
    """

    machine: Machine
    plan: ServicePlan
    image: ImageSource
    regions: tuple[str, ...]
    zones: tuple[str, ...]
    network: Network
    address_space: str
    network_group: str | None = None
    locale: str = "en-US"
    low_priority: bool | None = None
    hibernation: bool | None = None
    disk: KeptDisk | None = None
    within: str | None = None
    traces: tuple[Poll[Machine, Done, Refused], ...] = (DELETE_NIC, DELETE_DISK)
    recorder: Recorder = field(default_factory=Recorder)


def create(work: Work, spec: MachineSpec) -> Steps[Machine]:
    """Create a machine, and wait for its agent.

    (1) Allocate capacity, (2) prepare the network, (3) create the network interface, (4) create the VM, and (5) wait
    until its agent answers. Only trying proves capacity: (6) where there was none, nothing is left, and the next place
    is tried.

    Raises: NoCapacityError when no place has capacity, WorkFailedError.
    """
    tried: tuple[Place, ...] = ()
    while True:
        place = yield from _allocate(work, spec, tried)  # (1)
        machine = spec.machine.but(region=place.region)
        try:
            yield from _create_at(work, spec, machine, place)  # (2) (3) (4) (5)
        except NoCapacityError as full:
            ensure_removed((yield from remove(work, machine, spec.traces)))  # (6)
            spec.recorder.removed()
            if not full.reason.elsewhere:
                raise
            tried = (*tried, place)
        else:
            return machine


def _allocate(work: Work, spec: MachineSpec, tried: tuple[Place, ...]) -> Steps[Place]:
    """Find a size, zone and region with capacity: sizes of the plan first, then zones, then fall-back regions."""
    yield from spec.recorder.allocating(tried)
    order = CapacityOrder(
        tenant_id=spec.machine.tenant_id,
        owner=spec.machine.owner,
        subscription_id=spec.machine.subscription_id,
        plan=spec.plan,
        regions=(spec.within,) if spec.within else spec.regions,
        zones=spec.zones,
        tried=tried,
        low_priority=spec.low_priority,
    )
    place = yield from work.do(ALLOCATE_CAPACITY, order)
    yield from spec.recorder.allocated(place)
    return place


def _create_at(work: Work, spec: MachineSpec, machine: Machine, place: Place) -> Steps[None]:
    subnet_ids = yield from _prepare_network(work, spec, machine)  # (2)
    yield from spec.recorder.network_ready()
    nic = yield from work.do(CREATE_NIC, NicOrder(machine=machine, subnet_ids=subnet_ids))  # (3)
    spec.recorder.nic_created(nic)
    if spec.disk is not None:
        size = max(spec.plan.storage_in_gb, spec.disk.size_in_gb)
        os_disk = OsDiskOrder(machine=machine, place=place, disk=spec.disk, size_in_gb=size)
        yield from work.finish(machine, (yield from work.do(BEGIN_OS_DISK, os_disk)), VM_POLL)
    order = VmOrder(
        machine=machine,
        place=place,
        nic_id=nic.nic_id,
        image=spec.image,
        disk_size_in_gb=spec.plan.storage_in_gb,
        locale=spec.locale,
        low_priority=spec.low_priority,
        hibernation=spec.hibernation,
        from_disk=True if spec.disk is not None else None,
    )
    operation = yield from work.do(BEGIN_VM, order)  # (4)
    yield from spec.recorder.vm_requested(operation)
    yield from work.finish(machine, operation, VM_POLL)
    yield from work.wait(POLL_AGENT, machine, AGENT_POLL)  # (5)


def _prepare_network(work: Work, spec: MachineSpec, machine: Machine) -> Steps[tuple[str, ...]]:
    """Return the subnets to use: the connection's own, or the hosted network's, made on demand."""
    if not spec.network.hosted:
        return spec.network.subnet_ids
    order = HostedNetworkOrder(
        tenant_id=machine.tenant_id,
        subscription_id=machine.subscription_id,
        resource_group=spec.network_group or machine.resource_group,
        region=machine.region,
        address_space=naming.regional_address_space(spec.address_space, spec.regions.index(machine.region)),
    )
    ready = yield from work.wait(PREPARE_HOSTED_NETWORK, order, NETWORK_POLL)
    return ready.subnet_ids


def remove(
    work: Work, machine: Machine, traces: tuple[Poll[Machine, Done, Refused], ...] = (DELETE_NIC, DELETE_DISK)
) -> Steps[tuple[WorkFailedError, ...]]:
    """Remove the VM and its traces; return why something could not be removed.

    While the VM stays its traces stay with it, and waiting for them would take hours.
    """
    if left := (yield from work.try_all([_delete_vm(work, machine)])):
        return left
    return (yield from work.try_all([work.wait(trace, machine, DELETE_POLL) for trace in traces]))


def _delete_vm(work: Work, machine: Machine) -> Steps[None]:
    yield from work.finish(machine, (yield from work.do(BEGIN_VM_DELETE, machine)), DELETE_POLL)


def ensure_removed(left: tuple[WorkFailedError, ...]) -> None:
    """Raise the first error when something of ours could not be removed: it would be left behind unlisted."""
    if left:
        raise left[0]
