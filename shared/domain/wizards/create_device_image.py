"""Create Device Image: name, site, version, source, review; saving builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from shared.domain.images.image import DeviceImage, DeviceImageStatus, GalleryImage, GalleryVersion, ImageSource
from shared.domain.tenants.tenant import Site
from shared.domain.values import Id, ResourceId, Value
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.names import Name, name_taken
from shared.domain.wizards.reviews import Forecast, Review, review
from shared.errors import Problem

VERSION_TAKEN = Problem("/version/version", "this image has this version already; choose a higher one", "version")
_MOST = 20
"""Windows 365 keeps at most 20 custom images a tenant (docs/notes/windows365.md 2.10)."""
VERSION_NUMBER = r"^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$"


class NameStep(Value):
    """The name of the image."""

    display_name: Name = Field(title="Name", description="With the version it is unique.")


class SiteStep(Value):
    """Where it is built and kept."""

    site_id: Id = Field(
        title="Site", description="Where it is built and kept; it is copied to the site's other regions."
    )


class VersionStep(Value):
    """Which version it is; (name, version) is unique."""

    version: str = Field(pattern=VERSION_NUMBER, max_length=29, description="major.minor.patch", title="Version")


class SourceStep(Value):
    """What it is built from: exactly one of the two."""

    gallery_image_id: ResourceId | None = Field(
        None, title="Marketplace image", description="An image of the marketplace. Name this or a gallery version."
    )
    gallery_version_id: ResourceId | None = Field(
        None,
        title="Gallery version",
        description="A version in a gallery of the tenant's subscription. Name this or a marketplace image.",
    )


CREATE_DEVICE_IMAGE = Wizard(
    "create-device-image",
    "Create Device Image",
    (
        WizardStep("name", "Enter Image Name", NameStep),
        WizardStep("site", "Select Site", SiteStep),
        WizardStep("version", "Version", VersionStep, "For your own tracking and change control."),
        WizardStep("source", "Select Source Image", SourceStep),
        WizardStep(REVIEW, "Review and Create Device Image"),
    ),
)


class ImageFacts(Value):
    """What exists already, and what an image may be built from."""

    sites: tuple[Site, ...]
    images: tuple[DeviceImage, ...]
    gallery_images: tuple[GalleryImage, ...]
    gallery_versions: tuple[GalleryVersion, ...]

    def source(self, step: SourceStep) -> ImageSource | None:
        """Return the source that was chosen, None when it does not exist."""
        if step.gallery_version_id is not None:
            chosen = step.gallery_version_id.lower()
            found = next((v for v in self.gallery_versions if v.id.lower() == chosen and v.offered), None)
            return ImageSource(gallery_version_id=found.id) if found else None
        offered = next((i for i in self.gallery_images if i.id == step.gallery_image_id), None)
        return ImageSource(marketplace=offered.image) if offered else None


def review_device_image(
    form: Mapping[str, Any], facts: ImageFacts, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of a form, and what was read of it."""
    reading = CREATE_DEVICE_IMAGE.read(form, through_step)
    problems = [*reading.problems, *_problems(reading, facts)]
    reviewed = review(CREATE_DEVICE_IMAGE, through_step, problems, (), _forecast(reading, facts))
    return reviewed, Reading(reading.values, tuple(problems))


def _problems(reading: Reading, facts: ImageFacts) -> list[Problem]:
    found: list[Problem] = []
    name, version = reading.value("name", NameStep), reading.value("version", VersionStep)
    if name and len([i for i in facts.images if i.status is not DeviceImageStatus.FAILED]) >= _MOST:
        found.append(
            Problem("/name/displayName", f"there are {_MOST} device images already, which is the limit", "name")
        )
    site = reading.value("site", SiteStep)
    if site and site.site_id not in {s.id for s in facts.sites}:
        found.append(Problem("/site/siteId", "there is no such site", "site"))
    if name and version and _exists(name.display_name, version.version, facts.images):
        found.append(VERSION_TAKEN)
    source = reading.value("source", SourceStep)
    if source:
        found.extend(_source_problems(source, facts))
    return found


def _exists(name: str, version: str, images: tuple[DeviceImage, ...]) -> bool:
    return name_taken(name, (i.display_name for i in images if i.version == version))


def _source_problems(step: SourceStep, facts: ImageFacts) -> list[Problem]:
    if step.gallery_image_id is None and step.gallery_version_id is None:
        return [Problem("/source/galleryImageId", "required, or galleryVersionId: name one of the two", "source")]
    if step.gallery_image_id is not None and step.gallery_version_id is not None:
        return [Problem("/source/galleryVersionId", "name one only: leave this out, or galleryImageId", "source")]
    if facts.source(step) is not None:
        return []
    if step.gallery_version_id is not None:
        chosen = step.gallery_version_id.lower()
        faults = [v.fault for v in facts.gallery_versions if v.id.lower() == chosen and v.ready and v.fault]
        if faults:
            message = f"no Cloud PC can be built from this version: {faults[0]}"
            return [Problem("/source/galleryVersionId", message, "source")]
        return [Problem("/source/galleryVersionId", "there is no such gallery version that is ready", "source")]
    return [Problem("/source/galleryImageId", "there is no such image; name one of galleryImages", "source")]


def _forecast(reading: Reading, facts: ImageFacts) -> Forecast | None:
    chosen = reading.value("site", SiteStep)
    site = next((s for s in facts.sites if chosen and s.id == chosen.site_id), None)
    if site is None:
        return None
    return Forecast(
        summary=f"A temporary VM is built in {site.region}, generalised and captured for {', '.join(site.regions)}, "
        "and removed; a test VM proves that the image starts. This takes about an hour and a quarter.",
        details={"siteId": site.id, "regions": list(site.regions)},
    )
