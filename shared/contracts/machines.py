"""Capacity, networks and machines: the requests of core provisioning to Azure."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from shared.contracts.definitions import Activity, Effect, Poll, PollPolicy
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Refused
from shared.domain import naming
from shared.domain.images.image import ImageSource
from shared.domain.machines.kept_disk import KeptDisk
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.owner import Owner
from shared.domain.values import Value


class Place(Value):
    """Region, zone and size in which a machine is built."""

    kind: Literal["place"] = "place"
    region: str
    zone: str | None = None
    size: str


def _is_of_somebody(in_pool: bool) -> bool:  # noqa: FBT001 - as pydantic calls it
    return not in_pool


class Machine(Value):
    """Identity of a machine: everything an activity needs to name it. Names are derived (shared.domain.naming)."""

    tenant_id: str
    owner: Owner
    subscription_id: str
    resource_group: str
    region: str
    computer_name: str
    slot: naming.Slot = "a"
    replaces: bool = False  # it is built beside the one in the other slot, to take its place
    more_tags: dict[str, str] | None = None  # of the Spot Group whose host it is
    in_pool: bool = Field(False, exclude_if=_is_of_somebody)  # it has no user yet: builds of people come first

    @property
    def vm_name(self) -> str:
        """The VM's name."""
        return naming.vm_name(self.owner, self.slot)

    @property
    def disk_name(self) -> str:
        """The name of the OS disk that the build creates."""
        return naming.disk_name(self.owner, self.slot)

    @property
    def vm_id(self) -> str:
        """The VM's ARM id."""
        return f"{self._group}/providers/Microsoft.Compute/virtualMachines/{self.vm_name}"

    @property
    def nic_id(self) -> str:
        """The network interface's ARM id."""
        return f"{self._group}/providers/Microsoft.Network/networkInterfaces/{self.nic_name}"

    @property
    def nic_name(self) -> str:
        """The network interface's name."""
        return naming.nic_name(self.owner, self.slot)

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything that is made for it, so that a sweep can prove that nothing is left."""
        tags = {**(self.more_tags or {}), naming.TENANT_TAG: self.tenant_id, **self.owner.tags}
        if not self.replaces:
            return tags
        return {**tags, naming.REPLACES_TAG: naming.vm_name(self.owner, naming.other_slot(self.slot))}

    def poll_order(self, operation: Accepted) -> "OperationOrder":
        """Return the order to poll an operation of the machine."""
        return OperationOrder(
            tenant_id=self.tenant_id,
            subscription_id=self.subscription_id,
            region=self.region,
            operation=operation,
            in_pool=self.in_pool,
        )

    @property
    def _group(self) -> str:
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"


class CapacityOrder(Value):
    """Find a place. *tried* were refused in this attempt and are not offered again."""

    tenant_id: str
    owner: Owner  # spreads the machines of a site over its zones
    subscription_id: str
    plan: ServicePlan
    regions: tuple[str, ...]
    zones: tuple[str, ...] = ()
    tried: tuple[Place, ...] = ()
    low_priority: bool | None = None  # it counts against a quota of its own


class HostedNetworkOrder(Value):
    """The tenant's hosted network in one region: virtual network, subnet, NSG, NAT gateway, public IP."""

    tenant_id: str
    subscription_id: str
    resource_group: str
    region: str
    address_space: str  # of this region: naming.regional_address_space


class NetworkReady(Value):
    """The subnets a NIC may go into, in order."""

    kind: Literal["networkReady"] = "networkReady"
    subnet_ids: tuple[str, ...]


class NicOrder(Value):
    """A network interface in the first of *subnet_ids* that has a free address."""

    machine: Machine
    subnet_ids: tuple[str, ...]


class NicReady(Value):
    """The interface is there."""

    kind: Literal["nicReady"] = "nicReady"
    nic_id: str
    subnet_id: str


class VmOrder(Value):
    """A VM: the licence's hardware at a place, from an image, on an interface.

    The administrator's password is made inside the activity and forgotten. *low_priority*: Azure may take it back at
    any time. *hibernation*: where the size has it.
    """

    machine: Machine
    place: Place
    nic_id: str
    image: ImageSource
    disk_size_in_gb: int
    locale: str = "en-US"
    low_priority: bool | None = None
    hibernation: bool | None = None
    from_disk: bool | None = None  # its OS disk is there already


class OsDiskOrder(Value):
    """The OS disk of a machine that is made from the copy of another one, at the place of the machine."""

    machine: Machine
    place: Place
    disk: KeptDisk
    size_in_gb: int


class OperationOrder(Value):
    """Poll a long-running operation."""

    tenant_id: str
    subscription_id: str
    region: str
    operation: Accepted
    in_pool: bool = Field(False, exclude_if=_is_of_somebody)  # as its machine


class Finished(Value):
    """The operation in Azure succeeded."""

    kind: Literal["finished"] = "finished"


ALLOCATE_CAPACITY = Activity("allocate_capacity", CapacityOrder, Place, NoCapacity | Refused, effect=Effect.READS)
PREPARE_HOSTED_NETWORK = Poll(
    "prepare_hosted_network", HostedNetworkOrder, NetworkReady, NoCapacity | Refused, effect=Effect.MAKES
)
CREATE_NIC = Activity("create_nic", NicOrder, NicReady, NoCapacity | Refused, effect=Effect.MAKES)
BEGIN_OS_DISK = Activity("begin_os_disk", OsDiskOrder, Accepted | Done, NoCapacity | Refused, effect=Effect.MAKES)
BEGIN_VM = Activity("begin_vm", VmOrder, Accepted, NoCapacity | Refused, effect=Effect.MAKES)
POLL_OPERATION = Poll("poll_operation", OperationOrder, Finished, NoCapacity | Refused, effect=Effect.READS)
POLL_AGENT = Poll("poll_agent", Machine, Done, Refused, effect=Effect.READS)
BEGIN_DEALLOCATE = Activity("begin_deallocate", Machine, Accepted | Done, Refused, effect=Effect.ENDS)
BEGIN_VM_DELETE = Activity("begin_vm_delete", Machine, Accepted | Done, Refused, effect=Effect.ENDS)
DELETE_NIC = Poll("delete_nic", Machine, Done, Refused, effect=Effect.ENDS)
DELETE_DISK = Poll("delete_disk", Machine, Done, Refused, effect=Effect.ENDS)

# First polls come near the usual end (docs/notes/azure.md 1.1), later ones within the read budget of 25/s.
VM_POLL = PollPolicy(timedelta(seconds=75), timedelta(seconds=30), timedelta(minutes=40))
AGENT_POLL = PollPolicy(timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=20))
NETWORK_POLL = PollPolicy(timedelta(seconds=10), timedelta(seconds=10), timedelta(minutes=20))
EXTENSION_POLL = PollPolicy(timedelta(seconds=60), timedelta(seconds=30), timedelta(minutes=90))
DELETE_POLL = PollPolicy(timedelta(seconds=15), timedelta(seconds=30), timedelta(minutes=60))
