"""The wizards and their forms, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from shared.domain.describing import Node, Shape, many, shape
from shared.domain.wizards import WIZARDS, Wizard
from shared.domain.wizards.forms import WizardStep

WIZARD = shape(
    "wizard",
    {
        "name": "string",
        "title": "string",
        "steps": many(
            shape(
                "wizardStep",
                {"name": "string", "title": "string", "hint": "string", "schema": "object?", "choices": "object"},
                required=("name", "title", "schema", "choices"),
            )
        ),
    },
    required=("name", "title", "steps"),
)


def _step(step: WizardStep) -> Node:
    """Return what a step takes; a word may stand for a value ("hosted")."""
    if not step.words or step.accepts is None:
        return step.accepts
    words = {name: {"properties": {name: {"enum": list(values)}}} for name, values in step.words.items()}
    others = [{"type": "object", **each} for each in words.values()]
    return {"anyOf": [step.accepts, *others]}


def _form(wizard: Wizard, ending: str, *, so_far: bool) -> Shape:
    asked = [step for step in wizard.steps if step.accepts]
    properties: dict[str, Any] = {step.name: _step(step) for step in asked}
    if so_far:
        properties["throughStep"] = {"type": "string", "enum": [step.name for step in wizard.steps]}
    needed = () if so_far else tuple(step.name for step in asked if _asks(step))
    return Shape(f"{wizard.name}-{ending}", properties, needed)


def _asks(step: WizardStep) -> bool:
    return step.accepts is not None and any(field.is_required() for field in step.accepts.model_fields.values())


FORMS = tuple(_form(wizard, "form", so_far=False) for wizard in WIZARDS.values())
FORMS_SO_FAR = tuple(_form(wizard, "form-so-far", so_far=True) for wizard in WIZARDS.values())
