"""The versions of image sets: built, customised, sealed, tested, replicated, removed."""

from datetime import timedelta
from typing import Literal, Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.images import IMPORT_STEP, REPLICATION_POLL, CapturedOrder, CaptureOrder, GalleryVersion
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Refused
from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.networks.connection import Domain, Network
from shared.domain.owner import Owner, OwnerKind
from shared.domain.spot.images.image_version import VersionActionName, VersionEvent
from shared.domain.values import Value

VERSION_STEPS: dict[str, str] = {
    IMPORT_STEP: "Import the managed image into the gallery of the set",
    "allocateCapacity": "Find capacity for the temporary machine",
    "createVm": "Create the temporary machine from the source",
    "customize": "Run the recipe",
    "closeWayIn": "Close the way in",
    "generalize": "Generalise Windows",
    "capture": "Capture into the set's gallery",
    "cleanUp": "Remove the temporary machine",
    "validate": "Start a test machine from the version",
    "replicate": "Replicate to the regions of the set",
}
BY_HAND_STEPS = ("allocateCapacity", "createVm")
SEALING_STEPS = ("closeWayIn", "generalize", "capture", "cleanUp", "validate", "replicate")
WHOLE_STEPS = tuple(step for step in VERSION_STEPS if step not in {IMPORT_STEP, "closeWayIn"})


class JoinToTry(Value):
    """The join of a version's test machine, through a connection of session hosts. *domain* None joins Entra ID."""

    connection_id: str
    network: Network
    domain: Domain | None = None
    hybrid_wait: timedelta


class VersionOrder(CapturedOrder):
    """Build, seal or remove a version.

    *recipe_steps*: how many there are, None: an administrator customises it. *captured*: its ARM id once it is in the
    gallery. *joins*: None: the site has no connection through which the test machine could join.
    """

    version_id: str
    image_set_id: str
    recipe_steps: int | None = None
    is_first: bool = False
    captured: str | None = None
    joins: JoinToTry | None = None

    @property
    def by_hand(self) -> bool:
        """Whether an administrator customises and seals it."""
        return self.recipe_steps is None and not self.is_first

    @property
    def build_steps(self) -> tuple[str, ...]:
        """The steps of its build."""
        steps = BY_HAND_STEPS if self.by_hand else WHOLE_STEPS
        return (IMPORT_STEP, *steps) if self.source.managed_image_id else steps

    @property
    def machine(self) -> Machine:
        """The temporary machine, and later the test machine."""
        return self.machine_of(Owner(kind=OwnerKind.IMAGE_VERSION, id=self.version_id), "VER")

    @property
    def capture(self) -> CaptureOrder:
        """The capture: in the first region only, and no host's latest, until a test machine has started from it."""
        return CaptureOrder(
            machine=self.machine,
            display_name=self.display_name,
            version=self.version,
            regions=self.regions[:1],
            exclude_from_latest=True,
        )


class VersionBuilt(Value):
    """Result of the work on a version."""

    outcome: Literal["customizing", "available", "failed"]
    failure: Failure | None = None


class PublishOrder(Value):
    """Replicate a version to all its regions. *validated*: hosts may take it as the latest."""

    tenant_id: str
    gallery_version: GalleryVersion
    image_set_id: str
    regions: tuple[str, ...]
    validated: bool


class RecipeStepOrder(Value):
    """Run a step of the recipe of a version. *number* counts from 0."""

    machine: Machine
    number: int


class VersionStepRecord(Value):
    """A step of the work begins. *steps*: all of this work, in their order."""

    tenant_id: str
    version_id: str
    operation_id: str
    step: str
    steps: tuple[str, ...]


class VersionRecord(Value):
    """Something has happened to a version. *ends*: whether its operation ends with it."""

    tenant_id: str
    version_id: str
    operation_id: str
    event: VersionEvent
    ends: bool = False
    gallery_version_id: str | None = None
    regions: tuple[str, ...] = ()
    validated: bool = False
    warnings: tuple[Warn, ...] = ()
    failure: Failure | None = None
    left: tuple[Failure, ...] = ()


class VersionDeletedRecord(Value):
    """Result of the removal of a version. *left*: resources that could not be removed."""

    tenant_id: str
    version_id: str
    operation_id: str
    left: tuple[Failure, ...] = ()


class VersionActionOrder(Value):
    """Do something to the temporary machine of a version. *minutes*: how long a way in stays open."""

    tenant_id: str
    version_id: str
    operation_id: str
    name: VersionActionName
    machine: Machine
    address: str | None = None
    minutes: int | None = None
    secret_url: str | None = None


class WayInOrder(Value):
    """Open a way in to *machine* from one *address*."""

    machine: Machine
    address: str


class WayIn(Value):
    """The way in is open: at a public address of the machine's own, or through the network's Bastion, by its id."""

    kind: Literal["wayIn"] = "wayIn"
    public_address: str | None = None
    bastion_id: str | None = None


class AdministratorOrder(Value):
    """Give the local administrator the password that is at *secret_url*."""

    machine: Machine
    secret_url: str


class SecretOrder(Value):
    """Delete a secret that was for one use."""

    tenant_id: str
    secret_url: str


class VersionActionRecord(Value):
    """Record that an action has ended. *way_in*: the way in that it has opened."""

    tenant_id: str
    version_id: str
    operation_id: str
    name: VersionActionName
    way_in: WayIn | None = None
    failure: Failure | None = None


class VersionActionEnded(Value):
    """Result of an action on a version."""

    outcome: Literal["succeeded", "failed"]


BEGIN_PUBLICATION = Activity("begin_publication", PublishOrder, Accepted, NoCapacity | Refused, effect=Effect.CHANGES)
BEGIN_RECIPE_STEP = Activity("begin_recipe_step", RecipeStepOrder, Accepted, Refused, effect=Effect.CHANGES)
READ_RECIPE_STEP = Poll("read_recipe_step", RecipeStepOrder, Done, Refused, effect=Effect.READS)
RECORD_VERSION_STEP = Activity(
    "record_version_step", VersionStepRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
RECORD_VERSION = Activity("record_version", VersionRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RECORD_VERSION_DELETED = Activity(
    "record_version_deleted", VersionDeletedRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
RECORD_VERSION_ACTION = Activity(
    "record_version_action", VersionActionRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
BEGIN_ADMINISTRATOR = Activity("begin_administrator", AdministratorOrder, Accepted, Refused, effect=Effect.CHANGES)
READ_ADMINISTRATOR = Poll("read_administrator", AdministratorOrder, Done, Refused, effect=Effect.READS)
FORGET_SECRET = Activity("forget_secret", SecretOrder, Done, Refused, effect=Effect.ENDS)
OPEN_WAY_IN = Poll("open_way_in", WayInOrder, WayIn, Refused, effect=Effect.CHANGES)
CLOSE_WAY_IN = Poll("close_way_in", Machine, Done, Refused, effect=Effect.ENDS)

RECIPE_POLL = PollPolicy(timedelta(seconds=45), timedelta(seconds=30), timedelta(minutes=100))
WAY_IN_POLL = PollPolicy(timedelta(seconds=5), timedelta(seconds=5), timedelta(minutes=20))

BUILD_VERSION = Workflow("build_image_version", VersionOrder, VersionBuilt, longest_wait=REPLICATION_POLL.timeout)
SEAL_VERSION = Workflow("seal_image_version", VersionOrder, VersionBuilt, longest_wait=REPLICATION_POLL.timeout)
REMOVE_VERSION = Workflow("remove_image_version", VersionOrder, Done | Refused)
RUN_VERSION_ACTION = Workflow("run_version_action", VersionActionOrder, VersionActionEnded)
