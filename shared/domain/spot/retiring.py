"""The versions of an image set that go, because newer ones are there and nothing uses them; the cost of one. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pydantic import Field

from shared.domain.spot.image_version import ImageVersion, VersionStatus, numbers
from shared.domain.values import Value

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
    """Return the cost of a version with so many *replicas* in each of its regions."""
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
