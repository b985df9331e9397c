"""Names of things in place of their ids: a file says the same in two tenants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Protocol

from deskwright.errors import ConflictError, NotFoundError
from deskwright.operations import operation
from deskwright.session import Session

_FEW = 5


class Listed(Protocol):
    """Description of a kind: the list of its things, and the properties whose values make a label in a tenant."""

    lists: ClassVar[str]
    key: ClassVar[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Thing:
    """An object of the service, or of a file (without an id). *label*: its name in files."""

    label: str
    names: frozenset[str]
    identifier: str | None


@dataclass
class References:
    """Lookup of things by name. *kinds*: all kinds; *planned*: things that the files will create, by kind."""

    use: Session
    kinds: Mapping[str, Listed]
    planned: Mapping[str, Iterable[Mapping[str, Any]]] = field(default_factory=dict)
    _listed: dict[str, list[_Thing]] = field(default_factory=dict)

    def label(self, kind: str, name: str) -> str:
        """Return the label in files of a resource, by its id or a name. Raises: NotFoundError, ConflictError."""
        return self._found(kind, name, [*self._things(kind), *self._new(kind)]).label

    def label_of(self, kind: str, identifier: str) -> str:
        """Return the label in files of the resource with an id; the id if it is gone."""
        return next((each.label for each in self._things(kind) if each.identifier == identifier), identifier)

    def is_there(self, kind: str, label: str) -> bool:
        """Return whether the service has the thing already, not only a file."""
        return any(each.label.casefold() == label.casefold() for each in self._things(kind))

    def identifier(self, kind: str, name: str) -> str:
        """Return the id of a thing of the service. Raises: NotFoundError, ConflictError."""
        return str(self._found(kind, name, self._things(kind)).identifier)

    def look_again(self, kind: str) -> None:
        """Read the resources of a kind again: one has been created."""
        self._listed.pop(kind, None)

    @cached_property
    def tenant(self) -> Mapping[str, Any]:
        """The tenant as the service shows it."""
        found: Mapping[str, Any] = self.use.client.ask("GET", self.use.address("get_tenant")).body
        return found

    def _things(self, kind: str) -> list[_Thing]:
        if kind not in self._listed:
            lists, key = self.kinds[kind].lists, self.kinds[kind].key
            query = {"$select": ",".join({"id": 0, **dict.fromkeys(key)})} if _selects(lists) else {}
            found = self.use.client.items(self.use.address(lists), query)
            self._listed[kind] = [_thing(each, key, str(each["id"])) for each in found]
        return self._listed[kind]

    def _new(self, kind: str) -> list[_Thing]:
        made = (_thing(each, self.kinds[kind].key, None) for each in self.planned.get(kind, ()))
        return [each for each in made if not self.is_there(kind, each.label)]

    def _found(self, kind: str, name: str, things: list[_Thing]) -> _Thing:
        found = [each for each in things if name == each.identifier] or [
            each for each in things if name.casefold() in each.names
        ]
        if not found:
            raise NotFoundError(f"there is no {kind} {name!r}", advice="Neither the tenant nor the files have it.")
        if len(found) > 1:
            which = ", ".join(each.label if each.label != name else str(each.identifier) for each in found[:_FEW])
            raise ConflictError(f"{len(found)} of {kind} are called {name!r}", advice=f"Name one: {which}.")
        return found[0]


def _thing(view: Mapping[str, Any], key: tuple[str, ...], identifier: str | None) -> _Thing:
    words = [str(view.get(name, "")) for name in key]
    names = {" ".join(words), words[0], *([str(view["displayName"])] if view.get("displayName") else [])}
    return _Thing(" ".join(words), frozenset(each.casefold() for each in names), identifier)


def _selects(lists: str) -> bool:
    return "$select" in operation(lists).query
