"""How a body of a Graph client is read: property by property, with an error for every one that is not supported."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, TypeGuard

from shared.domain.json_text import escape
from shared.errors import InvalidError, Problem, few

LONGEST_ID = 200
"""As long as ``shared.domain.values.Id``."""


def is_id(value: object) -> TypeGuard[str]:
    """Return whether a value can be the id of something."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID


class Body:
    """A body of which every property must be read, have its default, or be an annotation of OData."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._rest = {name: value for name, value in raw.items() if "@odata." not in name}
        self._problems: list[Problem] = []

    def has(self, name: str) -> bool:
        """Return whether a property is there; it may be null."""
        return name in self._rest

    def take(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return a property, None when it is not there."""
        return self._rest.pop(name, None)

    def only(self, name: str, defaults: Collection[Any], reason: str = "is not supported") -> None:
        """Accept a property that we do not support as long as it is null or one of *defaults*."""
        value = self._rest.pop(name, None)
        if value is not None and value not in defaults:
            shown = (each if isinstance(each, str) and each else json.dumps(each) for each in defaults)
            self._problems.append(
                Problem(f"/{name}", f"{reason}; leave it out, or write {' or '.join((*shown, 'null'))}")
            )

    def read_only(self, *names: str) -> None:
        """Accept properties that only the service sets, as long as they are null."""
        for name in names:
            if self._rest.pop(name, None) is not None:
                self._problems.append(Problem(f"/{name}", "is read-only; leave it out"))

    def wrong(self, pointer: str, message: str) -> None:
        """Add an error."""
        self._problems.append(Problem(pointer, message))

    def settle(self) -> None:
        """Check that every property was read. Raises: InvalidError with all errors."""
        unknown = (Problem(f"/{escape(name)}", "unknown property; leave it out") for name in self._rest)
        if problems := [*self._problems, *few(len(self._rest), unknown)]:
            raise InvalidError(*problems)


def renamed(error: InvalidError, pointers: Mapping[str, str]) -> InvalidError:
    """Return *error* with the form's pointers turned into those of the Graph body (longest prefix first)."""
    return InvalidError(*(Problem(_pointer(p.pointer, pointers), p.message) for p in error.problems))


def _pointer(pointer: str, pointers: Mapping[str, str]) -> str:
    for form, graph in sorted(pointers.items(), key=lambda pair: -len(pair[0])):
        if pointer == form or pointer.startswith(f"{form}/"):
            return graph + pointer.removeprefix(form)
    return pointer
