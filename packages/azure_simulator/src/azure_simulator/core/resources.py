"""The store: resources by lower-cased id, found by type and by collection."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from azure_simulator.core.answers import Json

Step = str | tuple[str, object]
"""A step into JSON: a member, or the row of a list that has a member of some value."""
Given = tuple[Step, ...]
_REMEMBERED = 4
_NESTED = 8
"""Slashes in the id of a provider's resource; resources below it are indexed by it."""
_GROUP = 4
"""Slashes in the id of a resource group; resources in it are indexed by it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The body that a resource shows, and the values given only by requests."""

    body: Json
    given: dict[Given, object]
    covered: dict[Given, object]


@dataclass(slots=True)
class Resource:
    """One resource. `body` is the answer of a GET; it is replaced, never changed in place.

    `facts` is what Azure knows and does not show (power state, agent, hashed secrets). `given` is what requests said
    and no handler understood, by its path: every body shows it, in the place of what is `covered` (`None`: of nothing).
    `earlier` is what was shown before the last request that could change it.
    """

    id: str
    type: str
    body: Json
    created_us: int
    facts: Json = field(default_factory=dict)
    version: int = 1
    past: list[tuple[int, Json]] = field(default_factory=list)
    given: dict[Given, object] = field(default_factory=dict)
    covered: dict[Given, object] = field(default_factory=dict)
    earlier: Shown | None = None

    @property
    def key(self) -> str:
        """Return the lower-cased id."""
        return self.id.lower()

    @property
    def name(self) -> str:
        """Return the last segment of the id."""
        return self.id.rsplit("/", 1)[-1]

    @property
    def properties(self) -> Json:
        """Return `body.properties`; read only."""
        found: Json = self.body.get("properties", {})
        return found

    def replace(self, body: Json, now_us: int) -> None:
        """Show another body from now on; the few last ones stay for stale reads."""
        self.past = [*self.past[1 - _REMEMBERED :], (now_us, self.body)]
        self.body = overlay(body, self.given) if self.given else body
        self.version += 1

    def set(self, now_us: int, **properties: object) -> None:
        """Replace some properties; `None` removes one."""
        merged = {**self.properties, **properties}
        kept = {key: value for key, value in merged.items() if value is not None}
        self.replace({**self.body, "properties": kept}, now_us)

    @property
    def shown(self) -> Shown:
        """Return the values that are shown now, for `show_again`."""
        return Shown(self.body, self.given, self.covered)

    def show_again(self, shown: Shown, earlier: Shown | None) -> None:
        """Go back to the values shown before, as if nothing had been asked since."""
        self.body, self.given, self.covered, self.earlier = shown.body, shown.given, shown.covered, earlier

    def undo(self, now_us: int, *names: str) -> None:
        """Show some properties as before the last request, all when none is named: its operation has failed."""
        before, now = self.earlier or self.shown, self.shown
        if not names:
            self.given, self.covered = before.given, before.covered
            self.replace(before.body, now_us)
            return

        def mixed(of_now: dict[Given, object], of_before: dict[Given, object]) -> dict[Given, object]:
            rest = {path: value for path, value in of_now.items() if not _is_of(path, names)}
            return rest | {path: value for path, value in of_before.items() if _is_of(path, names)}

        self.given, self.covered = mixed(now.given, before.given), mixed(now.covered, before.covered)
        self.set(now_us, **{name: before.body["properties"].get(name) for name in names})

    def as_of(self, at_us: int) -> Json:
        """Return the body at an earlier moment, within the remembered history."""
        for until_us, body in self.past:
            if at_us < until_us:
                return body
        return self.body


def _is_of(path: Given, names: tuple[str, ...]) -> bool:
    """Return whether a path begins with one of the properties."""
    return path[0] == "properties" and len(path) > 1 and path[1] in names


def overlay(body: Json, given: dict[Given, object]) -> Json:
    """Copy a body with other values at some paths, `None` for none; a path into a missing member is left out."""
    for path, value in given.items():
        body = _at(body, path, value)
    return body


def _at(node: Any, path: Given, value: object) -> Any:  # noqa: ANN401 - JSON
    step, rest = path[0], path[1:]
    if isinstance(step, tuple):
        name, mark = step
        rows = node if isinstance(node, list) else []
        return [_at(each, rest, value) if _fold(each.get(name)) == mark else each for each in rows]
    if not isinstance(node, dict) or (rest and step not in node):
        return node
    if rest:
        return {**node, step: _at(node[step], rest, value)}
    return {**node, step: value} if value is not None else {key: each for key, each in node.items() if key != step}


def _fold(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Index:
    """A second index of a type's resources, by the value that `key` returns for one (`None`: not indexed).

    Make it once, as a constant. Where the key of a resource may change, `Store.refile` it.
    """

    type: str
    key: Callable[[Resource], Hashable]


class _Files:
    """The resources of one index by their keys, and the key each is filed under."""

    __slots__ = ("by_key", "filed")

    def __init__(self) -> None:
        self.by_key: dict[Hashable, dict[str, Resource]] = {}
        self.filed: dict[str, Hashable] = {}

    def put(self, resource: Resource, key: Hashable) -> None:
        """File a resource under its key, and no longer under another."""
        self.take(resource.key)
        if key is not None:
            self.filed[resource.key] = key
            self.by_key.setdefault(key, {})[resource.key] = resource

    def take(self, resource_key: str) -> None:
        """Take a resource out."""
        key = self.filed.pop(resource_key, None)
        if key is not None:
            del self.by_key[key][resource_key]
            if not self.by_key[key]:
                del self.by_key[key]


class Store:
    """Every resource of every plane that has ids in paths."""

    def __init__(self) -> None:
        self._all: dict[str, Resource] = {}
        self._types: dict[str, dict[str, Resource]] = {}
        self._collections: dict[str, dict[str, Resource]] = {}
        self._nested: dict[str, set[str]] = {}
        self._files: dict[str, dict[Index, _Files]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Resource]:
        return iter(list(self._all.values()))

    def get(self, resource_id: str) -> Resource | None:
        """Find by id, without regard to case."""
        return self._all.get(resource_id.lower())

    def add(self, resource: Resource) -> Resource:
        """Keep a resource; one with the same id is replaced."""
        key = resource.key
        self._all[key] = resource
        self._types.setdefault(resource.type.lower(), {})[key] = resource
        collection = key.rpartition("/")[0]
        if collection not in self._collections:
            self._collections[collection] = {}
            for owner in _owners(collection):
                self._nested.setdefault(owner, set()).add(collection)
        self._collections[collection][key] = resource
        self.refile(resource)
        return resource

    def refile(self, resource: Resource) -> None:
        """File a resource anew whose index keys may have changed."""
        for index, files in self._files.get(resource.type.lower(), {}).items():
            files.put(resource, index.key(resource))

    def find(self, index: Index, key: Hashable) -> list[Resource]:
        """List the resources with a key, oldest first; takes no longer the more others there are."""
        return list(self._filed(index).by_key.get(key, {}).values())

    def number(self, index: Index, key: Hashable) -> int:
        """Count the resources with a key."""
        return len(self._filed(index).by_key.get(key, ()))

    def _filed(self, index: Index) -> _Files:
        """Return the files of an index, made at its first use."""
        kind = index.type.lower()
        found = self._files.setdefault(kind, {}).get(index)
        if found is None:
            found = self._files[kind][index] = _Files()
            for resource in self._types.get(kind, {}).values():
                found.put(resource, index.key(resource))
        return found

    def remove(self, resource_id: str) -> Resource | None:
        """Forget a resource and all below it; `None` if there was none."""
        key = resource_id.lower()
        for child in self._below(key):
            self._drop(child)
        return self._drop(key)

    def _below(self, key: str) -> list[str]:
        """List the keys of all that lies below a resource or a path."""
        slashes = key.count("/")
        if slashes < _NESTED and slashes != _GROUP:
            owner = f"{key}/"
            return [each for each in self._all if each.startswith(owner)]
        collections = self._nested.get(key, set())
        return [member for path in sorted(collections) for member in self._collections[path]]

    def _drop(self, key: str) -> Resource | None:
        resource = self._all.pop(key, None)
        if resource is not None:
            self._types[resource.type.lower()].pop(key, None)
            for files in self._files.get(resource.type.lower(), {}).values():
                files.take(key)
            collection = key.rpartition("/")[0]
            members = self._collections[collection]
            members.pop(key, None)
            if not members:
                del self._collections[collection]
                for owner in _owners(collection):
                    self._nested[owner].discard(collection)
                    if not self._nested[owner]:
                        del self._nested[owner]
        return resource

    def of_type(self, kind: str) -> list[Resource]:
        """List every resource of a type such as `Microsoft.Compute/virtualMachines`."""
        return list(self._types.get(kind.lower(), {}).values())

    def collection(self, path: str) -> list[Resource]:
        """List the resources directly in a collection path, oldest first."""
        return list(self._collections.get(path.lower().rstrip("/"), {}).values())

    def types(self) -> dict[str, int]:
        """Count resources by type."""
        return {kind: len(members) for kind, members in sorted(self._types.items()) if members}

    def under(self, prefix: str) -> list[Resource]:
        """List every resource whose id begins with a prefix, such as a resource group."""
        return [self._all[key] for key in self._below(prefix.lower().rstrip("/"))]


def _owners(collection: str) -> list[str]:
    """List the resource group and the resources (eight segments or more) that a collection lies below."""
    segments = collection.split("/")
    group = ["/".join(segments[: _GROUP + 1])] if len(segments) > _GROUP else []
    return [*group, *("/".join(segments[:end]) for end in range(_NESTED + 1, len(segments)))]
