"""The wizards as they are shown, and their forms as bodies."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.wizards import WIZARDS, Wizard
from shared.domain.wizards.forms import WizardStep
from triggers.http.json_schema import Json
from triggers.http.response_shapes import Derived, Node, Schemas

Choices = dict[str, list[Annotated[Json, Field(description="A value, and what to show of it")]]]
"""What there is to choose from today: ``step/field`` -> choices."""


class WizardStepView(TypedDict):
    """One page of a wizard. *schema*: the JSON schema of what it asks for, null for a page that only shows.

    *choicesCut*: for each field whose choices are not all there are, what to do about it.
    """

    name: str
    title: str
    hint: str
    schema: Annotated[Json, Field(description="A JSON schema")] | None
    choices: Choices
    choicesCut: dict[str, str]


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


def wizard_view(wizard: Wizard, choices: Mapping[str, list[Json]], cut: Mapping[str, str]) -> WizardView:
    """Return a wizard with today's choices; *cut*: why some of them are missing."""
    steps: list[WizardStepView] = [
        {
            "name": step.name,
            "title": step.title,
            "hint": step.hint,
            "schema": step.accepts.model_json_schema(by_alias=True) if step.accepts else None,
            "choices": {field: each for name, each in choices.items() if (field := _field(name, step.name))},
            "choicesCut": {field: each for name, each in cut.items() if (field := _field(name, step.name))},
        }
        for step in wizard.steps
    ]
    return {"name": wizard.name, "title": wizard.title, "steps": steps}


def _field(name: str, step: str) -> str | None:
    of, _, field = name.partition("/")
    return field if of == step else None


def _step(step: WizardStep, schemas: Schemas) -> Json:
    """Return what a step accepts; a word may stand for a value ("hosted")."""
    if step.accepts is None or not step.words:
        return schemas.ref(step.accepts) if step.accepts else {}
    words = [{"type": "object", "properties": {name: {"enum": list(values)}}} for name, values in step.words.items()]
    return {"anyOf": [schemas.ref(step.accepts), *words]}


def _needed(step: WizardStep) -> bool:
    return step.accepts is not None and any(field.is_required() for field in step.accepts.model_fields.values())
