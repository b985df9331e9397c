"""What role assignments allow: the one function that decides it.

An assignment gives its role's permissions at its scope and below to its principal; one to a group gives them to the
group's members, also indirect ones. A permission allows an action that one of its `actions` matches and none of its
`notActions`; `notActions` take nothing from another role. Data actions are decided in the same way by `dataActions`
and `notDataActions`. `*` stands for any text, in any case. Conditions of assignments are kept and shown; they are not
evaluated. Source: learn.microsoft.com/azure/role-based-access-control/role-definitions.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from azure_simulator.authorization.role_assignments import BY_PRINCIPAL, BY_SCOPE
from azure_simulator.authorization.role_definitions import permissions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World


def allows(world: World, principal_id: str, action: str, scope: str, *, data: bool = False) -> bool:
    """Tell whether a principal's role assignments, or those of its groups, allow an action at a scope."""
    return any(_permits(each, action, data=data) for each in granted(world, principal_id, scope))


def granted(world: World, principal_id: str, scope: str) -> list[Json]:
    """Give the permissions of the roles that a principal, or a group that it is in, has at a scope or above."""
    whose = _principals(world, principal_id)
    roles = {
        assignment.properties["roleDefinitionId"]
        for each in _above(scope)
        for assignment in world.resources.find(BY_SCOPE, each)
        if assignment.properties["principalId"].lower() in whose
    }
    return [each for role in sorted(roles) for each in permissions(world, role) or ()]


def reaches(world: World, principal_id: str, scope: str) -> bool:
    """Tell whether a principal has any role at a scope, above it, or below: then it sees that the scope exists."""
    wanted = f"{scope.lower().rstrip('/')}/"
    held = (each for one in _principals(world, principal_id) for each in world.resources.find(BY_PRINCIPAL, one))
    scopes = (f"{each.properties['scope'].lower().rstrip('/')}/" for each in held)
    return any(wanted.startswith(each) or each.startswith(wanted) for each in scopes)


def _principals(world: World, principal_id: str) -> set[str]:
    """Give a principal and the groups that it is in."""
    groups: list[str] = []
    world.publish("ask_groups", principal_id=principal_id, answers=groups)
    return {principal_id.lower(), *(each.lower() for each in groups)}


def _above(scope: str) -> list[str]:
    """Give a scope and those that it lies in, as the index knows them."""
    segments = scope.lower().rstrip("/").split("/")
    return ["/", *("/".join(segments[:end]) for end in range(3, len(segments) + 1))]


def _permits(permission: Json, action: str, *, data: bool) -> bool:
    kept, taken = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    return _matches(permission[kept], action) and not _matches(permission[taken], action)


def _matches(patterns: Iterable[str], action: str) -> bool:
    return any(_pattern(each).fullmatch(action) for each in patterns)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.IGNORECASE)
