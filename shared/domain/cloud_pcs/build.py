"""A build of a Cloud PC: its steps with their shares of the work, and its record.

The weights are the median durations in seconds measured on the simulated cloud's `real` profile; they only feed the
percentage. When it should be ready, ``estimates.py`` says.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from shared.domain.cloud_pcs.lifecycle import Phase
from shared.domain.cloud_pcs.temporary_size import TemporarySize
from shared.domain.machines.kept_disk import KeptDisk
from shared.domain.machines.restore_points import RestorePoint
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.naming import Slot
from shared.domain.networks.connection import JoinType
from shared.domain.policies.policy import Snapshot
from shared.domain.values import Value, is_false, is_none


class Step(StrEnum):
    """One step of provisioning (docs/notes/windows365.md 2.5), or of a later action on the machine."""

    CLEAN_UP = "cleanUp"
    ALLOCATE_CAPACITY = "allocateCapacity"
    CREATE_VM = "createVm"
    JOIN_DIRECTORY = "joinDirectory"
    ENROLL_IN_INTUNE = "enrollInIntune"
    ASSIGN_PRIMARY_USER = "assignPrimaryUser"
    CONFIGURE_WINDOWS = "configureWindows"
    ASSIGN_USER = "assignUser"
    RESTORE = "restore"
    RESIZE = "resize"
    AWAIT_SIGN_IN_RIGHTS = "awaitSignInRights"
    RUN_SCRIPTS = "runScripts"  # further ones come last: places in this list are in the keys of the timeline


TITLES: dict[Step, str] = {
    Step.CLEAN_UP: "Clean up what is left of the attempt before",
    Step.ALLOCATE_CAPACITY: "Allocate Azure capacity",
    Step.CREATE_VM: "Create the VM and attach it to the network",
    Step.JOIN_DIRECTORY: "Join the directory",
    Step.ENROLL_IN_INTUNE: "Enrol in Intune",
    Step.ASSIGN_PRIMARY_USER: "Assign the primary user",
    Step.CONFIGURE_WINDOWS: "Configure Windows",
    Step.ASSIGN_USER: "Assign the Cloud PC to the user",
    Step.RESTORE: "Go back to a restore point",
    Step.RESIZE: "Change the size",
    Step.AWAIT_SIGN_IN_RIGHTS: "Sign-in rights take effect",
    Step.RUN_SCRIPTS: "Install apps and run scripts",
}

ORDER: tuple[Step, ...] = (
    Step.ALLOCATE_CAPACITY,
    Step.CREATE_VM,
    Step.JOIN_DIRECTORY,
    Step.ENROLL_IN_INTUNE,
    Step.ASSIGN_PRIMARY_USER,
    Step.CONFIGURE_WINDOWS,
    Step.RUN_SCRIPTS,
    Step.ASSIGN_USER,
    Step.AWAIT_SIGN_IN_RIGHTS,
)
"""The steps of a build, as they come."""

_ENTRA = {
    Step.ALLOCATE_CAPACITY: 3,
    Step.CREATE_VM: 120,
    Step.JOIN_DIRECTORY: 90,
    Step.ENROLL_IN_INTUNE: 180,
    Step.ASSIGN_PRIMARY_USER: 3,
    Step.CONFIGURE_WINDOWS: 45,
    Step.RUN_SCRIPTS: 0,  # most policies have none; learned durations say when a Cloud PC should be ready
    Step.ASSIGN_USER: 120,
    Step.AWAIT_SIGN_IN_RIGHTS: 50,  # what is left of ten minutes since the VM was requested
}
_HYBRID = {**_ENTRA, Step.JOIN_DIRECTORY: 1200, Step.AWAIT_SIGN_IN_RIGHTS: 0}


def weights(join: JoinType) -> dict[Step, int]:
    """Return the share of each step in the percentage, in seconds."""
    return _HYBRID if join is JoinType.HYBRID_AZURE_AD_JOIN else _ENTRA


def percent(step: Step | None, join: JoinType) -> int:
    """Return how much is done when *step* begins, 0 to 99."""
    if step is None or step is Step.CLEAN_UP:
        return 0
    usual = weights(join)
    done = sum(usual[s] for s in ORDER[: ORDER.index(step)])
    return min(99, done * 100 // sum(usual.values()))


class Failure(Value):
    """Why something went wrong: the cloud's own code and message, the step, and the advice."""

    code: str
    message: str
    step: Step | None = None
    evidence: str | None = None
    advice: str | None = None
    retriable: bool = True


MACHINE_GONE = "machineGone"
"""The code of the failure of a Cloud PC or a session host whose machine somebody has deleted."""


class Warn(Value):
    """A post-provisioning step that failed; the Cloud PC is usable."""

    step: str
    message: str


class Resources(Value):
    """Known resources of a Cloud PC; names are derived, ids are returned by the clouds."""

    subscription_id: str | None = None
    resource_group: str | None = None
    region: str | None = None
    zone: str | None = None
    size: str | None = None
    subnet_id: str | None = None
    slot: Slot | None = None  # in which its machine is; None: the first
    vm_id: str | None = None
    nic_id: str | None = None
    computer_name: str | None = None
    domain_connection_id: str | None = None  # through which it joined a domain that has an enabled account of it
    joined_at: datetime | None = None  # when the join began that came to a good end; None: it may be half joined
    entra_device_id: str | None = None  # the deviceId, not the object id
    managed_device_id: str | None = None
    host_pool_id: str | None = None
    session_host: str | None = None
    sign_in_given_at: datetime | None = None  # when Azure was told the last of the roles that the user signs in with
    assigned_at: datetime | None = None  # when a machine of the warm pool was assigned to its user

    def with_found(self, found: "Resources") -> "Resources":
        """Return these resources updated by *found*; others stay, unless *found* is about another machine."""
        if found.computer_name is not None and self.computer_name not in {None, found.computer_name}:
            return found
        return self.but(**{name: value for name, value in found if value is not None})

    def made_in(self, step: Step) -> tuple[str, ...]:
        """Return the ids of the resources that *step* has made."""
        made = {
            Step.CREATE_VM: (self.vm_id, self.nic_id),
            Step.JOIN_DIRECTORY: (self.entra_device_id,),
            Step.ENROLL_IN_INTUNE: (self.managed_device_id,),
            Step.ASSIGN_USER: (self.session_host,),
        }
        return tuple(id_ for id_ in made.get(step, ()) if id_)


class PoolUse(Value):
    """Note that a build has asked the warm pool for a machine: it got one, or *why* it is built like any other.

    *asked_at*: when the licence and the policy met. *claimed_at*: when it got its machine. *off*: the machine has to be
    started first. *region*: of the pool that had it, None where that is not of a region. *instead_of*: the id of the
    member that the user was to have, which Azure refused: it is given once only that somebody gets another one.
    """

    asked_at: datetime
    claimed: bool
    claimed_at: datetime | None = Field(None, exclude_if=is_none)
    off: bool = Field(False, exclude_if=is_false)
    region: str | None = Field(None, exclude_if=is_none)
    why: str | None = None
    instead_of: str | None = Field(None, exclude_if=is_none)


class Build(Value):
    """One build of a Cloud PC: its source, its progress, and its resources.

    *generation* counts the builds of a Cloud PC, *attempt* the tries within one build. Until its first attempt has
    cleaned up, *resources*, *restore_points* and *disks* are what an earlier build left.
    """

    generation: int = 0
    attempt: int = 0
    phase: Phase = Phase.WAITING
    reason: str | None = None  # why it waits, is not built or leaves, in words
    step: Step | None = None
    step_started_at: datetime | None = None
    resumed_at: Step | None = None  # where this attempt goes on with the machine that is there; None: it begins anew
    snapshot: Snapshot | None = None
    subscription_id: str | None = None  # where it is to be made; None: where its connection says
    new_plan: ServicePlan | None = None  # of a replacement that gets other hardware; None: what the Cloud PC has
    group_id: str | None = None  # through which the user came to the policy
    resources: Resources = Field(default_factory=Resources)
    warnings: tuple[Warn, ...] = ()
    last_error: Failure | None = None
    parked_since: datetime | None = None
    clean_up_at: datetime | None = None  # None although something is to be cleaned up: the clean-up has begun
    operation_id: str | None = None  # the operation that asked for this build over HTTP, if one did
    restore_points: tuple[RestorePoint, ...] = ()  # oldest first; written down before they are made
    disks: tuple[str, ...] = ()  # names of OS disks that were, or may have been, made from restore points
    disk: KeptDisk | None = None  # from which it is made; None: from the image of its snapshot
    pool: PoolUse | None = None  # whether the warm pool of its policy had a machine; None: it was not asked
    unless_in_use: bool = Field(False, exclude_if=is_false)  # it takes the place only where nobody is active
    temporary_size: TemporarySize | None = Field(None, exclude_if=is_none)  # that its machine has, or is to have

    @property
    def policy_id(self) -> str | None:
        """The id of the policy that it follows, None before it has a snapshot."""
        return self.snapshot.policy_id if self.snapshot else None

    @property
    def slot(self) -> Slot:
        """The slot in which its machine is, as far as it knows."""
        return self.resources.slot or "a"

    @property
    def unfinished(self) -> bool:
        """Whether it has neither succeeded nor failed yet."""
        return self.phase in {Phase.WAITING, Phase.BUILDING}


class TimelineEntry(Value):
    """One step of one attempt. *run*: the operation, for work that may be done more than once to a machine."""

    generation: int
    attempt: int
    step: Step
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str | None = None  # "succeeded", "failed", "parked", "warned"
    resource_ids: tuple[str, ...] = ()
    error: Failure | None = None
    note: str | None = None
    run: str | None = None
