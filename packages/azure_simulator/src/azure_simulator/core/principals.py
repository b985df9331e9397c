"""Callers and their permissions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json


Known = Mapping[tuple[str, str], tuple[str, ...]]
"""Attributes known to conditions: the source and name of an attribute, in lower case, and its values."""


class Assignments(Protocol):
    """Permissions that role assignments give to principals that have no rights of their own."""

    def allow(self, principal_id: str, action: str, scope: str, known: Known | None = None) -> bool:
        """Return whether they allow an action at a scope, once the attributes of their conditions are known."""
        ...

    def reach(self, principal_id: str, scope: str) -> bool:
        """Return whether there are any at a scope, above it, or below."""
        ...


@dataclass(slots=True)
class Principal:
    """A caller known to the cloud.

    `actions` are ARM actions, `roles` Graph application roles; both may hold wildcards. `denied`
    takes single actions or roles away, below scopes that match a glob.
    """

    object_id: str
    name: str = ""
    client_id: str = ""
    actions: tuple[str, ...] = ("*",)
    roles: tuple[str, ...] = ("*",)
    denied: tuple[tuple[str, str], ...] = ()
    assignments: Assignments | None = None
    """Role assignments, which decide instead of `actions`; each token's own assignments are added to the roles."""
    _answers: dict[tuple[str, str], bool] = field(default_factory=dict)

    def may(self, action: str, scope: str = "") -> bool:
        """Return whether any of some blank-separated actions or roles is granted at a scope."""
        if not action:
            return True
        if self.assignments is not None:
            return any(self._one(each, scope.lower()) for each in action.split())
        key = (action, scope.lower() if self.denied else "")
        if key not in self._answers:
            self._answers[key] = any(self._one(each, key[1]) for each in action.split())
        return self._answers[key]

    def may_with(self, action: str, scope: str, known: Known) -> bool:
        """Return whether an action is granted with these attributes; without role assignments they do not count."""
        return self.assignments is None or self.assignments.allow(self.object_id, action, scope.lower(), known)

    def _one(self, action: str, scope: str) -> bool:
        wanted = action.lower()
        if self.assignments is not None and "/" in action:
            return self.assignments.allow(self.object_id, action, scope)
        granted = self.actions if "/" in action else self.roles
        if not any(fnmatchcase(wanted, each.lower()) for each in granted):
            return False
        return not any(
            fnmatchcase(wanted, what.lower()) and fnmatchcase(scope, where.lower()) for what, where in self.denied
        )

    def sees(self, scope: str, action: str = "") -> bool:
        """Return whether a list shows a scope: if the caller has an assignment near it, or may do the action."""
        if self.assignments is not None:
            return self.assignments.reach(self.object_id, scope)
        return self.may(action, scope)


class Principals:
    """Every known caller by object id.

    A caller that is not known may do everything, or nothing when strict; a user who has signed in (a token with `scp`)
    only what role assignments and the scopes of the token allow.
    """

    def __init__(self, assignments: Assignments) -> None:
        self._known: dict[str, Principal] = {}
        self._seen: dict[tuple[str, bool], Principal] = {}
        self._assignments = assignments
        self.strict = False

    def find(self, claims: Json) -> Principal:
        """Return the caller of a token."""
        object_id, delegated = str(claims.get("oid", "")), "scp" in claims
        found = self._known.get(object_id) or self._seen.get((object_id, delegated))
        if found is None:
            rights = () if self.strict else ("*",)
            client = str(claims.get("appid", claims.get("azp", "")))
            name = str(claims.get("name", client)) if delegated else client
            decides = self._assignments if delegated else None
            found = Principal(object_id, name, client, rights, rights, assignments=decides)
            self._seen[object_id, delegated] = found
        if found.assignments is not None:
            given = str(claims["scp"]).split() if delegated else claims.get("roles", ())
            return replace(found, roles=(*found.roles, *given) if not delegated else tuple(given), _answers={})
        return found

    def seed(self, entries: list[Json]) -> None:
        """Define callers: id, name, appId, actions, roles, denied [{action, scope}].

        With `assigned` role assignments decide instead of `actions`; `roles` are added to those of each token.
        """
        for entry in entries:
            self._known[entry["id"]] = Principal(
                object_id=entry["id"],
                name=entry.get("name", ""),
                client_id=entry.get("appId", ""),
                actions=tuple(entry.get("actions", ["*"])),
                roles=tuple(entry.get("roles", [] if entry.get("assigned") else ["*"])),
                assignments=self._assignments if entry.get("assigned") else None,
                denied=tuple((d["action"], d.get("scope", "*")) for d in entry.get("denied", [])),
            )

    def add_assigned(self, object_id: str, name: str, client_id: str) -> None:
        """Define a caller whose rights are role assignments, like service principals created through Graph."""
        self._known[object_id] = Principal(object_id, name, client_id, roles=(), assignments=self._assignments)

    def all(self) -> list[Principal]:
        """List every caller seen or defined."""
        return [*self._known.values(), *self._seen.values()]
