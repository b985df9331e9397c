"""Create Image Set: site, source, detail, recipe, notes, review; saving makes its first version."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from shared.domain.images.image import GalleryImage, ImageSource, OwnImage
from shared.domain.spot.images.image_set import HostPoolType, ImageSet, Recipe, missing_values
from shared.domain.spot.notes import NewNote
from shared.domain.tenants.tenant import Site
from shared.domain.values import Description, Id, Value
from shared.domain.wizards.create_device_image import (
    CHOOSE_ONE,
    SOURCES,
    ChosenImage,
    missing_own_image,
    own_image,
    place_problems,
)
from shared.domain.wizards.fields import Name, name_taken
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.reviews import Forecast, Review, review
from shared.errors import Problem

NO_STEPS = Problem(
    "/recipe/steps", "write at least one step to build a version by, or leave out the schedule", "recipe"
)
NO_VALUE = "write its value; it is stored in Key Vault and never shown again"
NAME_TAKEN = Problem("/detail/displayName", "an image set of this name exists; choose another", "detail")
_MOST = 200


class ImageSetSiteStep(Value):
    """Site of its hosts: one site, or all sites (Global). Exactly one of the two."""

    site_id: Id | None = Field(
        None,
        title="Site",
        description="Where its versions are built and kept. Choose a site, or make the image set global.",
    )
    is_global: bool = Field(False, title="Global", description="Versions are replicated to the regions of all sites.")


class _Hosts(Value):
    host_pool_type: HostPoolType = Field(
        title="Type of hosts",
        description="Pooled hosts need multi-session Windows, personal ones single-session Windows.",
    )


class ImageSetSourceStep(ChosenImage, _Hosts):
    """The type of its hosts, and the source of its first version: exactly one of the three ids."""


class ImageSetDetailStep(Value):
    """Its name and description."""

    display_name: Name = Field(title="Name", description="The name must be unique.")
    description: Description = Field("", title="Description", description="What it is for.")


class ImageSetNotesStep(Value):
    """Why it is made."""

    notes: NewNote | None = Field(None, title="Note", description="Kept with its author and date.")


CREATE_IMAGE_SET = Wizard(
    "create-image-set",
    "New Image Set",
    (
        WizardStep("site", "Select Site", ImageSetSiteStep, "Global: replicated to the regions of all sites."),
        WizardStep("source", "Select Image Source", ImageSetSourceStep),
        WizardStep("detail", "Image Set Detail", ImageSetDetailStep),
        WizardStep("recipe", "Recipe", Recipe, "For versions that are built without hands; may be left out."),
        WizardStep("notes", "Notes", ImageSetNotesStep),
        WizardStep(REVIEW, "Review and Save Configuration"),
    ),
)


class ImageSetFacts(Value):
    """Existing records, and the sources from which a set may be made."""

    sites: tuple[Site, ...]
    image_sets: tuple[ImageSet, ...]
    pooled_images: tuple[GalleryImage, ...]
    personal_images: tuple[GalleryImage, ...]
    own_images: tuple[OwnImage, ...]

    def images(self, host_pool_type: HostPoolType) -> tuple[GalleryImage, ...]:
        """Return the marketplace images for a type of hosts."""
        return self.pooled_images if host_pool_type is HostPoolType.POOLED else self.personal_images

    def source(self, host_pool_type: HostPoolType, step: ChosenImage) -> "Chosen | None":
        """Return the source that was chosen, None when it does not exist or does not fit."""
        if step.own_image_id is not None:
            found = own_image(step, self.own_images)
            return Chosen(source=found.source, name=found.display_name) if found and found.offered else None
        image = next((each for each in self.images(host_pool_type) if each.id == step.gallery_image_id), None)
        return Chosen(source=ImageSource(marketplace=image.image), name=image.display_name) if image else None


class Chosen(Value):
    """A source, and its name for people."""

    source: ImageSource
    name: str


def review_image_set(
    form: Mapping[str, Any], facts: ImageSetFacts, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of a form, and the values read from it."""
    reading = CREATE_IMAGE_SET.read(form, through_step)
    problems = [*reading.problems, *_problems(reading, facts)]
    reviewed = review(CREATE_IMAGE_SET, through_step, problems, (), _forecast(reading, facts))
    return reviewed, Reading(reading.values, tuple(problems))


def _problems(reading: Reading, facts: ImageSetFacts) -> list[Problem]:
    found: list[Problem] = []
    site, source = reading.value("site", ImageSetSiteStep), reading.value("source", ImageSetSourceStep)
    detail, recipe = reading.value("detail", ImageSetDetailStep), reading.value("recipe", Recipe)
    if site is not None:
        found.extend(_site_problems(site, facts))
    if source is not None:
        found.extend(_source_problems(source, facts))
        found.extend(_place_problems(site, source, facts))
    if detail and name_taken(detail.display_name, (each.display_name for each in facts.image_sets)):
        found.append(NAME_TAKEN)
    if detail and len(facts.image_sets) >= _MOST:
        found.append(Problem("/detail", f"there are {_MOST} image sets already, which is the limit", "detail"))
    if recipe:
        found.extend(recipe_problems(recipe, ()))
    return found


def recipe_problems(recipe: Recipe, known: Iterable[str]) -> list[Problem]:
    """Return the problems of a recipe. *known*: names of secrets whose values are stored."""
    found = [NO_STEPS] if recipe.schedule and not recipe.steps else []
    missing = missing_values(recipe, known)
    return [*found, *(Problem(f"/recipe/secrets/{n}/value", NO_VALUE, "recipe") for n in missing)]


def _site_problems(step: ImageSetSiteStep, facts: ImageSetFacts) -> list[Problem]:
    if step.is_global == (step.site_id is not None):
        return [Problem("/site/siteId", "choose a site (siteId), or make it Global (isGlobal): one of the two", "site")]
    if not facts.sites:
        return [Problem("/site", "there is no site yet; create one first", "site")]
    if step.site_id is not None and step.site_id not in {site.id for site in facts.sites}:
        return [Problem("/site/siteId", "there is no such site; choose one of the tenant's sites", "site")]
    return []


def _source_problems(step: ImageSetSourceStep, facts: ImageSetFacts) -> list[Problem]:
    if len(step.named) != 1:
        return [Problem(f"/source/{SOURCES[0]}", CHOOSE_ONE, "source")]
    if facts.source(step.host_pool_type, step) is not None:
        return []
    return [missing_source(step, step.host_pool_type, facts)]


def _place_problems(
    site: ImageSetSiteStep | None, source: ImageSetSourceStep, facts: ImageSetFacts
) -> Iterable[Problem]:
    """Give a problem where machines are made in a region in which the image of the tenant's own is not."""
    homes = [each for each in facts.sites if site and (site.is_global or each.id == site.site_id)]
    if homes:
        yield from place_problems(source, facts.own_images, homes[0].region)


def missing_source(step: ChosenImage, host_pool_type: HostPoolType, facts: ImageSetFacts) -> Problem:
    """Return the problem of a source that ``ImageSetFacts.source`` does not know."""
    if step.own_image_id is None:
        kind = "multi-session" if host_pool_type is HostPoolType.POOLED else "single-session"
        message = f"the marketplace offers no such {kind} image of generation 2; choose one of those it offers"
        return Problem("/source/galleryImageId", message, "source")
    return missing_own_image(step, facts.own_images, "host")


def _forecast(reading: Reading, facts: ImageSetFacts) -> Forecast | None:
    step = reading.value("site", ImageSetSiteStep)
    if step is None or not facts.sites:
        return None
    source = reading.value("source", ImageSetSourceStep)
    imports = source is not None and source.managed_image_id is not None
    if not imports and (not step.is_global or (source and source.gallery_version_id is None)):
        summary = "Version 0.0.0 exists at once: it is the source, unchanged."
        if step.is_global:
            summary = f"{summary} Further versions are replicated to the regions of all sites."
        return Forecast(summary=summary, details={"siteId": step.site_id})
    homes = [site for site in facts.sites if step.is_global or site.id == step.site_id]
    regions = sorted({region for site in homes for region in site.regions})
    summary = f"Version 0.0.0 is built and replicated to {', '.join(regions)}, which takes about an hour and a half; "
    return Forecast(summary=f"{summary}until then there can be no other version.", details={"regions": regions})
