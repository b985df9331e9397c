"""Rules across the members of one object in a body: declared by the path of the object, checked for each PUT.

    together=(
        one_of("properties.securityRules[]", "properties.sourcePortRange", "properties.sourcePortRanges", says=...),
    )

A PATCH has only what changes, so that its handler looks at what becomes of the resource.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid
from azure_simulator.arm.value_rules import values_at
from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azure_simulator.core.answers import Json

USER_ASSIGNED = "userassigned"


@dataclass(frozen=True, slots=True)
class Together:
    """A rule for the object at a path (empty: the body), and the message for an object that breaks it.

    `{path}` in the words is the path of the resource, `{name}` the name of the object.
    """

    path: str
    fits: Callable[[Json], bool]
    says: str
    code: str = ""

    def check(self, where: str, found: Json) -> None:
        """Refuse an object that does not fit."""
        if self.fits(found):
            return
        text = self.says.replace("{path}", where).replace("{name}", str(found.get("name", "")))
        raise Problem(400, self.code, text) if self.code else invalid(self.path.removeprefix("properties."), text)


def check(rules: Iterable[Together], where: str, body: object) -> None:
    """Refuse a body with objects that do not fit the rules of its type."""
    for rule in (_IDENTITY, *rules):
        for found in values_at(body, rule.path) if rule.path else [body]:
            if isinstance(found, dict):
                rule.check(where, found)


def one_of(path: str, *members: str, says: str, code: str = "") -> Together:
    """Make the rule that at least one of some members says something."""
    return Together(path, lambda found: any(each for name in members for each in values_at(found, name)), says, code)


def _has_its_identities(identity: Json) -> bool:
    kinds = str(identity.get("type", "")).replace(" ", "").lower().split(",")
    return USER_ASSIGNED not in kinds or any((identity.get("userAssignedIdentities") or {}).items())


_IDENTITY = Together(
    "identity",
    _has_its_identities,
    "The identity ids must not be null or empty for 'UserAssigned' identity type.",
    "MissingIdentityIds",
)
"""Resource Manager's own rule, for every type; code and words as people quote them of a search service."""
