"""One tenant's directory as a lagging replica shows it: the latest writes may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.graph.directory.entities import DIRECTORY_OBJECTS

if TYPE_CHECKING:
    from azure_simulator.graph.directory.records import Directory, Doc


@dataclass(frozen=True, slots=True)
class Replica:
    """A tenant as it was at a moment; reading the present costs no more than reading the directory."""

    directory: Directory
    tenant: str
    at_us: int

    @property
    def is_current(self) -> bool:
        """Return whether it has every write."""
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

    def all(self, kind: str) -> list[Doc]:
        """List the documents of a kind."""
        if self.is_current:
            return self.directory.all(kind, self.tenant)
        return self.directory.all_as_of(kind, self.tenant, self.at_us)

    def find(self, member: str) -> tuple[str, Doc] | None:
        """Return kind and document of a directory object that can be a member of groups."""
        for each in DIRECTORY_OBJECTS:
            doc = self.get(each.name, member)
            if doc is not None:
                return each.name, doc
        return None

    def members(self, group: str) -> list[str]:
        """List the direct members of a group."""
        return self.directory.memberships[self.tenant].members(group, self.at_us)

    def groups_of(self, member: str) -> list[str]:
        """List the groups that hold a member directly."""
        return self.directory.memberships[self.tenant].groups_of(member, self.at_us)
