"""Create Image Set: site, source, detail, recipe, notes, review; saving makes its first version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from shared.domain.images.image import GalleryImage, GalleryVersion, ImageSource
from shared.domain.spot.image_set import HostPoolType, ImageSet, Recipe
from shared.domain.spot.notes import NewNote
from shared.domain.tenants.tenant import Site
from shared.domain.texts import Description
from shared.domain.values import Id, ResourceId, Value
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.names import Name, name_taken
from shared.domain.wizards.reviews import Forecast, Review, review
from shared.errors import Problem

NO_STEPS = Problem(
    "/recipe/steps", "write at least one step to build a version by, or leave out the schedule", "recipe"
)
NAME_TAKEN = Problem("/detail/displayName", "an image set of this name exists; choose another", "detail")
_MOST = 200


class SiteStep(Value):
    """Where its hosts are: one site, or all sites (Global). Exactly one of the two."""

    site_id: Id | None = Field(
        None, title="Site", description="Where its versions are built and kept. Name this, or make it Global."
    )
    is_global: bool = Field(False, title="Global", description="Versions are replicated to the regions of all sites.")


class SourceStep(Value):
    """For which hosts it is, and what its first version is: exactly one of the two ids."""

    host_pool_type: HostPoolType = Field(
        title="Type of hosts",
        description="Pooled hosts need multi-session Windows, personal ones single-session Windows.",
    )
    gallery_image_id: ResourceId | None = Field(
        None, title="Marketplace image", description="An image of the marketplace. Name this or a gallery version."
    )
    gallery_version_id: ResourceId | None = Field(
        None,
        title="Gallery version",
        description="A version in a gallery of the tenant's subscription. Name this or a marketplace image.",
    )


class DetailStep(Value):
    """Its name and description."""

    display_name: Name = Field(title="Name", description="A name that no other one has.")
    description: Description = Field("", title="Description", description="What it is for.")


class NotesStep(Value):
    """Why it is made."""

    notes: NewNote | None = Field(None, title="Note", description="Kept with its author and date.")


CREATE_IMAGE_SET = Wizard(
    "create-image-set",
    "New Image Set",
    (
        WizardStep("site", "Select Site", SiteStep, "Global: replicated to the regions of all sites."),
        WizardStep("source", "Select Image Source", SourceStep),
        WizardStep("detail", "Image Set Detail", DetailStep),
        WizardStep("recipe", "Recipe", Recipe, "For versions that are built without hands; may be left out."),
        WizardStep("notes", "Notes", NotesStep),
        WizardStep(REVIEW, "Review and Save Configuration"),
    ),
)


class ImageSetFacts(Value):
    """What exists already, and what a set may be made of."""

    sites: tuple[Site, ...]
    image_sets: tuple[ImageSet, ...]
    pooled_images: tuple[GalleryImage, ...]
    personal_images: tuple[GalleryImage, ...]
    gallery_versions: tuple[GalleryVersion, ...]

    def images(self, host_pool_type: HostPoolType) -> tuple[GalleryImage, ...]:
        """Return the marketplace images for a type of hosts."""
        return self.pooled_images if host_pool_type is HostPoolType.POOLED else self.personal_images

    def source(self, host_pool_type: HostPoolType, image_id: str | None, version_id: str | None) -> Chosen | None:
        """Return the source that was chosen, None when it does not exist or does not fit."""
        if version_id is not None:
            offered = [v for v in self.gallery_versions if v.offered]
            found = next((v for v in offered if v.id.casefold() == version_id.casefold()), None)
            return Chosen(source=ImageSource(gallery_version_id=found.id), name=found.display_name) if found else None
        image = next((each for each in self.images(host_pool_type) if each.id == image_id), None)
        return Chosen(source=ImageSource(marketplace=image.image), name=image.display_name) if image else None


class Chosen(Value):
    """A source, and what people call it."""

    source: ImageSource
    name: str


def recommended(image: GalleryImage, names: Iterable[str]) -> bool:
    """Whether a marketplace image is one of *names*, which are ``offer-sku``; generation 2 is told apart by ``-g2``."""
    name = f"{image.image.offer}-{image.image.sku}".casefold().removesuffix("-g2")
    return name in {each.casefold().removesuffix("-g2") for each in names}


def review_image_set(
    form: Mapping[str, Any], facts: ImageSetFacts, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of a form, and what was read of it."""
    reading = CREATE_IMAGE_SET.read(form, through_step)
    problems = [*reading.problems, *_problems(reading, facts)]
    reviewed = review(CREATE_IMAGE_SET, through_step, problems, (), _forecast(reading, facts))
    return reviewed, Reading(reading.values, tuple(problems))


def _problems(reading: Reading, facts: ImageSetFacts) -> list[Problem]:
    found: list[Problem] = []
    site, source = reading.value("site", SiteStep), reading.value("source", SourceStep)
    detail, recipe = reading.value("detail", DetailStep), reading.value("recipe", Recipe)
    if site is not None:
        found.extend(_site_problems(site, facts))
    if source is not None:
        found.extend(_source_problems(source, facts))
    if detail and name_taken(detail.display_name, (each.display_name for each in facts.image_sets)):
        found.append(NAME_TAKEN)
    if detail and len(facts.image_sets) >= _MOST:
        found.append(Problem("/detail", f"there are {_MOST} image sets already, which is the limit", "detail"))
    if recipe and recipe.schedule and not recipe.steps:
        found.append(NO_STEPS)
    return found


def _site_problems(step: SiteStep, facts: ImageSetFacts) -> list[Problem]:
    if step.is_global == (step.site_id is not None):
        return [Problem("/site/siteId", "choose a site (siteId), or make it Global (isGlobal): one of the two", "site")]
    if not facts.sites:
        return [Problem("/site", "there is no site yet; create one first", "site")]
    if step.site_id is not None and step.site_id not in {site.id for site in facts.sites}:
        return [Problem("/site/siteId", "there is no such site; choose one of the tenant's sites", "site")]
    return []


def _source_problems(step: SourceStep, facts: ImageSetFacts) -> list[Problem]:
    if (step.gallery_image_id is None) == (step.gallery_version_id is None):
        return [
            Problem(
                "/source/galleryImageId",
                "choose a marketplace image (galleryImageId) or a gallery version (galleryVersionId): one of the two",
                "source",
            )
        ]
    if facts.source(step.host_pool_type, step.gallery_image_id, step.gallery_version_id) is not None:
        return []
    return [missing_source(step.gallery_version_id, step.host_pool_type, facts)]


def missing_source(version_id: str | None, host_pool_type: HostPoolType, facts: ImageSetFacts) -> Problem:
    """Return what is wrong with a source that ``ImageSetFacts.source`` does not know."""
    if version_id is None:
        kind = "multi-session" if host_pool_type is HostPoolType.POOLED else "single-session"
        message = f"the marketplace offers no such {kind} image of generation 2; choose one of those it offers"
        return Problem("/source/galleryImageId", message, "source")
    here = [v for v in facts.gallery_versions if v.id.casefold() == version_id.casefold()]
    faults = [version.fault for version in here if version.ready and version.fault]
    message = (
        f"no host can be built from it: {faults[0]}; choose another"
        if faults
        else "there is no such gallery version that is ready; choose one of the tenant's"
    )
    return Problem("/source/galleryVersionId", message, "source")


def _forecast(reading: Reading, facts: ImageSetFacts) -> Forecast | None:
    step = reading.value("site", SiteStep)
    if step is None or not facts.sites:
        return None
    if not step.is_global:
        summary = "Version 0.0.0 exists at once: it is the source, unchanged."
        return Forecast(summary=summary, details={"siteId": step.site_id})
    regions = sorted({region for site in facts.sites for region in site.regions})
    summary = f"Version 0.0.0 is built and replicated to {', '.join(regions)}, which takes about an hour and a half; "
    return Forecast(summary=f"{summary}until then there can be no other version.", details={"regions": regions})
