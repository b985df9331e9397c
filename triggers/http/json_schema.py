"""Building blocks for the types of bodies, with JSON schema facts that a plain annotation cannot express.

A body is declared once, as a ``TypedDict`` or as the pydantic model that reads it: mypy checks the code against it, and
the OpenAPI document shows its schema. That is made when the document is first requested, never at import.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar, overload

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, WithJsonSchema, with_config
from pydantic_core import CoreSchema

Json = dict[str, Any]
"""A JSON object."""
Timestamp = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]

T = TypeVar("T", bound=type[Any])

ANNOTATIONS: dict[str, Any] = {"@odata[.]": {}}
annotated = with_config(ConfigDict(extra="forbid", json_schema_extra={"patternProperties": ANNOTATIONS}))
"""Marks a ``TypedDict`` in which Graph's clients may send annotations of OData beside the properties."""
closed = with_config(ConfigDict(extra="forbid"))
"""Marks a ``TypedDict`` of an answer that is read from bodies, too."""
unrestricted = with_config(ConfigDict(extra="allow"))
"""Marks a ``TypedDict`` that may have more properties. Without it a schema allows none."""


def read_only(view: type[Any], body: type[Any]) -> frozenset[str]:
    """Return the properties of *view* that *body* does not have: only the service sets them."""
    return frozenset(view.__annotations__) - frozenset(body.__annotations__)


def sent_back(view: type[Any], *others: str) -> Callable[[T], T]:
    """Mark a ``TypedDict`` as ``annotated``; clients may also send properties that only *view* has.

    *others*: names of Graph's that the service does not show. All of that is ignored.
    """

    def mark(body: T) -> T:
        names = "|".join(re.escape(name) for name in sorted(read_only(view, body) | {*others}))
        known: Json = {**ANNOTATIONS, f"^({names})$": {"readOnly": True}}
        marked: T = with_config(ConfigDict(extra="forbid", json_schema_extra={"patternProperties": known}))(body)
        return marked

    return mark


@dataclass(frozen=True, slots=True)
class DumpOf:
    """``Annotated[Json, DumpOf(Model)]``: the result of ``to_json()`` of a *model*."""

    model: type[BaseModel]

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of the model instead of a dictionary's."""
        del source
        return handler.generate_schema(self.model)


@overload
def timestamp(at: datetime) -> str: ...
@overload
def timestamp(at: None) -> None: ...
@overload
def timestamp(at: datetime | None) -> str | None: ...
def timestamp(at: datetime | None) -> str | None:
    """Return a moment in UTC as Microsoft Graph writes it: ``2026-01-31T08:00:00Z``."""
    return at.isoformat().replace("+00:00", "Z") if at else None
