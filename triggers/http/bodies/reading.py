"""Reading of a body of a Graph client, property by property, with an error for each unsupported one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, TypeGuard

from shared.domain.json_text import escape
from shared.errors import InvalidError, Problem, few
from triggers.http.bodies.declared import Only, plain

LONGEST_ID = 200
"""As long as ``shared.domain.values.Id``."""


def is_id(value: object) -> TypeGuard[str]:
    """Return whether a value can be the id of something."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID


def changes(raw: Mapping[str, Any], view: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a body that differ from *view*: clients also send unchanged ones."""
    return {name: value for name, value in raw.items() if name not in view or not _same(name, value, view[name])}


def _same(name: str, value: Any, shown: Any) -> bool:  # noqa: ANN401 - JSON
    """Return whether two values of a property are equal; a time may be written in several ways."""
    if not (name.endswith("DateTime") and isinstance(value, str) and isinstance(shown, str)):
        return bool(plain(value) == plain(shown))
    try:
        return datetime.fromisoformat(value) == datetime.fromisoformat(shown)
    except ValueError:
        return False


def unannotated(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return an object without its OData annotations; return any other value unchanged."""
    return {n: each for n, each in value.items() if "@odata." not in n} if isinstance(value, Mapping) else value


class Body:
    """A body of which every property must be read, have its default, or be an annotation of OData."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._rest: dict[str, Any] = unannotated(raw)
        self._problems: list[Problem] = []

    def has(self, name: str) -> bool:
        """Return whether a property is there; it may be null."""
        return name in self._rest

    def take(self, name: str) -> Any:  # noqa: ANN401 - JSON
        """Return a property, None when it is not there."""
        return self._rest.pop(name, None)

    def first(self, names: Iterable[str]) -> Any:  # noqa: ANN401 - JSON
        """Return the value of the first of *names* that is not null, for a property with several names."""
        return next((value for value in [self.take(name) for name in names] if value is not None), None)

    def only(self, name: str, defaults: Collection[Any], reason: str = "is not supported") -> None:
        """Accept a property that we do not support if it is null or one of *defaults*.

        Of an object what is null in it does not count.
        """
        if wrong := Only(tuple(defaults), reason).fault(self._rest.pop(name, None)):
            self._problems.append(Problem(f"/{name}", wrong))

    def ignore(self, names: Iterable[str]) -> None:
        """Leave out properties that only the service sets, without a check of their values: OData ignores them."""
        for name in names:
            self._rest.pop(name, None)

    def wrong(self, pointer: str, message: str) -> None:
        """Add an error."""
        self._problems.append(Problem(pointer, message))

    def settle(self) -> None:
        """Check that every property was read. Raises: InvalidError with the first errors, and how many there are."""
        unknown = (Problem(f"/{escape(name)}", "unknown property; leave it out") for name in self._rest)
        if count := len(self._problems) + len(self._rest):
            raise InvalidError(*few(count, chain(self._problems, unknown)))


def renamed(error: InvalidError, pointers: Mapping[str, str]) -> InvalidError:
    """Return *error* with the form's pointers converted to pointers into the Graph body (longest prefix first)."""
    return InvalidError(*(Problem(_pointer(p.pointer, pointers), p.message) for p in error.problems))


def _pointer(pointer: str, pointers: Mapping[str, str]) -> str:
    for form, graph in sorted(pointers.items(), key=lambda pair: -len(pair[0])):
        if pointer == form or pointer.startswith(f"{form}/"):
            return graph + pointer.removeprefix(form)
    return pointer
