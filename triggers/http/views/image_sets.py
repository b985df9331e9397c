"""Image sets and their versions: our own, in the manner of Graph's cloudPcDeviceImage."""

from __future__ import annotations

from collections import abc
from collections.abc import Iterable
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.spot.image_set import HostPoolType, ImageSet, Recipe
from shared.domain.spot.image_version import (
    Access,
    ImageVersion,
    VersionActionName,
    VersionStatus,
    VersionUse,
    replicas_for,
)
from shared.domain.spot.notes import Note
from shared.domain.spot.retiring import VersionCost, cost_of
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.response_shapes import Entity

_DATES = "createdDateTime lastModifiedDateTime"
IMAGE_SETS = Collection(
    name="imageSets",
    kinds=kinds_of(
        "id", "displayName", "description", "hostPoolType", "siteId", "sourceName", moments=_DATES, flags="isGlobal"
    ),
    searched=("displayName", "description", "sourceName"),
)
IMAGE_VERSIONS = Collection(
    name="imageVersions",
    kinds=kinds_of("id", "version", "status", "sourceName", moments=_DATES, flags="byRecipe validated"),
    searched=("version", "sourceName"),
)


class UseView(TypedDict):
    """A Spot Group, and which version of the set it uses."""

    spotGroupId: str
    displayName: str
    version: str
    hosts: int


class ImageSetView(TypedDict):
    """An image set, with the groups that use its versions."""

    id: str
    displayName: str
    description: str
    notes: list[Annotated[Json, DumpOf(Note)]]
    hostPoolType: HostPoolType
    siteId: str
    isGlobal: bool
    sourceName: str
    galleryImageId: str | None
    galleryVersionId: str | None
    managedImageId: str | None
    recipe: Annotated[Json, DumpOf(Recipe)]
    nextBuildDateTime: Timestamp | None
    usedBy: list[UseView]
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp


class ImageVersionView(TypedDict):
    """A version of an image set, with the groups that use it.

    *isRetired*: it is deleted within a day, by the setting of its set. *cost*: the most that it costs while it is kept.
    """

    id: str
    imageSetId: str
    version: str
    status: VersionStatus
    sourceName: str
    notes: list[Annotated[Json, DumpOf(Note)]]
    byRecipe: bool
    validated: bool
    galleryVersionId: str | None
    regions: list[str]
    warnings: list[Annotated[Json, DumpOf(Warn)]]
    failure: Annotated[Json, DumpOf(Failure)] | None
    left: list[Annotated[Json, DumpOf(Failure)]]
    running: VersionActionName | None
    access: Annotated[Json, DumpOf(Access)] | None
    shutDownDateTime: Timestamp | None
    operationId: str | None
    usedBy: list[UseView]
    isRetired: bool
    cost: Annotated[Json, DumpOf(VersionCost)]
    createdDateTime: Timestamp
    lastModifiedDateTime: Timestamp


IMAGE_SET, IMAGE_VERSION = Entity(ImageSetView), Entity(ImageVersionView)


def image_set_view(image_set: ImageSet, uses: Iterable[VersionUse], *, with_source: bool) -> ImageSetView:
    """Return an image set. *uses*: of its versions. *with_source*: with the scripts of its recipe."""
    marketplace = image_set.source.marketplace
    return {
        "id": image_set.id,
        "displayName": image_set.display_name,
        "description": image_set.description,
        "notes": [note.to_json() for note in image_set.notes],
        "hostPoolType": image_set.host_pool_type,
        "siteId": image_set.home_site_id,
        "isGlobal": image_set.is_global,
        "sourceName": image_set.source_name,
        "galleryImageId": marketplace.id if marketplace else None,
        "galleryVersionId": image_set.source.gallery_version_id,
        "managedImageId": image_set.source.managed_image_id,
        "recipe": image_set.recipe.to_json() if with_source else image_set.recipe.without_source(),
        "nextBuildDateTime": timestamp(image_set.next_build_at),
        "usedBy": [_use_view(use) for use in uses],
        "createdDateTime": timestamp(image_set.created_date_time),
        "lastModifiedDateTime": timestamp(image_set.last_modified_date_time),
    }


def image_version_view(
    version: ImageVersion, uses: Iterable[VersionUse], retired: abc.Collection[str] = ()
) -> ImageVersionView:
    """Return a version. *uses*: of all versions of its set; *retired*: ids of those that are to be deleted."""
    used = [use for use in uses if use.version == version.version]
    return {
        "id": version.id,
        "imageSetId": version.image_set_id,
        "version": version.version,
        "status": version.status,
        "sourceName": version.source_name,
        "notes": [note.to_json() for note in version.notes],
        "byRecipe": version.recipe is not None,
        "validated": version.validated,
        "galleryVersionId": version.gallery_version_id,
        "regions": list(version.regions),
        "warnings": [warning.to_json() for warning in version.warnings],
        "failure": version.failure.to_json() if version.failure else None,
        "left": [failure.to_json() for failure in version.left],
        "running": version.action.name if version.action else None,
        "access": version.access.to_json() if version.access else None,
        "shutDownDateTime": timestamp(version.shut_down_at),
        "operationId": version.operation_id,
        "usedBy": [_use_view(use) for use in used],
        "isRetired": version.id in retired,
        "cost": cost_of(version, replicas_for(sum(use.hosts for use in used))).to_json(),
        "createdDateTime": timestamp(version.created_date_time),
        "lastModifiedDateTime": timestamp(version.last_modified_date_time),
    }


def _use_view(use: VersionUse) -> UseView:
    return {
        "spotGroupId": use.spot_group_id,
        "displayName": use.display_name,
        "version": use.version,
        "hosts": use.hosts,
    }
