"""Edit Image Set: its description and its recipe; site, type of hosts and source stay for ever."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from shared.domain.spot.images.image_set import ImageSet, Recipe, next_build
from shared.domain.values import Description, Id, Value
from shared.domain.wizards.changes import summary_of
from shared.domain.wizards.create_image_set import ImageSetNotesStep, recipe_problems
from shared.domain.wizards.fields import Form
from shared.domain.wizards.forms import REVIEW, Reading, Wizard, WizardStep
from shared.domain.wizards.reviews import Forecast, Review, review
from shared.errors import Problem

_GONE = Problem("/set/imageSetId", "there is no such image set; choose one of the tenant's", "set")

_COST = "the others are deleted within a day. isRetired of a version says which, and cost what each costs."


class SelectSetStep(Value):
    """The image set to edit."""

    image_set_id: Id = Field(title="Image set", description="The set to change.")


class EditDetailStep(Value):
    """Description of the image set; the name cannot change."""

    description: Description = Field("", title="Description", description="What it is for.")


EDIT_IMAGE_SET = Wizard(
    "edit-image-set",
    "Edit Image Set",
    (
        WizardStep("set", "Select Image Set", SelectSetStep),
        WizardStep("detail", "Image Set Detail", EditDetailStep),
        WizardStep("recipe", "Recipe", Recipe, "Replaces the whole recipe. Existing versions stay as they were built."),
        WizardStep("notes", "Notes", ImageSetNotesStep),
        WizardStep(REVIEW, "Review and Save Image Set"),
    ),
)


def image_set_values(image_set: ImageSet, *, with_source: bool) -> Form:
    """Return the present values of a set. *with_source*: with the scripts of its recipe."""
    return {
        "set": {"imageSetId": image_set.id},
        "detail": {"description": image_set.description},
        "recipe": image_set.recipe.to_json() if with_source else image_set.recipe.without_source(),
    }


def edited_set(image_set: ImageSet, reading: Reading, form: Mapping[str, Any], now: datetime) -> ImageSet:
    """Return the set as the form changes it, without its notes. A step that is left out stays, another is a whole."""
    detail = reading.value("detail", EditDetailStep) if "detail" in form else None
    recipe = reading.value("recipe", Recipe) if "recipe" in form else None
    return image_set.but(
        description=image_set.description if detail is None else detail.description,
        recipe=image_set.recipe if recipe is None else recipe.without_values(),
        next_build_at=image_set.next_build_at if recipe is None else next_build(recipe.schedule, now),
    )


def review_image_set_edit(
    form: Mapping[str, Any], image_sets: Iterable[ImageSet], now: datetime, through_step: str = REVIEW
) -> tuple[Review, Reading]:
    """Return the review of an edit, and the values read from it."""
    reading = EDIT_IMAGE_SET.read(form, through_step)
    chosen, recipe = reading.value("set", SelectSetStep), reading.value("recipe", Recipe)
    image_set = next((each for each in image_sets if chosen and each.id == chosen.image_set_id), None)
    problems = list(reading.problems)
    if chosen and image_set is None:
        problems.append(_GONE)
    if recipe:
        problems.extend(recipe_problems(recipe, image_set.secret_names if image_set else ()))
    forecast = _forecast(image_set, edited_set(image_set, reading, form, now), recipe) if image_set else None
    reviewed = review(EDIT_IMAGE_SET, through_step, problems, (), forecast)
    return reviewed, Reading(reading.values, tuple(problems))


def _forecast(before: ImageSet, after: ImageSet, recipe: Recipe | None) -> Forecast:
    changed = [name for name in ("description", "recipe") if getattr(before, name) != getattr(after, name)]
    changed += ["secrets"] if recipe and any(secret.value is not None for secret in recipe.secrets) else []
    summary = summary_of(EDIT_IMAGE_SET, changed)
    if "recipe" in changed and after.next_build_at is not None:
        summary = f"{summary} The next version is built at {after.next_build_at:%Y-%m-%d %H:%M} UTC."
    if after.recipe.keep_versions is not None:
        summary = f"{summary} Of its versions the newest {after.recipe.keep_versions} stay, and those in use; {_COST}"
    return Forecast(summary=summary, details={"changed": changed, "steps": [step.name for step in after.recipe.steps]})
