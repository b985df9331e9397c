"""Choices that a wizard offers at one moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

Choice: TypeAlias = dict[str, Any]
"""A *value* and a *title*, and facts that help to choose."""

Form: TypeAlias = dict[str, dict[str, Any]]
"""The fields of a form by step."""


@dataclass(slots=True)
class Offer:
    """Choices by ``step/field``. *cut*: why there are more than are shown; *errors*: why there are none."""

    choices: dict[str, list[Choice]] = field(default_factory=dict)
    cut: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
