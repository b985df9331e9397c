"""Forms: reading one, and the wording of its findings.

A form is JSON with one object for each step: ``{"site": {"siteId": ...}, "credentials": {...}, ...}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.domain.json_text import escape
from shared.domain.values import TWICE, WRITTEN, Value
from shared.errors import InvalidError, Problem, few

_GUID = "write it as a GUID in lower case, such as 11111111-2222-3333-4444-555555555555"
_SHORT_NAME = "write 2 to 32 lower-case letters, digits and hyphens, a letter first and no hyphen at the end"
_REGION = "write the name of an Azure region in lower case without spaces, such as westeurope"

FORMS: Mapping[str, str] = {
    "adDomainName": "write the DNS name of the domain, such as corp.contoso.example",
    "adDomainUsername": "write it as user@domain or DOMAIN\\user",
    "defaultSiteId": _SHORT_NAME,
    "entraTenantId": _GUID,
    "fallbackRegions": _REGION,
    "furtherSubscriptionIds": _GUID,
    "id": _SHORT_NAME,
    "name": "write letters, digits, spaces, full stops, brackets and hyphens, a letter or digit first",
    "organizationalUnit": "write it as a distinguished name, OU=...,DC=...,DC=...",
    "packageId": "write the id of a package of winget, such as 7zip.7zip",
    "packageVersion": "write the version of the package, such as 24.09",
    "recommendedImages": "write offer and sku in lower case, such as office-365-win11-24h2-avd-m365",
    "region": _REGION,
    "resourceGroup": "write 1 to 90 letters, digits, hyphens, underscores, brackets and full stops, none of these last",
    "sizes": "write the name of a VM size, such as Standard_D8s_v5",
    "subnetIds": "write the id of a subnet, /subscriptions/.../virtualNetworks/{name}/subnets/{name}",
    "subscriptionId": _GUID,
    "version": "write it as major.minor.patch, three whole numbers such as 1.0.0",
    "virtualNetworkId": "write the id of a network, /subscriptions/.../Microsoft.Network/virtualNetworks/{name}",
    "zones": "write the number of a zone as a text, such as 1",
}
"""Advice on the fields that have a form of their own."""

_KINDS: Mapping[str, str] = {
    "bool": "write true or false",
    "bytes": "write a text",
    "date": "write a date such as 2026-01-31",
    "datetime": "write a date and time such as 2026-01-31T08:00:00Z",
    "dataclass": "must be an object",
    "dict": "must be an object",
    "float": "write a number",
    "frozen_set": "write a list",
    "int": "write a whole number",
    "list": "write a list",
    "mapping": "must be an object",
    "model": "must be an object",
    "set": "write a list",
    "string": "write a text",
    "time": "write a time such as 08:30",
    "string_pattern": "this is not how it is written; docs/api.md has an example",
    "tuple": "write a list",
    "url": "write an address that begins with https://",
    "uuid": _GUID,
}


_TEMPLATES: Mapping[str, str] = {
    "json_invalid": "leave out characters that are not whole (such as \\ud800), and nest no deeper than the form does",
    "missing": "required",
    "extra_forbidden": "unknown {noun}; leave it out",
    TWICE: "this is named twice; leave it out here",
    "greater_than_equal": "write a number of at least {ge}",
    "less_than_equal": "write a number of at most {le}",
    "string_too_long": "write at most {max_length} characters",
    "too_long": "name at most {max_length}",
}


def worded(kind: str, message: str, field: str, context: Mapping[str, Any], noun: str = "field") -> str:
    """Return the sentence for an error of pydantic's *kind* in *field*; *message* counts where it is our own.

    *noun*: what the parts of the body are called.
    """
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind in {"enum", "literal_error"}:
        return f"write one of {context['expected']}".replace("'", "")
    if kind in _TEMPLATES:
        return _TEMPLATES[kind].format_map({**context, "noun": noun})
    if kind in {"string_too_short", "too_short"}:
        return _too_short(kind, int(context["min_length"]))
    if kind == "string_pattern_mismatch" and field in FORMS:
        return FORMS[field]
    return _KINDS.get(_stem(kind), "this value is not possible here; docs/api.md has an example")


def _too_short(kind: str, least: int) -> str:
    if kind == "too_short":
        return "name at least one" if least == 1 else f"name at least {least}"
    return "must not be empty" if least == 1 else f"write at least {least} characters"


def _stem(kind: str) -> str:
    """Return of which kind the value should be: the longest of ours with which *kind* begins."""
    found = [stem for stem in _KINDS if kind == stem or kind.startswith(f"{stem}_")]
    return max(found, key=len, default="")


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
    """Return the problems of *error* in our words, without the values that were sent: one may be a password.

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
