"""Versions of an image set: their record, and which of them are retired."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from pydantic import Field

from shared.domain import naming
from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.images.image import ImageSource
from shared.domain.spot.images.image_set import ImageSet, RecipeStep
from shared.domain.spot.notes import Note
from shared.domain.values import Value
from shared.errors import IllegalTransitionError

FIRST = "0.0.0"
"""The version that a set has from the beginning: its source, unchanged."""

SHUT_DOWN_AFTER = timedelta(hours=72)
"""Running time of the machine of a version that is customised; ``connect`` starts it again."""


class VersionStatus(StrEnum):
    """Status of a version."""

    CREATING_VM = "creatingVm"
    CUSTOMIZING = "customizing"
    SEALING = "sealing"
    VALIDATING = "validating"
    REPLICATING = "replicating"
    AVAILABLE = "available"
    FAILED = "failed"
    DELETING = "deleting"


class VersionEvent(StrEnum):
    """Events of a version."""

    MACHINE_READY = "machineReady"  # its temporary machine can be customised
    SEAL_BEGUN = "sealBegun"
    CAPTURED = "captured"  # it is in the gallery, excluded from latest; its temporary machine is gone
    TESTED = "tested"  # a test machine started from it, or there was no capacity for one
    REPLICATED = "replicated"  # it is in all its regions
    GAVE_UP = "gaveUp"  # nothing is left of it in Azure, or its failure says what
    BROKE_OFF = "brokeOff"  # a build by recipe was cut off: it begins anew
    DELETE_BEGUN = "deleteBegun"
    DELETE_FAILED = "deleteFailed"


_UNFINISHED = (
    VersionStatus.CREATING_VM,
    VersionStatus.CUSTOMIZING,
    VersionStatus.SEALING,
    VersionStatus.VALIDATING,
    VersionStatus.REPLICATING,
)
DELETABLE = (VersionStatus.CUSTOMIZING, VersionStatus.AVAILABLE, VersionStatus.FAILED)

TRANSITIONS: Mapping[tuple[VersionStatus, VersionEvent], VersionStatus] = MappingProxyType(
    {
        (VersionStatus.CREATING_VM, VersionEvent.MACHINE_READY): VersionStatus.CUSTOMIZING,
        (VersionStatus.CUSTOMIZING, VersionEvent.SEAL_BEGUN): VersionStatus.SEALING,
        (VersionStatus.SEALING, VersionEvent.CAPTURED): VersionStatus.VALIDATING,
        (VersionStatus.VALIDATING, VersionEvent.TESTED): VersionStatus.REPLICATING,
        (VersionStatus.REPLICATING, VersionEvent.REPLICATED): VersionStatus.AVAILABLE,
        **{(status, VersionEvent.GAVE_UP): VersionStatus.FAILED for status in _UNFINISHED},
        **{(status, VersionEvent.BROKE_OFF): VersionStatus.CREATING_VM for status in _UNFINISHED[1:]},
        **{(status, VersionEvent.DELETE_BEGUN): VersionStatus.DELETING for status in DELETABLE},
        (VersionStatus.DELETING, VersionEvent.DELETE_FAILED): VersionStatus.FAILED,
    }
)
"""The allowed transitions; all others are refused."""


def advance(status: VersionStatus, event: VersionEvent) -> VersionStatus:
    """Return the status after *event*. Raises: IllegalTransitionError if the table has no such row."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        allowed = sorted(each.value for at, each in TRANSITIONS if at is status)
        message = f"an image version that is {status.value} cannot be {event.value}"
        raise IllegalTransitionError(message, status=status.value, allowed=allowed) from None


class Access(Value):
    """A way in to the temporary machine, only *until*.

    It is a *public_address* that lets one caller's *address* in; or the Bastion of the network, by its id, whose users
    Azure decides on.
    """

    address: str
    public_address: str | None = None
    bastion_id: str | None = None
    until: datetime


class VersionActionName(StrEnum):
    """Actions on the temporary machine of a version that is customised."""

    CONNECT = "connect"
    DISCONNECT = "disconnect"
    REBOOT = "reboot"
    SHUT_DOWN = "shutDown"


class VersionAction(Value):
    """An action that runs. *secret_url*: where the password is until Windows has it; it is in no answer and no event.

    *operation_id*: also of an action that the service began by itself, which has no operation.
    """

    name: VersionActionName
    operation_id: str
    begun_at: datetime
    address: str | None = None
    minutes: int | None = None
    secret_url: str | None = None

    @property
    def until(self) -> datetime:
        """Time at which the access that it opens is closed."""
        return self.begun_at + timedelta(minutes=self.minutes or 0)


class ImageVersion(Value):
    """A version. *recipe*: the steps of an automatic build, None if it is customised by hand.

    *gallery_version_id*: its ARM id once it is captured; the first version of a set has none where it is its
    source. *validated*: a test machine has started from it.
    """

    id: str
    tenant_id: str
    image_set_id: str
    version: str
    status: VersionStatus
    source: ImageSource
    source_name: str
    notes: tuple[Note, ...] = ()
    recipe: tuple[RecipeStep, ...] | None = None
    operation_id: str | None = None
    gallery_version_id: str | None = None
    regions: tuple[str, ...] = ()
    validated: bool = False
    warnings: tuple[Warn, ...] = ()
    failure: Failure | None = None
    left: tuple[Failure, ...] = ()
    action: VersionAction | None = None
    access: Access | None = None
    shut_down_at: datetime | None = None  # None: the machine does not run, or there is none
    machine_removed_at: datetime | None = None  # when the removal of one of its machines was last ordered
    created_date_time: datetime
    last_modified_date_time: datetime

    @property
    def is_first(self) -> bool:
        """Whether it is the version that a set has from the beginning."""
        return self.version == FIRST

    @property
    def by_hand(self) -> bool:
        """Whether an administrator customises and seals it."""
        return self.recipe is None and not self.is_first

    @property
    def image(self) -> ImageSource | None:
        """Image from which machines are made, None while it is not available."""
        if self.status is not VersionStatus.AVAILABLE:
            return None
        return ImageSource(gallery_version_id=self.gallery_version_id) if self.gallery_version_id else self.source

    def after(self, event: VersionEvent, *, at: datetime, **changes: Any) -> "ImageVersion":  # noqa: ANN401 - any field
        """Return it after *event*, with *changes*. Raises: IllegalTransitionError."""
        return self.but(status=advance(self.status, event), **changes, last_modified_date_time=at)

    def audited(self) -> dict[str, Any]:
        """Return the properties that an audit event keeps: neither the place of a password nor the recipe."""
        audited = self.to_json()
        audited.pop("recipe", None)
        audited.get("action", {}).pop("secretUrl", None)
        return audited


class VersionUse(Value):
    """A Spot Group that uses a version. *hosts*: how many it has."""

    spot_group_id: str
    display_name: str
    version: str
    hosts: int = 0


def first_version(image_set: ImageSet, *, operation_id: str | None = None) -> ImageVersion:
    """Return the version that a set has from the beginning: its source, or a copy of it that is built first."""
    return ImageVersion(
        id=naming.derived_id("imageVersion", image_set.id, FIRST),
        tenant_id=image_set.tenant_id,
        image_set_id=image_set.id,
        version=FIRST,
        status=VersionStatus.REPLICATING if image_set.copies_first else VersionStatus.AVAILABLE,
        source=image_set.source,
        source_name=image_set.source_name,
        notes=image_set.notes,  # they are about both: why there is the set, and what its source is
        operation_id=operation_id,
        created_date_time=image_set.created_date_time,
        last_modified_date_time=image_set.created_date_time,
    )


def numbers(version: str) -> tuple[int, ...]:
    """Return the sort key of a version: 0.10.0 comes after 0.9.0."""
    return tuple(int(part) for part in version.split("."))


def next_version(versions: Iterable[str]) -> str:
    """Return the next patch number after the highest of *versions*."""
    major, minor, patch = max(map(numbers, versions), default=(0, 0, -1))
    return f"{major}.{minor}.{patch + 1}"


_LEAST_REPLICAS, _MOST_REPLICAS, _HOSTS_PER_REPLICA = 3, 50, 20


def replicas_for(hosts: int) -> int:
    """Return how many replicas a version has in each region: one for twenty hosts that are built at once.

    At least three, as Microsoft advises for production (docs/notes/spotpc-avd.md 2.2).
    """
    return min(_MOST_REPLICAS, max(_LEAST_REPLICAS, -(-hosts // _HOSTS_PER_REPLICA)))


DISK_GB = 127
"""The disk of a marketplace image of Windows: the least size of a version, of which Azure bills the used part."""

DOLLARS_FOR_A_GB = 0.05
"""A month of one GB of a copy on Standard_LRS, by the list prices of West Europe as far as we know them."""

_ENDED = frozenset({VersionStatus.AVAILABLE, VersionStatus.FAILED, VersionStatus.DELETING})


class VersionCost(Value):
    """The cost of a version while it is kept; both are the most that it can be.

    *copies*: one for each replica in each region. *dollars_a_month*: as if all of each copy were used, at list prices.
    """

    copies: int = Field(ge=0)
    gigabytes: int = Field(ge=0)
    dollars_a_month: float = Field(ge=0)

    @property
    def text(self) -> str:
        """Say it in a few words."""
        if not self.copies:
            return "it costs nothing: it is its source"
        return f"{self.copies} copies, up to {self.gigabytes} GB and {self.dollars_a_month:.0f} US dollars a month"


def cost_of(version: ImageVersion, replicas: int) -> VersionCost:
    """Return the cost of a version with *replicas* copies in each of its regions."""
    copies = len(version.regions) * replicas if version.gallery_version_id else 0
    gigabytes = copies * DISK_GB
    return VersionCost(copies=copies, gigabytes=gigabytes, dollars_a_month=round(gigabytes * DOLLARS_FOR_A_GB, 2))


def retired(
    versions: Collection[ImageVersion], keep: int | None, used: Collection[str], sources: Collection[str]
) -> list[ImageVersion]:
    """Return the versions of a set that go, the oldest first; none where *keep* is None.

    The newest *keep* stay that are available, and each that is in use: *used* has the numbers of those that groups,
    hosts and releases use, *sources* the ids of gallery versions that something else is made from. One that is
    customised or built from an earlier one keeps that.
    """
    if keep is None:
        return []
    made_from = {each.casefold() for each in (*sources, *_templates(versions))}
    available = sorted(
        (each for each in versions if each.status is VersionStatus.AVAILABLE), key=lambda each: numbers(each.version)
    )
    return [
        each
        for each in available[: max(0, len(available) - keep)]
        if each.gallery_version_id is not None
        and each.gallery_version_id.casefold() not in made_from
        and each.version not in used
        and each.action is None
    ]


def _templates(versions: Iterable[ImageVersion]) -> list[str]:
    return [
        each.source.gallery_version_id
        for each in versions
        if each.status not in _ENDED and each.source.gallery_version_id is not None
    ]
