"""Orphans: resources without a reason in the records; and resources that are missing.

Only what carries our mark is examined: a tag of the tenant, a name that a build gave, an id that we derived. What a
build or a clean-up will still remove is no orphan.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.owner import Owner, OwnerKind
from shared.domain.values import Value

REMOVAL_GRACE = timedelta(hours=6)
"""Time before an orphan may be removed: a directory may show changes of a removed machine hours late."""


class OrphanType(StrEnum):
    """Types of orphans in the order of their removal: a resource comes after the resources that refer to it."""

    VIRTUAL_MACHINE = "virtualMachine"
    SECURITY_RULE = "securityRule"
    NETWORK_INTERFACE = "networkInterface"
    DISK = "disk"
    SNAPSHOT = "snapshot"
    VIRTUAL_NETWORK = "virtualNetwork"
    NAT_GATEWAY = "natGateway"
    PUBLIC_IP_ADDRESS = "publicIPAddress"
    NETWORK_SECURITY_GROUP = "networkSecurityGroup"
    GALLERY = "gallery"
    WORKSPACE = "workspace"
    APPLICATION_GROUP = "applicationGroup"
    HOST_POOL = "hostPool"
    ROLE_ASSIGNMENT = "roleAssignment"
    SESSION_HOST = "sessionHost"
    DEVICE = "device"
    MANAGED_DEVICE = "managedDevice"
    ON_PREMISES_COMPUTER = "onPremisesComputer"


DEVICES = frozenset({OrphanType.DEVICE, OrphanType.MANAGED_DEVICE})
NAMED = DEVICES | {OrphanType.SESSION_HOST}
"""Types recognised by a computer name, and not by a tag."""
NETWORK_PARTS = frozenset(
    {
        OrphanType.VIRTUAL_NETWORK,
        OrphanType.NAT_GATEWAY,
        OrphanType.PUBLIC_IP_ADDRESS,
        OrphanType.NETWORK_SECURITY_GROUP,
    }
)
POOL_PARTS = frozenset({OrphanType.HOST_POOL, OrphanType.APPLICATION_GROUP, OrphanType.WORKSPACE})
SHARED = NETWORK_PARTS | POOL_PARTS | {OrphanType.GALLERY}
"""Types shared by many machines of a tenant. They belong to no Cloud PC, and are made again when one needs them."""
_DISKS = frozenset({OrphanType.DISK, OrphanType.SNAPSHOT})


class FoundResource(Value):
    """One thing with our mark. *owner*: the ARM id of its machine, or a device's own id; *name*: a computer's name.

    Of the three ids one is there at most: of the Cloud PC or the session host whose it is, or of its Spot Group.
    """

    type: OrphanType
    resource_id: str
    name: str
    cloud_pc_id: str | None = None
    session_host_id: str | None = None
    spot_group_id: str | None = None
    owner: str | None = None


class Judgement(Value):
    """Why something is an orphan, since when if that is known, and whether that is sure enough to remove it."""

    why: str
    advice: str
    since: datetime | None = None
    sure: bool = False
    kept: timedelta = REMOVAL_GRACE
    automatic: bool = False  # removed without the setting removeOrphans: it is our own rule


class Orphan(Value):
    """A listed orphan. *area*: where it was found; *removable_from* is None if only an administrator can remove it."""

    id: str
    tenant_id: str
    area: str
    found: FoundResource
    why: str
    advice: str
    since: datetime
    last_seen_at: datetime
    removable_from: datetime | None = None
    automatic: bool = False


class Looked(Value):
    """The result of one area: how many things have our mark, and how many of them are orphans."""

    area: str
    found: int = 0
    orphans: int = 0
    problem: str | None = None  # it could not be read: its earlier entries stay listed


class Missing(Value):
    """A shared resource that records need and that does not exist. *needed_by*: the number of these records."""

    type: OrphanType
    resource_id: str
    needed_by: int
    evidence: str
    advice: str
    since: datetime


class OrphanScan(Value):
    """The proof of the last scan. *id* is always ``LAST``."""

    id: str
    tenant_id: str
    started_at: datetime
    ended_at: datetime | None = None
    looked_at: tuple[Looked, ...] = ()
    wanted_at: datetime | None = None  # when a site went: a scan that began later removes what it has left
    missing: tuple[Missing, ...] = ()  # what machines share, and is not there
    restored_at: datetime | None = None  # the export that the records are from, if they were restored

    @property
    def answers(self) -> bool:
        """Whether a scan that began after the last site went has ended."""
        if self.ended_at is None or self.ended_at < self.started_at:
            return False
        return self.wanted_at is None or self.started_at >= self.wanted_at

    @property
    def complete(self) -> bool:
        """Whether everything could be looked at."""
        return self.ended_at is not None and all(each.problem is None for each in self.looked_at)


LAST = "last"


class ComputerName(Value):
    """A computer name that a build gave. *beginning*: the part of it that its naming template fixes.

    *cloud_pc_id*: of whose machine it is; *of_host*: that is a session host of a Spot Group.
    """

    tenant_id: str
    name: str
    beginning: str
    cloud_pc_id: str
    generation: int
    attempt: int
    given_at: datetime
    of_host: bool = False


REMOVE_ADVICE = "Have it removed with remove, or let the tenant's setting removeOrphans do it."
LOOK_ADVICE = "Look at it, and delete it in Azure if nobody needs it."
_IN_USE = "It may serve people. Look who uses it, and delete in Azure what nobody needs; then scan again."
_LOOK_THERE = "Compare both in Entra ID and Intune, and delete the one that does not report."


def judge(found: FoundResource, pc: CloudPc | None) -> Judgement | None:
    """Return why *found* is an orphan, or None if it is not. *pc*: the record of its Cloud PC, if there is one."""
    if pc is None:
        return _left_over(found, "its Cloud PC is no longer known", None)
    if _nothing_left(pc):
        why = f"its Cloud PC is {pc.status.value}, and by its record nothing is left of it"
        return _left_over(found, why, pc.last_modified_date_time)
    if pc.status not in WORKING:
        return None  # the build or the clean-up removes it
    if pc.replacement is not None:
        return None  # another machine is built, or cleaned up: a later scan decides
    if found.type in _DISKS and pc.action is not None:
        return None  # the action that runs removes what it no longer needs
    return _of_earlier_machine(found, pc) if found.type in NAMED else _second(found, pc)


def _left_over(found: FoundResource, why: str, since: datetime | None) -> Judgement:
    sure = found.type is not OrphanType.PUBLIC_IP_ADDRESS  # no build makes one: somebody has copied the tags
    return Judgement(why=why, advice=REMOVE_ADVICE if sure else LOOK_ADVICE, since=since, sure=sure)


def _nothing_left(pc: CloudPc) -> bool:
    ended = pc.status is Status.NOT_PROVISIONED or (pc.status is Status.FAILED and pc.current.clean_up_at is None)
    return ended and pc.current.resources.computer_name is None and pc.replacement is None


def _of_earlier_machine(found: FoundResource, pc: CloudPc) -> Judgement | None:
    made = pc.current.resources
    if not same(found.name, made.computer_name):
        why = f"it is of an earlier machine; the Cloud PC is {made.computer_name} now"
        return Judgement(why=why, advice=REMOVE_ADVICE, since=pc.provisioned_date_time, sure=True)
    known = {OrphanType.DEVICE: made.entra_device_id, OrphanType.MANAGED_DEVICE: made.managed_device_id}.get(found.type)
    if known is None or same(found.owner, known):
        return None
    return Judgement(why=f"a second one of this name; the Cloud PC's own is {known}", advice=_LOOK_THERE)


def _second(found: FoundResource, pc: CloudPc) -> Judgement | None:
    made = pc.current.resources
    match found.type:
        case OrphanType.VIRTUAL_MACHINE if not same(found.resource_id, made.vm_id):
            return Judgement(why=f"a second machine of the Cloud PC; its own is {made.vm_id}", advice=LOOK_ADVICE)
        case OrphanType.NETWORK_INTERFACE if not same(found.resource_id, made.nic_id):
            return Judgement(why=f"a second interface of the Cloud PC; its own is {made.nic_id}", advice=LOOK_ADVICE)
        case OrphanType.SNAPSHOT if found.name.casefold() not in _restore_points(pc):
            return Judgement(why="it is no restore point of the Cloud PC", advice=LOOK_ADVICE)
        case OrphanType.DISK if not same(found.owner, made.vm_id):
            return Judgement(why="the machine of the Cloud PC does not use this disk", advice=LOOK_ADVICE)
        case OrphanType.ROLE_ASSIGNMENT if not same(found.owner, made.vm_id):
            return Judgement(why="a right on a machine that the Cloud PC no longer is", advice=REMOVE_ADVICE, sure=True)
    return None


def _restore_points(pc: CloudPc) -> set[str]:
    return {naming.restore_point_name(pc.id, point.id).casefold() for point in pc.current.restore_points}


def not_adopted(judgement: Judgement | None, why_not: str) -> Judgement:
    """Return the judgement on a machine that no record knows, with the obstacle to its adoption."""
    if judgement is None:
        return Judgement(why=f"by the records it is not the machine; not adopted: {why_not}", advice=LOOK_ADVICE)
    return judgement.but(why=f"{judgement.why}; not adopted: {why_not}")


def left_to_a_person(judgement: Judgement) -> Judgement:
    """Return the judgement on a resource that may serve people and cannot be adopted: the service never removes it."""
    return judgement.but(sure=False, advice=_IN_USE)


def judge_right(found: FoundResource, pcs: Iterable[CloudPc]) -> Judgement | None:
    """Judge a desktop right of the user that *found* names: it is an orphan if none of *pcs* needs it."""
    if any(same(pc.user.id, found.name) and not _nothing_left(pc) for pc in pcs):
        return None
    return Judgement(why="the user who has this right has no Cloud PC any more", advice=REMOVE_ADVICE, sure=True)


def judge_temporary(owner: Owner) -> Judgement:
    """Return the judgement of a machine of an image build or a probe without running work."""
    whose = {
        OwnerKind.DEVICE_IMAGE: "the build of image",
        OwnerKind.CONNECTION_PROBE: "the checks of connection",
        OwnerKind.IMAGE_VERSION: "the work on image version",
    }.get(owner.kind, owner.kind.value)
    return Judgement(why=f"{whose} {owner.id} made it, and none of these runs", advice=LOOK_ADVICE)


def judge_shared(found: FoundResource, *, used: bool, needed: bool, kept: timedelta) -> Judgement | None:
    """Return why something shared is an orphan. *used*: something is in it, or is being built into it.

    *needed*: its site, or a site of its tenant, is there: then it is *kept* for a while after its last use.
    """
    if needed and used:
        return None
    advice = "It is removed by itself; what still uses it, if Azure refuses, has to go first."
    if not needed:
        return Judgement(why="its site is gone", advice=advice, sure=True, kept=timedelta(0), automatic=True)
    why = f"nothing of the tenant uses this {found.type.value}"
    return Judgement(why=why, advice=advice, sure=True, kept=kept, automatic=True)


def judge_copy() -> Judgement:
    """Return the judgement on a copy of the disk of a deleted Cloud PC that no record knows: it may be all of it."""
    advice = "Delete it in Azure if nobody needs the data on it."
    return Judgement(why="no record knows this copy of the disk of a deleted Cloud PC", advice=advice)


def judge_host(name: str) -> Judgement:
    """Return the judgement on a session host in a tenant's pool that no record names."""
    why = f"no record knows a computer {name}, and the pool is for Cloud PCs only"
    return Judgement(why=why, advice="Take it out of the pool, if nobody put it there on purpose.")


def same(one: str | None, other: str | None) -> bool:
    """Whether two ids or names are the same: Azure writes them in any case."""
    return one is not None and other is not None and one.casefold() == other.casefold()


def orphan_of(
    tenant_id: str, area: str, found: FoundResource, judgement: Judgement, *, at: datetime, before: Orphan | None
) -> Orphan:
    """Return the entry of the list; an orphan that was listed before keeps its *since*."""
    since = judgement.since or (before.since if before else at)
    return Orphan(
        id=orphan_id(tenant_id, found),
        tenant_id=tenant_id,
        area=area,
        found=found,
        why=judgement.why,
        advice=judgement.advice,
        since=since,
        last_seen_at=at,
        removable_from=since + judgement.kept if judgement.sure else None,
        automatic=judgement.automatic,
    )


def orphan_id(tenant_id: str, found: FoundResource) -> str:
    """Return the id of the entry for *found*: always the same."""
    return naming.derived_id("orphan", tenant_id, found.type.value, found.resource_id.casefold())


def dismissable(orphan: Orphan) -> bool:
    """Whether only an administrator can know that it is gone: the service does not see it."""
    return orphan.found.type is OrphanType.ON_PREMISES_COMPUTER


def cloud_pc_of_machine(resource_id: str) -> str | None:
    """Return the id of the Cloud PC that the ARM id of a VM names, or None for another VM."""
    return naming.cloud_pc_of_vm(resource_id.rstrip("/").rpartition("/")[2])


CURES: Mapping[OrphanType, str] = MappingProxyType(
    {
        OrphanType.HOST_POOL: "The next build makes it again. The machines that were in it do not come back to it:"
        " reprovision their Cloud PCs, or release the version of the Spot Group again.",
        OrphanType.APPLICATION_GROUP: "The next build makes it again; then troubleshoot the Cloud PCs of its pool:"
        " that gives their users the right to the desktop again.",
        OrphanType.VIRTUAL_NETWORK: "The next build in this region makes it again. What was in it has lost its"
        " network: reprovision the Cloud PCs.",
        OrphanType.NAT_GATEWAY: "The next build in this region makes it again. Until then no machine of the network"
        " reaches the internet.",
        OrphanType.GALLERY: "Nothing can be built from its device images: make new ones, and let the policies use them."
        " Their build makes the gallery again.",
    }
)
"""Advice on each, and whether it is made again on demand."""
