"""Adoption of an existing machine that no record knows: when its owner is certain, and its record. Pure.

A record can be lost, or older than the machine: after a restore of an export before all. The tags of the machine, the
desktop's assignment in the host pool, and the user have to agree.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from shared.domain import naming
from shared.domain.cloud_pcs.build import MACHINE_GONE, Build, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc, User
from shared.domain.cloud_pcs.lifecycle import TRANSITIONS, Event, Phase, Status
from shared.domain.images.image import ImageSource
from shared.domain.machines.restore_points import RestorePoint
from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.domain.networks.connection import JoinType
from shared.domain.policies.policy import Snapshot
from shared.domain.values import Value

_MOST_OF_ONE_LICENCE = 5
"""Number of Cloud PCs of one (user, licence) that are tried: a second one is made when the first still leaves."""


class UnknownMachine(Value):
    """A machine in Azure whose tags name a Cloud PC or session host without a record, or with another machine.

    *subject_id*: the Cloud PC or, *of_host*, the session host of a Spot Group.
    """

    subject_id: str
    of_host: bool = False
    vm_id: str
    computer_name: str


class Sighting(Value):
    """Resources found: the machine, its place in the host pool, its image and its restore points.

    *assigned_user*: as the host pool names them; None: nobody, or it is in none of the tenant's pools.
    """

    resources: Resources
    made_at: datetime
    assigned_user: str | None = None
    image: ImageSource | None = None
    restore_points: tuple[RestorePoint, ...] = ()


class Claimant(Value):
    """The user of the desktop, as the directory says now; *snapshot*: by the policy that wins.

    *claimed*: which of the licences the Cloud PC of the machine claims, by the rows that its record has left.
    """

    user: User
    plans: tuple[ServicePlan, ...]
    claimed: frozenset[str] = frozenset()
    snapshot: Snapshot | None = None
    group_id: str | None = None


def several_claim(machines: Iterable[UnknownMachine]) -> str:
    """Return why none of several machines with the same tags is adopted."""
    ids = ", ".join(sorted(each.vm_id for each in machines))
    return f"several machines carry its tags, and no record says which one it is: {ids}"


def seconds_until(at: datetime) -> int:
    """Return a number for a build or a host adopted at a moment, above all that were counted up before."""
    return int((at - naming.GENERATIONS_BEGIN).total_seconds())


def unknown(machine: UnknownMachine, pc: CloudPc | None, listed: Callable[[str], bool], *, restored: bool) -> bool:
    """Whether *machine* is none that the record *pc* knows, so that it may have to be adopted.

    *listed*: whether Azure lists a machine; *restored*: the records were restored, and may be older than what they are
    about. A second machine beside the one that the record knows is an orphan.
    """
    if pc is None:
        return True
    if (pc.status, Event.ADOPTED) not in TRANSITIONS:
        return False
    made, leaves = pc.current.resources, pc.status is Status.DEPROVISIONING
    own = made.vm_id or ""
    same = own.casefold() == machine.vm_id.casefold()
    works = pc.current.phase is Phase.BUILT and not leaves
    if same and (made.computer_name or "").casefold() == machine.computer_name.casefold():
        return _lost_before(pc) or (restored and not works and not leaves)
    if works and not pc.occupied:
        return same or not listed(own)
    return restored and (same or not listed(own))


def _lost_before(pc: CloudPc) -> bool:
    return pc.failure is not None and pc.failure.code == MACHINE_GONE


NOBODY = "a user that the directory does not have"


def doubt_about(users: Collection[str]) -> str | None:
    """Return why the user of an assignment is not certain, or None. *users*: ids of the users with that name."""
    if not users:
        return NOBODY
    return "a name that more than one user has, or has had" if len(users) > 1 else None


def contradictions(
    machine: UnknownMachine, sighting: Sighting, claimant: Claimant | str, pc: CloudPc | None, tenant_id: str
) -> str | None:
    """Return why the owner of *machine* is not certain, or None if it can be adopted. *pc*: its record, if any.

    *claimant*: the user of the desktop, or a sentence why the user is not certain.
    """
    if sighting.resources.session_host is None:
        return "it is in none of the tenant's host pools"
    if sighting.assigned_user is None:
        return "its desktop is assigned to nobody"
    assigned = f"its desktop is assigned to {sighting.assigned_user}"
    if isinstance(claimant, str):
        return f"{assigned}, {claimant}"
    if pc is not None and pc.user.id != claimant.user.id:
        return f"{assigned}, and its Cloud PC is that of {pc.user.user_principal_name}"
    if pc is None and plan_of(machine.subject_id, claimant, tenant_id) is None:
        return f"{assigned}, who does not have the licence for which its Cloud PC was made"
    by_policy = claimant.snapshot or (pc and pc.current.snapshot)
    return None if by_policy else f"{assigned}, and no provisioning policy that builds such machines targets this user"


def plan_of(cloud_pc_id: str, claimant: Claimant, tenant_id: str, size: str | None = None) -> ServicePlan | None:
    """Return the licence for which a Cloud PC was made: a licence that it claims, or else the one its id derives from.

    The id is derived from user and licence; a resize changes the licence and the claim, and not the id. While licences
    are swapped it claims two: *size*, that of the machine, tells which one it has.
    """
    claimed = [plan for plan in claimant.plans if plan.id in claimant.claimed]
    derived = [
        plan
        for plan in claimant.plans
        for nth in range(_MOST_OF_ONE_LICENCE)
        if naming.cloud_pc_id(tenant_id, claimant.user.id, plan.id, nth) == cloud_pc_id
    ]
    return min(claimed or derived, key=lambda plan: _place(size, plan), default=None)


def _place(size: str | None, plan: ServicePlan) -> int:
    """Return how soon *size* is tried for *plan*, beyond all that are where it never is."""
    names = [each.name for each in size_ladder(plan)]
    return names.index(size) if size in names else len(names)


def adopted(pc: CloudPc, sighting: Sighting, claimant: Claimant, at: datetime) -> CloudPc:
    """Return *pc* with the machine that was seen as its own. Raises: IllegalTransitionError, ValueError.

    Its generation is higher than any that it had: no name and no instance of the lost builds is given again.
    """
    snapshot = pc.current.snapshot or claimant.snapshot
    if snapshot is None:
        message = "a machine is adopted only where it is known by which policy it was built"
        raise ValueError(message)
    hybrid = snapshot.join_type is JoinType.HYBRID_AZURE_AD_JOIN
    generation = max(pc.next_generation, seconds_until(at))
    current = Build(
        generation=generation,
        attempt=1,
        snapshot=snapshot.but(image=sighting.image or snapshot.image),
        group_id=pc.current.group_id or claimant.group_id,
        resources=sighting.resources.but(domain_connection_id=snapshot.connection_id if hybrid else None),
        restore_points=sighting.restore_points,
        disks=pc.current.disks,
    )
    return pc.after(
        Event.ADOPTED,
        at=at,
        current=current,
        replacement=None,
        action=None,
        provisioned_date_time=pc.provisioned_date_time or sighting.made_at,
    )


def record_for(cloud_pc_id: str, tenant_id: str, sighting: Sighting, claimant: Claimant, at: datetime) -> CloudPc:
    """Return a record for a machine without one. Raises: ValueError unless user, licence and tags agree."""
    plan = plan_of(cloud_pc_id, claimant, tenant_id, sighting.resources.size)
    if plan is None or claimant.snapshot is None:
        message = "user, licence and tags do not agree"
        raise ValueError(message)
    listed = CloudPc(
        id=cloud_pc_id,
        tenant_id=tenant_id,
        user=claimant.user,
        plan=plan,
        status=Status.NOT_PROVISIONED,
        display_name="",
        current=Build(phase=Phase.NONE),
        created_date_time=sighting.made_at,
        last_modified_date_time=at,
    )
    made = adopted(listed, sighting, claimant, at)
    return made.but(display_name=listed.named_for(claimant.snapshot))
