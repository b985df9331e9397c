"""The views of wizards, and their forms as bodies."""

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict

from shared.domain.wizards import WIZARDS, Wizard
from shared.domain.wizards.fields import OfferedChoices
from shared.domain.wizards.forms import WizardStep
from triggers.http.json_schema import Json
from triggers.http.openapi_metadata import Derived, Node, Schemas

T = TypeVar("T")

_CHOICE: Json = {
    "description": "A value with its title, and more that the service knows of it",
    "type": "object",
    "properties": {"value": {"type": "string"}, "title": {"type": "string"}},
    "required": ["value", "title"],
    "additionalProperties": True,
}
Choices = dict[str, list[Annotated[Json, WithJsonSchema(_CHOICE)]]]
"""Current choices: ``step/field`` -> choices."""


class WizardStepView(TypedDict):
    """One page of a wizard. *schema*: the JSON schema of its fields, null for a page without fields.

    *choicesCut*: for each field whose choices are not all there are, what to do about it. *choicesErrors*: for each
    field whose choices cannot be read now, why. *values*: what its fields begin with.
    """

    name: str
    title: str
    hint: str
    schema: Annotated[Json, Field(description="A JSON schema")] | None
    choices: Choices
    choicesCut: dict[str, str]
    choicesErrors: dict[str, str]
    values: Annotated[Json, Field(description="By field, as in the form")]


class WizardView(TypedDict):
    """A wizard: its steps in order, with the choices for each field."""

    name: str
    title: str
    steps: list[WizardStepView]


class WizardForm(Derived):
    """The form of a wizard. *so_far*: only some steps, up to ``throughStep``."""

    def __init__(self, wizard: Wizard, *, so_far: bool = False) -> None:
        words = "".join(word.title() for word in wizard.name.split("-"))
        name = f"{words}FormSoFar" if so_far else f"{words}Form"
        super().__init__(name, *(step.accepts for step in wizard.steps if step.accepts))
        self.wizard, self.so_far = wizard, so_far

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema: a property for each step."""
        steps = {step.name: step for step in self.wizard.steps if step.accepts}
        properties = {name: _step(step, schemas) for name, step in steps.items()}
        schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
        if self.so_far:
            properties["throughStep"] = {"type": "string", "enum": [step.name for step in self.wizard.steps]}
            return schema
        return {**schema, "required": [name for name, step in steps.items() if _needed(step)]}


FORMS: tuple[Node, ...] = tuple(WizardForm(wizard) for wizard in WIZARDS.values())
FORMS_SO_FAR: tuple[Node, ...] = tuple(WizardForm(wizard, so_far=True) for wizard in WIZARDS.values())


def wizard_view(wizard: Wizard, offer: OfferedChoices, values: Mapping[str, Json]) -> WizardView:
    """Return a wizard with today's choices; *values*: with which the form begins, by step."""
    steps: list[WizardStepView] = [
        {
            "name": step.name,
            "title": step.title,
            "hint": step.hint,
            "schema": step.accepts.model_json_schema(by_alias=True) if step.accepts else None,
            "choices": _of_step(offer.choices, step.name),
            "choicesCut": _of_step(offer.cut, step.name),
            "choicesErrors": _of_step(offer.errors, step.name),
            "values": dict(values.get(step.name, {})),
        }
        for step in wizard.steps
    ]
    return {"name": wizard.name, "title": wizard.title, "steps": steps}


def _of_step(by_field: Mapping[str, T], step: str) -> dict[str, T]:
    return {name.removeprefix(f"{step}/"): each for name, each in by_field.items() if name.startswith(f"{step}/")}


def _step(step: WizardStep, schemas: Schemas) -> Json:
    """Return the schema of a step's fields; a word may stand for a value ("hosted")."""
    if step.accepts is None or not step.words:
        return schemas.ref(step.accepts) if step.accepts else {}
    words = [{"type": "object", "properties": {name: {"enum": list(values)}}} for name, values in step.words.items()]
    return {"anyOf": [schemas.ref(step.accepts), *words]}


def _needed(step: WizardStep) -> bool:
    if step.accepts is None or step.optional:
        return False
    return any(field.is_required() for field in step.accepts.model_fields.values())
