"""One tenant's directory as a replica knows it: what was written last may not be there yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.graph import odata

if TYPE_CHECKING:
    from azure_simulator.graph.directory import Directory, Doc


@dataclass(frozen=True, slots=True)
class Replica:
    """A tenant as it was at a moment; the present costs nothing."""

    directory: Directory
    tenant: str
    at_us: int

    @property
    def is_current(self) -> bool:
        """Tell whether it knows of everything."""
        return self.at_us >= self.directory.now_us

    def get(self, kind: str, key: str) -> Doc | None:
        """Return one document."""
        if self.is_current:
            return self.directory.get(kind, self.tenant, key)
        return self.directory.as_of(kind, self.tenant, key, self.at_us)

    def by(self, kind: str, field: str, value: str) -> list[Doc]:
        """Return the documents of an indexed field's value (without case)."""
        if self.is_current:
            return self.directory.by(kind, self.tenant, field, value)
        everything = self.directory.all_as_of(kind, self.tenant, self.at_us)
        return [each for each in everything if str(each.get(field, "")).lower() == value.lower()]

    def all(self, kind: str, text: str | None = None) -> list[Doc]:
        """List documents that a `$filter` may keep: those of an index when it asks for one value."""
        asked = odata.equality(text) if text is not None else None
        if asked is not None and self.directory.is_indexed(kind, asked[0]):
            return self.by(kind, *asked)
        if self.is_current:
            return self.directory.all(kind, self.tenant)
        return self.directory.all_as_of(kind, self.tenant, self.at_us)

    def find(self, member: str) -> tuple[str, Doc] | None:
        """Return kind and document of a member of groups: a user, a group or a device."""
        for kind in ("user", "group", "device"):
            doc = self.get(kind, member)
            if doc is not None:
                return kind, doc
        return None

    def members(self, group: str) -> list[str]:
        """List the direct members of a group."""
        return self.directory.memberships[self.tenant].members(group, self.at_us)

    def groups_of(self, member: str) -> list[str]:
        """List the groups that hold a member directly."""
        return self.directory.memberships[self.tenant].groups_of(member, self.at_us)
