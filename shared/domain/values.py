"""The base class of all values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")
TWICE = "named_twice"
"""The kind of pydantic's error for a list that names something twice; ``second`` of its context says where."""


Id = Annotated[str, Field(max_length=200)]
"""Id of a record, or of an object of a directory: nothing has a longer name."""

ResourceId = Annotated[str, Field(max_length=1000)]
"""Id of a resource of Azure, or of an image."""

Word = Annotated[str, Field(max_length=100)]
"""One of a number of words, as long as it is not known which."""


def distinct(values: tuple[Item, ...]) -> tuple[Item, ...]:
    """Validate a list whose items all differ: an ``AfterValidator``."""
    for n, value in enumerate(values):
        if value in values[:n]:
            raise PydanticCustomError(TWICE, "named twice", {"second": n})
    return values


def wrong_at(part: str, message: str) -> PydanticCustomError:
    """Return an error of a *part* (a JSON name) of a validated value, where the whole has to be seen to find it."""
    return PydanticCustomError("value_error", "{message}", {"message": message, "at": part})


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the properties in which two JSON objects differ, in order."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


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
        """Return the properties that an audit event keeps: those whose changes an administrator reads."""
        return self.to_json()

    def but(self, **changes: Any) -> Self:  # noqa: ANN401 - any field of the model
        """Return a copy with *changes*, validated like any other value."""
        return type(self).model_validate({**dict(self), **changes})
