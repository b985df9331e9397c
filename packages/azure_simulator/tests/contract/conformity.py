"""Compares responses of ARM with the SDK's models.

The shapes are those that requests are checked with, but applied strictly: a response may have only members that the
models name, known values of enumerations, and the right types.
"""

from collections.abc import Iterable
from typing import Any

from azure_simulator.arm.sdk_models import Shape

from packages.azure_simulator.tests.contract.shared import ArmResponse

JSON = {"string": str, "boolean": bool, "array": list, "object": dict, "map": dict}
OPEN = {"VirtualMachineSizeTypes"}
"""Enumerations that lag behind what there is."""


def wrong(value: Any, shape: Shape, path: str) -> list[str]:
    """List what in a value does not fit a shape."""
    if value is None or shape.kind == "any":
        return []
    number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = number if shape.kind in {"integer", "number"} else isinstance(value, JSON[shape.kind])
    if not fits:
        return [f"{path} is {type(value).__name__}, not {shape.kind}"]
    if shape.kind == "object":
        return [text for key, each in value.items() for text in _member(each, key, shape, path)]
    if shape.kind in {"array", "map"} and shape.items is not None:
        inner = shape.items
        each_of = value.items() if isinstance(value, dict) else enumerate(value)
        return [text for key, each in each_of for text in wrong(each, inner, f"{path}[{key}]")]
    known = not shape.choices or shape.name in OPEN or value in shape.choices.values()
    return [] if known else [f"{path} is {value!r}, none of {shape.name}"]


def _member(value: Any, key: str, shape: Shape, path: str) -> list[str]:
    member = shape.members.get(key.lower())
    if member is None and shape.open:
        return []
    if member is None or member.name != key:
        return [f"{path}.{key} is no member of {shape.name}"]
    return wrong(value, member.shape, f"{path}.{key}")


def _of_response(response: ArmResponse) -> list[str]:
    """List what is wrong with one response: a resource, a list of them, or an error."""
    if response.status >= 400:
        error = (response.body or {}).get("error", {}) if isinstance(response.body, dict) else {}
        return [] if {"code", "message"} <= set(error) else [f"{response.path} is an error without code and message"]
    shape = response.target.type.models.answer()
    if shape is None or response.target.action or not isinstance(response.body, dict):
        return []
    rows = response.body.get("value") if not response.target.named else [response.body]
    where = f"{response.method} {response.target.type.name}"
    return [text for row in rows or [] for text in wrong(row, shape, where)]


def violations(responses: Iterable[ArmResponse]) -> list[str]:
    """List what is wrong with responses, each text once."""
    return sorted({text for each in responses for text in _of_response(each)})
