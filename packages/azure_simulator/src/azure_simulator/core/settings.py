"""Settings allowed in `world.config`: every service names the keys it reads (`cloud.setting`).

A shape is a type (`str`), several (`(str, int)`), `[shape]` for a list, `{"name": shape}` for an object
with these keys, `{"*": shape}` for one whose keys are free; `dict` and `list` are any object and any list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

Shape: TypeAlias = type | tuple[type, ...] | list["Shape"] | dict[str, "Shape"]

NUMBER = (int, float)
_WORDS = {str: "a text", int: "a number", float: "a number", bool: "true or false", dict: "an object", list: "a list"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: the form of its value, and its effect."""

    name: str
    shape: Shape
    about: str


def check(changes: Json, known: Mapping[str, Setting]) -> None:
    """Raise a 400 `Problem` for an unknown key or a value of another shape; null removes a key."""
    unknown = sorted(set(changes) - set(known))
    if unknown:
        names = ", ".join(sorted(known))
        raise Problem(400, "UnknownSetting", f"unknown settings {', '.join(unknown)}; known: {names}")
    for name, value in changes.items():
        _fits(value, known[name].shape, name)


def _fits(value: object, shape: Shape, path: str) -> None:
    if value is None:
        return
    if isinstance(shape, dict):
        _need(value, (dict,), path)
        for key, inner in value.items() if isinstance(value, dict) else ():
            known = shape.get(key, shape.get("*"))
            if known is None:
                names = ", ".join(sorted(shape))
                raise Problem(400, "UnknownSetting", f"unknown setting {path}.{key}; known: {names}")
            _fits(inner, known, f"{path}.{key}")
    elif isinstance(shape, list):
        _need(value, (list,), path)
        for index, inner in enumerate(value) if isinstance(value, list) else ():
            _fits(inner, shape[0], f"{path}[{index}]")
    else:
        _need(value, shape if isinstance(shape, tuple) else (shape,), path)


def _need(value: object, kinds: tuple[type, ...], path: str) -> None:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        words = " or ".join(dict.fromkeys(_WORDS[kind] for kind in kinds))
        raise Problem(400, "BadSetting", f"{path} must be {words}, not {value!r:.60}")
