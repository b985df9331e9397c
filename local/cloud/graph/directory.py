"""The directory's records: users, groups, products, apps, devices of every tenant.

Records are JSON documents found by kind, tenant and id (without case); they are replaced, never
changed in place. Names that begin with `_` are ours and never shown to a caller. The journal
keeps requests and replays them, so that nothing here needs saving.
Kinds: tenant, user, group, sku, app, device, managedDevice, forest and computer (the last two are
Active Directory's).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from local.cloud.graph.memberships import Change, Memberships

if TYPE_CHECKING:
    from collections.abc import Iterator

Doc = dict[str, Any]
_ROOT = uuid.UUID("6d5b41c0-58a0-5d0e-9f4e-1f1d3d1c7a11")
_INDEXED = {
    "user": ("userPrincipalName",),
    "group": ("displayName",),
    "device": ("deviceId", "displayName"),
    "managedDevice": ("deviceName",),
    "computer": ("name",),
}


def derived_id(*parts: str) -> str:
    """Return the same GUID for the same parts, on every machine."""
    return str(uuid.uuid5(_ROOT, "/".join(parts).lower()))


class Directory:
    """Everything the simulated Graph and Entra know, for all tenants."""

    def __init__(self) -> None:
        self._docs: dict[tuple[str, str], dict[str, Doc]] = defaultdict(dict)
        self._index: dict[tuple[str, str, str, str], dict[str, None]] = defaultdict(dict)
        self.memberships: dict[str, Memberships] = defaultdict(Memberships)
        self.sequence = 0

    def get(self, kind: str, tenant: str, key: str) -> Doc | None:
        """Return one document, not to be changed in place."""
        return self._docs[kind, tenant.lower()].get(key.lower())

    def all(self, kind: str, tenant: str) -> list[Doc]:
        """List a tenant's documents of a kind, oldest first."""
        return list(self._docs[kind, tenant.lower()].values())

    def count(self, kind: str, tenant: str) -> int:
        """Count a tenant's documents of a kind."""
        return len(self._docs[kind, tenant.lower()])

    def by(self, kind: str, tenant: str, field: str, value: str) -> list[Doc]:
        """Return the documents whose indexed field has a value (without case)."""
        found = self._index.get((kind, tenant.lower(), field, value.lower()), {})
        return [self._docs[kind, tenant.lower()][key] for key in found]

    def tenants(self) -> list[Doc]:
        """Return the documents of all tenants."""
        return [each for kind, of in self._docs.items() if kind[0] == "tenant" for each in of.values()]

    def tenant(self, name: str) -> Doc | None:
        """Return a tenant by id or by its domain."""
        named = (each for each in self.tenants() if each["domain"].lower() == name.lower())
        return self.get("tenant", name, "") or next(named, None)

    def find(self, tenant: str, member: str) -> tuple[str, Doc] | None:
        """Return kind and document of a member of groups: a user, a group or a device."""
        for kind in ("user", "group", "device"):
            doc = self.get(kind, tenant, member)
            if doc is not None:
                return kind, doc
        return None

    def put(self, kind: str, tenant: str, key: str, doc: Doc) -> Doc:
        """Keep a document in place of the one with the same key."""
        docs, key = self._docs[kind, tenant.lower()], key.lower()
        for index in self._indexes(kind, tenant, docs.get(key)):
            index.pop(key, None)
        docs[key] = doc
        for index in self._indexes(kind, tenant, doc):
            index[key] = None
        self.sequence = max(self.sequence, int(doc.get("_sequence", 0)))
        return doc

    def change(self, kind: str, tenant: str, key: str, **fields: Any) -> Doc:  # noqa: ANN401 - JSON
        """Set some fields of a document that exists."""
        doc = self._docs[kind, tenant.lower()][key.lower()]
        return self.put(kind, tenant, key, {**doc, **fields})

    def remove(self, kind: str, tenant: str, key: str) -> None:
        """Drop a document; dropping nothing is nothing."""
        doc = self._docs[kind, tenant.lower()].pop(key.lower(), None)
        for index in self._indexes(kind, tenant, doc):
            index.pop(key.lower(), None)

    def _indexes(self, kind: str, tenant: str, doc: Doc | None) -> Iterator[dict[str, None]]:
        for field in _INDEXED.get(kind, ()) if doc is not None else ():
            value = str((doc or {}).get(field, ""))
            yield self._index[kind, tenant.lower(), field, value.lower()]

    def next_sequence(self) -> int:
        """Count one more change of the directory."""
        self.sequence += 1
        return self.sequence

    def set_member(self, tenant: str, group: str, member: str, *, present: bool, at_us: int) -> bool:
        """Let someone join or leave a group; tell whether that changed anything."""
        edges = self.memberships[tenant.lower()]
        if edges.has(group, member, at_us) == present:
            return False
        edges.record(Change(self.next_sequence(), at_us, group, member, present))
        return True
