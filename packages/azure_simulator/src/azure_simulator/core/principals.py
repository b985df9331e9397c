"""Who calls, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json


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
    by_token: bool = False
    """Whether the roles are those of each token, as for a service principal that was made through Graph."""
    _answers: dict[tuple[str, str], bool] = field(default_factory=dict)

    def may(self, action: str, scope: str = "") -> bool:
        """Tell whether any of some blank-separated actions or roles is granted at a scope."""
        if not action:
            return True
        key = (action, scope.lower() if self.denied else "")
        if key not in self._answers:
            self._answers[key] = any(self._one(each, key[1]) for each in action.split())
        return self._answers[key]

    def _one(self, action: str, scope: str) -> bool:
        wanted = action.lower()
        granted = self.actions if "/" in action else self.roles
        if not any(fnmatchcase(wanted, each.lower()) for each in granted):
            return False
        return not any(
            fnmatchcase(wanted, what.lower()) and fnmatchcase(scope, where.lower()) for what, where in self.denied
        )


class Principals:
    """Every known caller by object id; while none is known, everybody may do everything."""

    def __init__(self) -> None:
        self._known: dict[str, Principal] = {}
        self.strict = False

    def find(self, claims: Json) -> Principal:
        """Give the caller of a token; an unknown one has everything, or nothing when strict."""
        object_id = str(claims.get("oid", ""))
        found = self._known.get(object_id)
        if found is None:
            rights = () if self.strict else ("*",)
            client = str(claims.get("appid", claims.get("azp", "")))
            found = Principal(object_id, client, client, rights, rights)
            self._known[object_id] = found
        if found.by_token:
            return replace(found, roles=tuple(claims.get("roles", ())), _answers={})
        return found

    def seed(self, entries: list[Json]) -> None:
        """Define callers: id, name, appId, actions, roles, denied [{action, scope}], rolesOfToken."""
        for entry in entries:
            self._known[entry["id"]] = Principal(
                object_id=entry["id"],
                name=entry.get("name", ""),
                client_id=entry.get("appId", ""),
                actions=tuple(entry.get("actions", ["*"])),
                roles=tuple(entry.get("roles", ["*"])),
                denied=tuple((d["action"], d.get("scope", "*")) for d in entry.get("denied", [])),
                by_token=bool(entry.get("rolesOfToken")),
            )

    def all(self) -> list[Principal]:
        """List every caller seen or defined."""
        return list(self._known.values())
