"""The directory's records: users, groups, products, apps, devices of every tenant.

Records are JSON documents found by kind, tenant and id (without case). They are replaced, never changed in place.
Fields that begin with `_` are internal and not shown to a caller. The journal keeps requests and replays them, so
nothing here needs saving.
Kinds: those of `entities`, tenant, deletedUser and the like (the recycle bin), goneUser and goneGroup (what delta
readers see of deleted ones), forest (Active Directory). Changes of users and groups are published as
`directory_changed`.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from azure_simulator.graph.directory.entities import ALL_OBJECTS, DIRECTORY_OBJECTS, ENTITIES
from azure_simulator.graph.directory.memberships import Change, Memberships

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from azure_simulator.core.world import World
    from azure_simulator.graph.directory.entities import EntityType

    Members = Sequence[tuple[str, bool]]

Doc = dict[str, Any]
_ROOT = uuid.UUID("6d5b41c0-58a0-5d0e-9f4e-1f1d3d1c7a11")
_INDEXED = {name: each.indexed for name, each in ENTITIES.items()}
_PUBLISHED = frozenset(name for name, each in ENTITIES.items() if each.publishes_changes)
_WITH_HISTORY = frozenset(name for name, each in ENTITIES.items() if each.keeps_history)
_BOOKKEEPING = frozenset({"_sequence", "_made_us", "_licensed_us"})
"""A document that differs in these alone has not changed."""
_GIVES_LICENCES = ("_licenses", "_disabled_plans")
"""Properties that a group gives its members."""
_REMEMBERED = 8
STATE = "directory"
"""The name of the directory among the parts of the world's state."""


def derived_id(*parts: str) -> str:
    """Return the same GUID for the same parts, on every machine."""
    return str(uuid.uuid5(_ROOT, "/".join(parts).lower()))


class Directory:
    """Everything the simulated Graph and Entra know, for all tenants."""

    def __init__(self) -> None:
        self._docs: dict[tuple[str, str], dict[str, Doc]] = defaultdict(dict)
        self._index: dict[tuple[str, str, str, str], dict[str, None]] = defaultdict(dict)
        self.memberships: dict[str, Memberships] = defaultdict(Memberships)
        self.owners: dict[str, Memberships] = defaultdict(Memberships)
        """Owners of a group, an application or a service principal: the owned object is the `group` of a change."""
        self.sequence = 0
        self.now_us = 0
        self._past: dict[tuple[str, str], dict[str, list[tuple[int, Doc | None]]]] = defaultdict(dict)
        self.publish: Callable[..., None] = lambda *_args, **_facts: None

    def get(self, kind: str, tenant: str, key: str) -> Doc | None:
        """Return one document, not to be changed in place."""
        return self._docs[kind, tenant.lower()].get(key.lower())

    def all(self, kind: str, tenant: str) -> list[Doc]:
        """List a tenant's documents of a kind, oldest first."""
        return list(self._docs[kind, tenant.lower()].values())

    def as_of(self, kind: str, tenant: str, key: str, at_us: int) -> Doc | None:
        """Return a user, group or device as it was at a moment, as far as that is remembered."""
        for until_us, doc in self._past[kind, tenant.lower()].get(key.lower(), ()):
            if at_us < until_us:
                return doc
        return self.get(kind, tenant, key)

    def all_as_of(self, kind: str, tenant: str, at_us: int) -> list[Doc]:
        """List the documents that existed at a moment; those deleted since then come last."""
        keys = dict.fromkeys([*self._docs[kind, tenant.lower()], *self._past[kind, tenant.lower()]])
        found = (self.as_of(kind, tenant, key, at_us) for key in keys)
        return [doc for doc in found if doc is not None]

    def _remember(self, kind: str, tenant: str, key: str, before: Doc | None) -> None:
        if kind in _WITH_HISTORY:
            past = self._past[kind, tenant.lower()]
            past[key] = [*past.get(key, [])[1 - _REMEMBERED :], (self.now_us, before)]

    def count(self, kind: str, tenant: str) -> int:
        """Count a tenant's documents of a kind."""
        return len(self._docs[kind, tenant.lower()])

    def by(self, kind: str, tenant: str, field: str, value: str) -> list[Doc]:
        """Return the documents whose indexed field has a value (without case)."""
        found = self._index.get((kind, tenant.lower(), field, value.lower()), {})
        return [self._docs[kind, tenant.lower()][key] for key in found]

    def is_indexed(self, kind: str, field: str) -> bool:
        """Return whether `by` can look up a field."""
        return field in _INDEXED.get(kind, ())

    def tenants(self) -> list[Doc]:
        """Return the documents of all tenants."""
        return [each for kind, of in self._docs.items() if kind[0] == "tenant" for each in of.values()]

    def tenant(self, name: str) -> Doc | None:
        """Return a tenant by id or by its domain."""
        named = (each for each in self.tenants() if each["domain"].lower() == name.lower())
        return self.get("tenant", name, "") or next(named, None)

    def find(self, tenant: str, member: str) -> tuple[str, Doc] | None:
        """Return kind and document of a directory object that can be a member of groups."""
        return self._find(tenant, member, DIRECTORY_OBJECTS)

    def find_object(self, tenant: str, key: str) -> tuple[str, Doc] | None:
        """Return kind and document of a directory object of any kind."""
        return self._find(tenant, key, ALL_OBJECTS)

    def _find(self, tenant: str, key: str, among: tuple[EntityType, ...]) -> tuple[str, Doc] | None:
        for each in among:
            doc = self.get(each.name, tenant, key)
            if doc is not None:
                return each.name, doc
        return None

    def put(self, kind: str, tenant: str, key: str, doc: Doc) -> Doc:
        """Store a document in place of the one with the same key."""
        docs, key = self._docs[kind, tenant.lower()], key.lower()
        before = docs.get(key)
        for index in self._indexes(kind, tenant, before):
            index.pop(key, None)
        docs[key] = doc
        for index in self._indexes(kind, tenant, doc):
            index[key] = None
        self.sequence = max(self.sequence, int(doc.get("_sequence", 0)))
        self._remember(kind, tenant, key, before)
        if kind in _PUBLISHED and _differ(before, doc):
            self._docs[ENTITIES[kind].tombstone_kind, tenant.lower()].pop(key, None)
            self._publish_change(tenant, kind, key)
            if before is not None and any(before.get(name) != doc.get(name) for name in _GIVES_LICENCES):
                self._touch_members(kind, tenant, key)
        return doc

    def change(self, kind: str, tenant: str, key: str, **fields: Any) -> Doc:  # noqa: ANN401 - JSON
        """Set some fields of a document that exists."""
        doc = self._docs[kind, tenant.lower()][key.lower()]
        changed = {**doc, **fields}
        if kind in _PUBLISHED and _differ(doc, changed):
            changed["_sequence"] = self.next_sequence()
        return self.put(kind, tenant, key, changed)

    def remove(self, kind: str, tenant: str, key: str, *, restorable: bool = False) -> None:
        """Remove a document, if it exists. `restorable`: the recycle bin has it now."""
        key = key.lower()
        doc = self._docs[kind, tenant.lower()].pop(key, None)
        for index in self._indexes(kind, tenant, doc):
            index.pop(key, None)
        if doc is not None:
            self._remember(kind, tenant, key, doc)
        if doc is not None:
            self.add_tombstone(kind, tenant, key, restorable=restorable)

    def add_tombstone(self, kind: str, tenant: str, key: str, *, restorable: bool) -> None:
        """Tell a kind's delta readers and subscribers, if it has any, of a soft or a permanent deletion."""
        if kind not in _PUBLISHED:
            return
        reason, sequence = "changed" if restorable else "deleted", self.next_sequence()
        tombstones = self._docs[ENTITIES[kind].tombstone_kind, tenant.lower()]
        tombstones[key] = {"id": key, "_sequence": sequence, "_reason": reason}
        self._publish_change(tenant, kind, key, "updated" if restorable else "deleted")

    def _indexes(self, kind: str, tenant: str, doc: Doc | None) -> Iterator[dict[str, None]]:
        for field in _INDEXED.get(kind, ()) if doc is not None else ():
            value = str((doc or {}).get(field, ""))
            yield self._index[kind, tenant.lower(), field, value.lower()]

    def next_sequence(self) -> int:
        """Count one more change of the directory."""
        self.sequence += 1
        return self.sequence

    def set_member(self, tenant: str, group: str, member: str, *, present: bool, at_us: int) -> bool:
        """Add a member to a group or remove one; return whether that changed anything."""
        edges = self.memberships[tenant.lower()]
        if edges.has(group, member, at_us) == present:
            return False
        edges.record(Change(self.next_sequence(), at_us, group, member, present))
        self._publish_change(tenant, "group", group, members=[(member, present)])
        if (self.get("group", tenant, group) or {}).get("_licenses"):
            self._touch(tenant, member)
        return True

    def set_owner(self, tenant: str, owned: str, owner: str, *, present: bool) -> None:
        """Make an object an owner of another one, or no longer."""
        self.owners[tenant.lower()].record(Change(self.next_sequence(), self.now_us, owned, owner, present))

    def _touch_members(self, kind: str, tenant: str, key: str) -> None:
        if kind == "group":
            for member in self.memberships[tenant.lower()].members(key, self.now_us):
                self._touch(tenant, member)

    def _touch(self, tenant: str, user: str) -> None:
        """Count a change of a user whose licences may have changed through a group."""
        doc = self.get("user", tenant, user)
        if doc is not None:
            self.put("user", tenant, user, {**doc, "_sequence": self.next_sequence()})
            self._publish_change(tenant, "user", user)

    def _publish_change(self, tenant: str, kind: str, key: str, change: str = "updated", members: Members = ()) -> None:
        """Publish a change: `updated` or `deleted`; members were added (True) or removed."""
        facts = {"tenant": tenant.lower(), "kind": kind, "key": key, "change": change, "members": members}
        self.publish("directory_changed", **facts)


def _differ(before: Doc | None, after: Doc) -> bool:
    if before is None:
        return True
    return any(before.get(name) != after.get(name) for name in (before.keys() | after.keys()) - _BOOKKEEPING)


def directory_of(world: World) -> Directory:
    """Return the directory of a world.

    Raises:
        TypeError: the world's state has something else under that name.
    """
    found = world.state(STATE)
    if not isinstance(found, Directory):
        raise TypeError(f"{STATE} is a {type(found).__name__}")
    found.now_us, found.publish = world.now_us, world.publish
    return found
