"""Create Image Version: set, version, source, customisation, notes, review; saving builds its temporary machine."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from shared.domain.spot.images.image_set import HostPoolType, ImageSet
from shared.domain.spot.images.image_version import FIRST, ImageVersion, VersionStatus, next_version, numbers
from shared.domain.spot.notes import NewNote
from shared.domain.values import Id, Value
from shared.domain.wizards.create_device_image import SOURCES, VERSION_NUMBER, ChosenImage, place_problems
from shared.domain.wizards.create_image_set import Chosen, ImageSetFacts, missing_source
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.reviews import Forecast, Review, review
from shared.errors import Problem

VERSION_TAKEN = Problem("/version/version", "this set has this version already; choose a higher one", "version")
_MOST = 100


class SetStep(Value):
    """Image set of the version."""

    image_set_id: Id = Field(title="Image set", description="The set that gets a version.")


class VersionNumberStep(Value):
    """The version's number, higher than all others of the set. Left out: the next patch number."""

    version: str | None = Field(
        None, pattern=VERSION_NUMBER, max_length=29, description="major.minor.patch", title="Version"
    )


class _StartStep(Value):
    source_version: Id | None = Field(
        None,
        title="Version to start from",
        description="A version of the set. Name at most one source; the set's own when left out.",
    )


class VersionSourceStep(ChosenImage, _StartStep):
    """Source of the version, at most one id. Without one, the set's own source."""


class CustomizationStep(Value):
    """Whether it is built without hands by the recipe of its set."""

    by_recipe: bool = Field(
        False, title="By recipe", description="Built, sealed and tested without hands, by the recipe of the set."
    )


class VersionNotesStep(Value):
    """Note on the changes of the version."""

    notes: NewNote | None = Field(None, title="Note", description="Kept with its author and date.")


CREATE_IMAGE_VERSION = Wizard(
    "create-image-version",
    "New Image Version",
    (
        WizardStep("set", "Select Image Set", SetStep),
        WizardStep("version", "Version", VersionNumberStep),
        WizardStep("source", "Select Image Source", VersionSourceStep, "The set's own source where none is chosen."),
        WizardStep("customization", "Customisation", CustomizationStep),
        WizardStep("notes", "Notes", VersionNotesStep),
        WizardStep(REVIEW, "Review and Save Configuration"),
    ),
)


class VersionFacts(Value):
    """Existing records, and the sources from which a version may be made."""

    sets: ImageSetFacts
    versions: tuple[ImageVersion, ...]

    def image_set(self, image_set_id: str) -> ImageSet | None:
        """Return a set, None if there is none."""
        return next((each for each in self.sets.image_sets if each.id == image_set_id), None)

    def of(self, image_set_id: str) -> tuple[ImageVersion, ...]:
        """Return the versions of a set."""
        return tuple(version for version in self.versions if version.image_set_id == image_set_id)

    def next(self, image_set_id: str) -> str:
        """Return the number that is offered."""
        return next_version(version.version for version in self.of(image_set_id))

    def source(self, image_set: ImageSet, step: VersionSourceStep) -> Chosen | None:
        """Return the source that was chosen, None when there is none or it cannot be used."""
        if step.named:
            return self.sets.source(image_set.host_pool_type, step)
        wanted = step.source_version or FIRST
        found = next((each for each in self.of(image_set.id) if each.version == wanted), None)
        image = found.image if found else None
        name = image_set.source_name if wanted == FIRST else f"{image_set.display_name} {wanted}"
        return Chosen(source=image, name=name) if image else None

    def replicating(self, image_set_id: str) -> ImageVersion | None:
        """Return the first version of a set while no other can be made, because it is being replicated."""
        first = next((each for each in self.of(image_set_id) if each.is_first), None)
        return first if first and first.status is VersionStatus.REPLICATING else None


def review_image_version(
    form: Mapping[str, Any], facts: VersionFacts, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of a form, and the values read from it."""
    reading = CREATE_IMAGE_VERSION.read(form, through_step)
    problems = [*reading.problems, *_problems(reading, facts)]
    reviewed = review(CREATE_IMAGE_VERSION, through_step, problems, (), _forecast(reading, facts))
    return reviewed, Reading(reading.values, tuple(problems))


def _problems(reading: Reading, facts: VersionFacts) -> list[Problem]:
    step = reading.value("set", SetStep)
    if step is None:
        return []
    image_set = facts.image_set(step.image_set_id)
    if image_set is None:
        return [Problem("/set/imageSetId", "there is no such image set; choose one of the tenant's", "set")]
    found: list[Problem] = []
    if len(facts.of(image_set.id)) >= _MOST:
        found.append(Problem("/set/imageSetId", f"it has {_MOST} versions, which is the limit; delete some", "set"))
    version, source = reading.value("version", VersionNumberStep), reading.value("source", VersionSourceStep)
    if version and version.version is not None:
        found.extend(_version_problems(version.version, facts.of(image_set.id)))
    if source is not None:
        found.extend(_source_problems(source, image_set, facts))
    customization = reading.value("customization", CustomizationStep)
    if customization and customization.by_recipe and not image_set.recipe.steps:
        found.append(
            Problem(
                "/customization/byRecipe", "leave it out, or write a recipe first: the set has none", "customization"
            )
        )
    return found


def _version_problems(number: str, versions: tuple[ImageVersion, ...]) -> list[Problem]:
    if number in {each.version for each in versions}:
        return [VERSION_TAKEN]
    highest = max((each.version for each in versions), key=numbers, default=FIRST)
    if numbers(number) < numbers(highest):
        return [Problem("/version/version", f"must be higher than {highest}", "version")]
    return []


def _source_problems(step: VersionSourceStep, image_set: ImageSet, facts: VersionFacts) -> list[Problem]:
    if len(step.named) + (step.source_version is not None) > 1:
        message = f"name at most one of sourceVersion, {', '.join(SOURCES)}"
        return [Problem("/source/sourceVersion", message, "source")]
    home = next((site for site in facts.sets.sites if site.id == image_set.home_site_id), None)
    if home and (away := [*place_problems(step, facts.sets.own_images, home.region)]):
        return away
    if facts.source(image_set, step) is not None or facts.replicating(image_set.id) is not None:
        return []
    if not step.named:
        return [
            Problem("/source/sourceVersion", "the set has no such version that is available; choose another", "source")
        ]
    return [missing_source(step, HostPoolType(image_set.host_pool_type), facts.sets)]


def _forecast(reading: Reading, facts: VersionFacts) -> Forecast | None:
    step, customization = reading.value("set", SetStep), reading.value("customization", CustomizationStep)
    image_set = facts.image_set(step.image_set_id) if step else None
    if image_set is None:
        return None
    version = reading.value("version", VersionNumberStep)
    number = (version.version if version else None) or facts.next(image_set.id)
    by_recipe = customization is not None and customization.by_recipe
    summary = (
        f"Version {number} is built by the recipe, sealed and tested, which takes about an hour and a half."
        if by_recipe
        else f"A temporary machine for version {number} is created; customise it with connect, then seal it."
    )
    return Forecast(summary=summary, details={"version": number, "byRecipe": by_recipe})
