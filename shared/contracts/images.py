"""Device images: built by a temporary VM that is captured into the site's gallery, and removed."""

from datetime import timedelta
from typing import Literal, Never

from pydantic import Field

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Poll, PollPolicy, Workflow
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Refused
from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.images.image import ImageSource
from shared.domain.images.validation import LARGEST_IMAGE_IN_GB
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.networks.connection import Network
from shared.domain.owner import Owner, OwnerKind
from shared.domain.values import Value

IMPORT_STEP = "importSource"
"""The first step of a build from a managed image."""
BUILD_STEPS: dict[str, str] = {
    IMPORT_STEP: "Import the managed image into the site's gallery",
    "allocateCapacity": "Find capacity for the temporary VM",
    "createVm": "Create the temporary VM from the source",
    "generalize": "Generalise Windows",
    "capture": "Capture into the site's gallery",
    "replicate": "Replicate to the site's regions",
    "cleanUp": "Remove the temporary VM",
    "validate": "Start a test VM from the image",
}
BUILDER = ServicePlan.model_construct(
    id="image-builder",
    sku_part_number="image-builder",
    display_name="Image builder",
    v_cpu_count=2,
    ram_in_gb=8,
    storage_in_gb=LARGEST_IMAGE_IN_GB,
)
"""The temporary VM's hardware."""


class CapturedOrder(Value):
    """Make an image from a temporary machine; *regions*: of the image, the first has the machine.

    *broken_off*: earlier work on this image broke off: what that left goes first.
    """

    tenant_id: str
    operation_id: str
    display_name: str
    version: str
    source: ImageSource
    subscription_id: str
    resource_group: str
    regions: tuple[str, ...]
    zones: tuple[str, ...] = ()
    address_space: str
    network: Network = Field(default_factory=Network)
    broken_off: bool = False

    def machine_of(self, owner: Owner, prefix: str) -> Machine:
        """Return the temporary machine, which later is the test machine."""
        return Machine(
            tenant_id=self.tenant_id,
            owner=owner,
            subscription_id=self.subscription_id,
            resource_group=self.resource_group,
            region=self.regions[0],
            computer_name=f"{prefix}-{owner.id[:8]}".upper(),
        )

    def import_for(self, machine: Machine) -> "ImportOrder | None":
        """Return the order to import the source for *machine*, None where that is made from the source itself."""
        source = self.source.managed_image_id
        return ImportOrder(machine=machine, managed_image_id=source) if source else None

    def gallery_version(self, version_id: str) -> "GalleryVersion":
        """Return a version in the gallery by its ARM id."""
        return GalleryVersion(tenant_id=self.tenant_id, subscription_id=self.subscription_id, version_id=version_id)


class ImageOrder(CapturedOrder):
    """Build one device image."""

    image_id: str

    @property
    def machine(self) -> Machine:
        """The temporary VM."""
        return self.machine_of(Owner(kind=OwnerKind.DEVICE_IMAGE, id=self.image_id), "IMG")


class CaptureOrder(Value):
    """Capture the generalised VM as a version of the image's definition in the site's gallery."""

    machine: Machine
    display_name: str
    version: str
    regions: tuple[str, ...]
    exclude_from_latest: bool = False


class ImportOrder(Value):
    """Copy a managed image into the site's gallery, for the machine that is made from it: with Trusted Launch.

    Machines with Trusted Launch are not made from managed images
    (learn.microsoft.com/azure/virtual-machines/trusted-launch#unsupported-features).
    """

    machine: Machine
    managed_image_id: str


class GalleryVersion(Value):
    """A gallery version by its ARM id."""

    tenant_id: str
    subscription_id: str
    version_id: str


class ValidationOrder(Value):
    """Let a test machine report whether its image fits a Cloud PC."""

    machine: Machine


class Validated(Value):
    """The machine has started and reported; *warnings* do not keep the image from use."""

    kind: Literal["validated"] = "validated"
    warnings: tuple[Warn, ...] = ()


class ImageStepRecord(Value):
    """A step of the build begins."""

    tenant_id: str
    image_id: str
    operation_id: str
    step: str


class ImageReadyRecord(Value):
    """Record that an image may be used, with the *warnings* of its validation."""

    tenant_id: str
    image_id: str
    operation_id: str
    version_id: str
    regions: tuple[str, ...]
    warnings: tuple[Warn, ...] = ()


class ImageFailedRecord(Value):
    """Record that a build failed; *left*: the resources that could not be removed."""

    tenant_id: str
    image_id: str
    operation_id: str
    failure: Failure
    left: tuple[Failure, ...] = ()


class ImageBuilt(Value):
    """Result of the build."""

    outcome: Literal["ready", "failed"]
    failure: Failure | None = None


PREPARE_GALLERY = Poll("prepare_gallery", CaptureOrder, Done, Refused, effect=Effect.MAKES)
PREPARE_IMPORT = Poll("prepare_import", ImportOrder, Done, Refused, effect=Effect.MAKES)
BEGIN_IMPORT = Activity("begin_import", ImportOrder, Accepted, NoCapacity | Refused, effect=Effect.MAKES)
DELETE_IMPORT = Activity("delete_import", ImportOrder, Done, Refused, effect=Effect.ENDS)
BEGIN_GENERALIZE = Activity("begin_generalize", Machine, Accepted, Refused, effect=Effect.CHANGES)
POLL_STOPPED = Poll("poll_stopped", Machine, Done, Refused, effect=Effect.READS)
MARK_GENERALIZED = Activity("mark_generalized", Machine, Done, Refused, effect=Effect.CHANGES)
BEGIN_CAPTURE = Activity("begin_capture", CaptureOrder, Accepted, NoCapacity | Refused, effect=Effect.MAKES)
POLL_REPLICATION = Poll("poll_replication", GalleryVersion, Done, Refused, effect=Effect.READS)
BEGIN_VALIDATION = Activity("begin_validation", ValidationOrder, Accepted, Refused, effect=Effect.CHANGES)
READ_VALIDATION = Poll("read_validation", ValidationOrder, Validated, Refused, effect=Effect.READS)
DELETE_GALLERY_VERSION = Activity("delete_gallery_version", GalleryVersion, Done, Refused, effect=Effect.ENDS)
RECORD_IMAGE_STEP = Activity("record_image_step", ImageStepRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)
RECORD_IMAGE_READY = Activity(
    "record_image_ready", ImageReadyRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
RECORD_IMAGE_FAILED = Activity(
    "record_image_failed", ImageFailedRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)

REPLICAS = 2
"""Number of replicas of a version in each region. One serves about fifty concurrent builds; more make the capture
slower.
"""

STOP_POLL = PollPolicy(timedelta(seconds=60), timedelta(seconds=30), timedelta(minutes=60))
CAPTURE_POLL = PollPolicy(timedelta(minutes=5), timedelta(minutes=1), timedelta(hours=3))
VALIDATION_POLL = PollPolicy(timedelta(seconds=30), timedelta(seconds=15), timedelta(minutes=30))
REPLICATION_POLL = PollPolicy(timedelta(minutes=1), timedelta(minutes=1), timedelta(hours=6))

BUILD_IMAGE = Workflow("build_device_image", ImageOrder, ImageBuilt, longest_wait=REPLICATION_POLL.timeout)


class RemoveImageOrder(Value):
    """Remove the resources of a device image whose record was deleted."""

    tenant_id: str
    image_id: str
    operation_id: str
    version: GalleryVersion


class ImageDeletedRecord(Value):
    """Result of a removal; *left*: the reason why the version is still there."""

    tenant_id: str
    operation_id: str
    left: Refused | None = None


REMOVE_IMAGE = Workflow("remove_device_image", RemoveImageOrder, Done | Refused, longest_wait=timedelta(minutes=30))
RECORD_IMAGE_DELETED = Activity(
    "record_image_deleted", ImageDeletedRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS
)
