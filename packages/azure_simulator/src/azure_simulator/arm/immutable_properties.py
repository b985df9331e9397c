"""Properties that are fixed when a resource is made: a request for another value is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from azure_simulator.arm.resource_types import ResourceType
    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource


def check(
    resource_type: ResourceType,
    wanted: Json,
    found: Resource,
    *,
    hidden: Mapping[str, object] | None = None,
    changing: Collection[str] = (),
) -> None:
    """Refuse another value of a property that a type declares `immutable`; properties that a body leaves out stay.

    `hidden` are values that the resource has and does not show, by path; `changing` paths are not checked.
    """
    for path, how in resource_type.immutable.items():
        value, before = at(wanted, path), (hidden or {}).get(path, at(found.body, path))
        before = how.today(how.default if before is None else before)
        value = how.today(value)
        if path in changing or value is None:
            continue
        if value != before if how.exact else before is not None and not same(value, before):
            raise resource_type.provider.unchangeable(path.removeprefix("properties."))


def at(body: Json, path: str) -> object:
    """Return the value at a dotted path; `None` when there is none."""
    value: object = body
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def same(value: object, before: object) -> bool:
    """Return whether a value equals a resource's value; case, blanks and missing members do not count."""
    if isinstance(value, dict) and isinstance(before, dict):
        return all(_fold(before.get(key)) == _fold(each) for key, each in value.items())
    return _fold(value) == _fold(before)


def _fold(value: object) -> object:
    if isinstance(value, dict):
        return {key: _fold(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_fold(each) for each in value]
    return value.replace(" ", "").lower() if isinstance(value, str) else value
