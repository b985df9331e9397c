"""Wizards as data: their steps, and how a form is read step by step.

A form is JSON with one object for each step: ``{"site": {"siteId": ...}, "credentials": {...}, ...}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.domain.json_text import escape
from shared.domain.values import WRITTEN, Value
from shared.domain.wizards.wording import worded
from shared.errors import InvalidError, Problem, few

StepValue = TypeVar("StepValue", bound=Value)

REVIEW = "review"
"""The last step of every wizard; it has no fields."""


@dataclass(frozen=True, slots=True)
class WizardStep:
    """One page of a wizard. *accepts*: the model of its fields, None for a page that only shows.

    *optional*: it may be left out although it has fields that are required.
    """

    name: str
    title: str
    accepts: type[Value] | None = None
    hint: str = ""
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Words that may stand for a value: field -> word -> value."""
    optional: bool = False

    def spelled_out(self, raw: object) -> object:
        """Return the page of a form with every such word replaced."""
        if not isinstance(raw, Mapping):
            return raw
        return {
            name: self.words.get(name, {}).get(value, value) if isinstance(value, str) else value
            for name, value in raw.items()
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """Result of reading a form: a value for each valid step, and the problems."""

    values: dict[str, Value] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def value(self, step: str, of: type[StepValue]) -> StepValue | None:
        """Return the value of *step*, None when it has errors or was not read yet."""
        value = self.values.get(step)
        return value if isinstance(value, of) else None


@dataclass(frozen=True, slots=True)
class Wizard:
    """A wizard: its name in addresses, its title on the screen, its steps in order."""

    name: str
    title: str
    steps: tuple[WizardStep, ...]

    def until(self, through_step: str) -> tuple[WizardStep, ...]:
        """Return the steps up to and including *through_step*. Raises: InvalidError for a step it does not have."""
        names = [step.name for step in self.steps]
        if through_step not in names:
            raise InvalidError(Problem("/throughStep", f"there is no such step; the steps are {', '.join(names)}"))
        return self.steps[: names.index(through_step) + 1]

    def read(self, form: Mapping[str, Any], through_step: str = REVIEW) -> Reading:
        """Read *form* up to *through_step*; later steps are ignored."""
        values: dict[str, Value] = {}
        problems = [
            Problem(
                f"/{escape(name)}",
                f"unknown step; leave it out: the steps are {', '.join(s.name for s in self.steps if s.accepts)}",
            )
            for name in form
            if name not in {step.name for step in self.steps if step.accepts}
        ]
        for step in self.until(through_step):
            if step.accepts is None:
                continue
            try:
                values[step.name] = parse(step.accepts, step.spelled_out(form.get(step.name, {})))
            except ValidationError as error:
                problems.extend(problems_of(error, f"/{step.name}", step.name))
        return Reading(values, tuple(problems))


M = TypeVar("M", bound=BaseModel)


def parse(model: type[M], raw: object) -> M:
    """Read JSON that came from outside, strictly: "true" is no boolean, "3" no number, and names are in camelCase.

    Raises: ValidationError.
    """
    return model.model_validate_json(json.dumps(raw), strict=True, by_alias=True, by_name=False, context=WRITTEN)


def problems_of(
    error: ValidationError, prefix: str = "", step: str | None = None, noun: str = "field"
) -> list[Problem]:
    """Return the problems of *error* in our words; what was sent is never repeated: it may be a password.

    A list that is too short only because its items are wrong is not a problem of its own. *noun*: what the parts of the
    body are called.
    """
    all_found = error.errors(include_url=False, include_input=False)
    places = {found["loc"] for found in all_found}
    made = (
        Problem(
            prefix + "".join(f"/{escape(str(part))}" for part in _place(found["loc"], found.get("ctx", {}))),
            worded(found["type"], found["msg"], _field(found["loc"]), found.get("ctx", {}), noun),
            step,
        )
        for found in all_found
        if found["type"] != "too_short" or not any(_below(place, found["loc"]) for place in places)
    )
    return few(len(all_found), made, step)


def _place(location: tuple[int | str, ...], context: Mapping[str, Any]) -> tuple[int | str, ...]:
    """Return the place of an error: in a list that names something twice, the second of them; or the named part."""
    more = tuple(context[each] for each in ("second", "at") if each in context)
    return (*location, *more)


def _below(place: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    """Return whether a place is inside another one."""
    return len(place) > len(other) and place[: len(other)] == other


def _field(location: tuple[int | str, ...]) -> str:
    """Return the name of the field at or around a place."""
    return next((part for part in reversed(location) if isinstance(part, str)), "")
