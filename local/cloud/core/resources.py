"""The store: resources by lower-cased id, found by type and by collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.cloud.core.answers import Json

_REMEMBERED = 4
_NESTED = 8
"""Slashes in the id of a resource of a provider: what lies below one is indexed."""


@dataclass(slots=True)
class Resource:
    """One resource. `body` is what a GET shows and is replaced, never changed in place.

    `facts` is what Azure knows and does not show (power state, agent, sealed secrets).
    """

    id: str
    type: str
    body: Json
    created_us: int
    facts: Json = field(default_factory=dict)
    version: int = 1
    past: list[tuple[int, Json]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Give the lower-cased id."""
        return self.id.lower()

    @property
    def name(self) -> str:
        """Give the last segment of the id."""
        return self.id.rsplit("/", 1)[-1]

    @property
    def properties(self) -> Json:
        """Give `body.properties`; read only."""
        found: Json = self.body.get("properties", {})
        return found

    def replace(self, body: Json, now_us: int) -> None:
        """Show another body from now on; the few last ones stay for stale reads."""
        self.past = [*self.past[1 - _REMEMBERED :], (now_us, self.body)]
        self.body = body
        self.version += 1

    def set(self, now_us: int, **properties: object) -> None:
        """Replace some properties; `None` removes one."""
        merged = {**self.properties, **properties}
        kept = {key: value for key, value in merged.items() if value is not None}
        self.replace({**self.body, "properties": kept}, now_us)

    def as_of(self, at_us: int) -> Json:
        """Give the body as it was at a moment, as far as it is remembered."""
        for until_us, body in self.past:
            if at_us < until_us:
                return body
        return self.body


class Store:
    """Every resource of every plane that has ids in paths."""

    def __init__(self) -> None:
        self._all: dict[str, Resource] = {}
        self._types: dict[str, dict[str, Resource]] = {}
        self._collections: dict[str, dict[str, Resource]] = {}
        self._nested: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._all)

    def get(self, resource_id: str) -> Resource | None:
        """Find by id, whatever its case."""
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
        return resource

    def remove(self, resource_id: str) -> Resource | None:
        """Forget a resource and all below it; `None` if there was none."""
        key = resource_id.lower()
        for child in self._below(key):
            self._drop(child)
        return self._drop(key)

    def _below(self, key: str) -> list[str]:
        """List the keys of all that lies below a resource or a path."""
        if key.count("/") < _NESTED:
            owner = f"{key}/"
            return [each for each in self._all if each.startswith(owner)]
        collections = self._nested.get(key, set())
        return [member for path in sorted(collections) for member in self._collections[path]]

    def _drop(self, key: str) -> Resource | None:
        resource = self._all.pop(key, None)
        if resource is not None:
            self._types[resource.type.lower()].pop(key, None)
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
        """List what lies directly in a collection path, oldest first."""
        return list(self._collections.get(path.lower().rstrip("/"), {}).values())

    def types(self) -> dict[str, int]:
        """Count resources by type."""
        return {kind: len(members) for kind, members in sorted(self._types.items()) if members}

    def under(self, prefix: str) -> list[Resource]:
        """List every resource whose id begins with a prefix, such as a resource group."""
        return [self._all[key] for key in self._below(prefix.lower().rstrip("/"))]


def _owners(collection: str) -> list[str]:
    """List the resources (eight segments or more) that a collection lies below."""
    segments = collection.split("/")
    return ["/".join(segments[:end]) for end in range(_NESTED + 1, len(segments))]
