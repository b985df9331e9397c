"""The source of an image in the forms of device images, image sets and their versions."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from shared.domain.images.image import OwnImage, image_named, is_managed_image
from shared.domain.values import ResourceId, Value
from shared.errors import Problem

SOURCES = ("galleryImageId", "galleryVersionId", "managedImageId")
"""The fields of which one names the source."""


class ChosenImage(Value):
    """An image to build from: at most one of the three."""

    gallery_image_id: ResourceId | None = Field(
        None, title="Marketplace image", description="An image of the marketplace. Name one source only."
    )
    gallery_version_id: ResourceId | None = Field(
        None,
        title="Gallery version",
        description="A version in a gallery of the tenant's subscription. Name one source only.",
    )
    managed_image_id: ResourceId | None = Field(
        None,
        title="Managed image",
        description="An image of your own in the tenant's subscription. Name one source only.",
    )

    @property
    def named(self) -> tuple[str, ...]:
        """The fields that name a source."""
        return tuple(name for name, value in self.to_json().items() if name in SOURCES and value is not None)

    @property
    def own_image_id(self) -> str | None:
        """The ARM id of a gallery version or a managed image."""
        return self.gallery_version_id or self.managed_image_id


def own_image(step: ChosenImage, images: Iterable[OwnImage]) -> OwnImage | None:
    """Return the gallery version or the managed image that was chosen, None when there is none of that kind."""
    found = image_named(images, step.own_image_id)
    return found if found and is_managed_image(found.id) is (step.managed_image_id is not None) else None


def missing_own_image(step: ChosenImage, images: Iterable[OwnImage], what: str) -> Problem:
    """Return why nothing can be built from the gallery version or the managed image that was chosen.

    *what*: is to be built.
    """
    there = own_image(step, images)
    if there is not None and there.why_not is not None:
        message = f"no {what} can be built from it: {there.why_not}; choose another"
    else:
        kind = "gallery version" if step.managed_image_id is None else "managed image"
        message = f"there is no such {kind}; choose one of the tenant's"
    return Problem(f"/source/{step.named[0]}", message, "source")


def place_problems(step: ChosenImage, images: Iterable[OwnImage], region: str) -> Iterable[Problem]:
    """Give a problem where machines are made in a *region* in which the image of the tenant's own is not."""
    there = own_image(step, images)
    if there and there.offered and (why := there.why_not_in(region)):
        yield Problem(f"/source/{step.named[0]}", why, "source")
