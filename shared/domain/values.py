"""The base class of all values."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Value(BaseModel):
    """A frozen value: snake_case in Python, camelCase in JSON, unknown fields refused.

    Its validator is built with the first value that is validated, and that makes pydantic look through all installed
    distributions for plugins. So that a cold start does neither, a module makes no value when it is imported: defaults
    are factories, and constants are made by ``model_construct``, which does not validate.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        defer_build=True,  # a cold start pays for the values it meets; pydantic builds them under a lock
    )

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON: camelCase names, ISO times, absent values left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    def audited(self) -> dict[str, Any]:
        """Return what an audit event keeps of it: the properties whose changes an administrator reads."""
        return self.to_json()

    def but(self, **changes: Any) -> Self:  # noqa: ANN401 - any field of the model
        """Return a copy with *changes*, validated like any other value."""
        return type(self).model_validate({**dict(self), **changes})
