"""The wizard that creates a device image, and the sources of images."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from shared.domain.images.image import (
    DeviceImage,
    DeviceImageStatus,
    GalleryImage,
    ImageSource,
    OwnImage,
    image_named,
    is_managed_image,
)
from shared.domain.tenants.tenant import Site
from shared.domain.values import Id, ResourceId, Value
from shared.domain.wizards.fields import Name, name_taken
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.reviews import Forecast, Review, review
from shared.errors import Problem


class ChosenImage(Value):
    """An image to build from: at most one of the three."""

    gallery_image_id: ResourceId | None = Field(
        None, title="Marketplace image", description="An image of the marketplace. Choose one source only."
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


SOURCES = tuple(str(field.alias) for field in ChosenImage.model_fields.values())
"""The fields of which one names the source."""


def _choose_one() -> str:
    *first, last = (f"a {str(f.title).lower()} ({f.alias})" for f in ChosenImage.model_fields.values())
    return f"choose {', '.join(first)} or {last}, and only one"


CHOOSE_ONE = _choose_one()
"""The sentence for a form that names no source, or more than one."""


def own_image(step: ChosenImage, images: Iterable[OwnImage]) -> OwnImage | None:
    """Return the chosen gallery version or managed image, or None if there is none of that kind."""
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


VERSION_TAKEN = Problem("/version/version", "this image has this version already; choose a higher one", "version")
_MOST = 20
"""Windows 365 keeps at most 20 custom images a tenant (docs/notes/windows365.md 2.10)."""
VERSION_NUMBER = r"^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$"


class DeviceImageNameStep(Value):
    """The name of the image."""

    display_name: Name = Field(title="Name", description="Name and version together must be unique.")


class DeviceImageSiteStep(Value):
    """Site at which it is built and kept."""

    site_id: Id = Field(
        title="Site", description="Where it is built and kept; it is copied to the site's other regions."
    )


class DeviceImageVersionStep(Value):
    """Version of the image; (name, version) is unique."""

    version: str = Field(
        pattern=VERSION_NUMBER, max_length=29, description="Three numbers, such as 1.0.0.", title="Version"
    )


class DeviceImageSourceStep(ChosenImage):
    """Source of the image: exactly one of the three."""


CREATE_DEVICE_IMAGE = Wizard(
    "create-device-image",
    "Create Device Image",
    (
        WizardStep("name", "Enter Image Name", DeviceImageNameStep),
        WizardStep("site", "Select Site", DeviceImageSiteStep),
        WizardStep("version", "Version", DeviceImageVersionStep, "For your own tracking and change control."),
        WizardStep("source", "Select Source Image", DeviceImageSourceStep),
        WizardStep(REVIEW, "Review and Create Device Image"),
    ),
)


class ImageFacts(Value):
    """Existing records, and the sources from which an image may be built."""

    sites: tuple[Site, ...]
    images: tuple[DeviceImage, ...]
    gallery_images: tuple[GalleryImage, ...]
    own_images: tuple[OwnImage, ...]

    def source(self, step: DeviceImageSourceStep) -> ImageSource | None:
        """Return the source that was chosen, None when it does not exist."""
        if step.own_image_id is not None:
            found = own_image(step, self.own_images)
            return found.source if found and found.offered else None
        offered = next((i for i in self.gallery_images if i.id == step.gallery_image_id), None)
        return ImageSource(marketplace=offered.image) if offered else None


def review_device_image(
    form: Mapping[str, Any], facts: ImageFacts, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of a form, and the values read from it."""
    reading = CREATE_DEVICE_IMAGE.read(form, through_step)
    problems = [*reading.problems, *_problems(reading, facts)]
    reviewed = review(CREATE_DEVICE_IMAGE, through_step, problems, (), _forecast(reading, facts))
    return reviewed, Reading(reading.values, tuple(problems))


def _problems(reading: Reading, facts: ImageFacts) -> list[Problem]:
    found: list[Problem] = []
    name, version = reading.value("name", DeviceImageNameStep), reading.value("version", DeviceImageVersionStep)
    if name and len([i for i in facts.images if i.status is not DeviceImageStatus.FAILED]) >= _MOST:
        found.append(
            Problem("/name/displayName", f"there are {_MOST} device images already, which is the limit", "name")
        )
    site = reading.value("site", DeviceImageSiteStep)
    if site and site.site_id not in {s.id for s in facts.sites}:
        found.append(Problem("/site/siteId", "there is no such site", "site"))
    if name and version and _exists(name.display_name, version.version, facts.images):
        found.append(VERSION_TAKEN)
    source = reading.value("source", DeviceImageSourceStep)
    if source:
        found.extend(_source_problems(source, facts))
        region = next((each.region for each in facts.sites if site and each.id == site.site_id), None)
        if region:
            found.extend(place_problems(source, facts.own_images, region))
    return found


def _exists(name: str, version: str, images: tuple[DeviceImage, ...]) -> bool:
    return name_taken(name, (i.display_name for i in images if i.version == version))


def _source_problems(step: DeviceImageSourceStep, facts: ImageFacts) -> list[Problem]:
    if not step.named:
        return [Problem(f"/source/{SOURCES[0]}", CHOOSE_ONE, "source")]
    if len(step.named) > 1:
        first, *others = step.named
        return [Problem(f"/source/{others[0]}", f"name one only: leave this out, or {first}", "source")]
    if facts.source(step) is not None:
        return []
    if step.own_image_id is not None:
        return [missing_own_image(step, facts.own_images, "Cloud PC")]
    return [Problem("/source/galleryImageId", "there is no such image; name one of galleryImages", "source")]


def _forecast(reading: Reading, facts: ImageFacts) -> Forecast | None:
    chosen = reading.value("site", DeviceImageSiteStep)
    site = next((s for s in facts.sites if chosen and s.id == chosen.site_id), None)
    if site is None:
        return None
    return Forecast(
        summary=f"A temporary VM is built in {site.region}, generalised and captured for {', '.join(site.regions)}, "
        "and removed; a test VM proves that the image starts. This takes about an hour and a quarter.",
        details={"siteId": site.id, "regions": list(site.regions)},
    )
