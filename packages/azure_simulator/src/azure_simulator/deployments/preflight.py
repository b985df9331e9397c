"""Checks of a template before its deployment begins: the policies that deny a resource of it.

Resources of nested deployments are looked at, too. What only the deployment determines denies nothing here: it is
looked at again when the resource is written. The refusal of a template by a policy is recorded in public trackers:
`InvalidTemplateDeployment` with a `RequestDisallowedByPolicy` for each resource.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure_simulator.arm import policies
from azure_simulator.arm.registry import registry
from azure_simulator.core.answers import Problem
from azure_simulator.deployments.expressions import Later
from azure_simulator.deployments.templates import NESTED, Part, Place, Template, without_null

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World

_REFUSED = "The template deployment failed because of policy violation. Please see details for more information."


def check(world: World, template: Template, place: Place) -> None:
    """Refuse a template with resources that a policy denies; nothing is expanded where there is no policy."""
    if not policies.assigned(world):
        return
    found = [
        problem.error()
        for part, body in expanded(world, template, place)
        for problem in policies.violations(world, part.id, registry(world).of(part.type), body, _is_later)
    ]
    if found:
        raise Problem(400, "InvalidTemplateDeployment", _REFUSED, details=found)


def expanded(world: World, template: Template, place: Place) -> Iterator[tuple[Part, Json]]:
    """Yield each resource of a template, and of the deployments in it, with the known part of its body."""
    for part in template.parts:
        body = without_null(template.body(part, _later))
        if part.type.lower() != NESTED:
            yield part, body
            continue
        scope, properties = part.id.partition("/providers/")[0], body["properties"]
        inner = Place(scope, place.location, part.name, place.tenant)
        given = properties.get("parameters") or {}
        yield from expanded(world, Template(inner, properties["template"], given, registry(world)), inner)


def _later(wanted: str, full: bool) -> Any:  # noqa: ANN401, FBT001 - called by an expression
    del full
    return Later(f"reference('{wanted}')")


def _is_later(value: object) -> bool:
    return isinstance(value, Later)
