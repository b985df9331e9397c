"""Permissions given by role assignments: the one function that decides it.

An assignment gives its role's permissions at its scope and below to its principal; one to a group gives them to the
group's members, also indirect ones. A permission allows an action that one of its `actions` matches and none of its
`notActions`; `notActions` take nothing from another role. Data actions are decided in the same way by `dataActions`
and `notDataActions`. `*` stands for any text, in any case. An assignment with a condition gives
what the condition does not forbid. A new assignment gives nothing until it counts (`role_assignments`).
Source: learn.microsoft.com/azure/role-based-access-control/role-definitions.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from azure_simulator.authorization import conditions
from azure_simulator.authorization.role_assignments import BY_PRINCIPAL, BY_SCOPE, GUARDED, counts
from azure_simulator.authorization.role_definitions import permissions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from azure_simulator.authorization.conditions import Attributes
    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World


def allows(
    world: World, principal_id: str, action: str, scope: str, *, data: bool = False, known: Attributes | None = None
) -> bool:
    """Return whether role assignments of a principal, or of its groups, allow an action at a scope.

    `known` are the attributes of the request and of the resource. Before they are known, None, whatever a condition
    may still allow counts for who writes or deletes role assignments.
    """
    held = (each for each in _held(world, principal_id, scope) if _holds(each, action, known))
    return any(_permits(each, action, data=data) for each in _permissions(world, held))


def granted(world: World, principal_id: str, scope: str) -> list[Json]:
    """Return the permissions of the roles that a principal, or a group that it is in, has at a scope or above."""
    return _permissions(world, _held(world, principal_id, scope))


def _held(world: World, principal_id: str, scope: str) -> Iterator[Resource]:
    """Yield the assignments of a principal, and of its groups, that count at a scope."""
    whose = _principals(world, principal_id)
    for each in _above(scope):
        for assignment in world.resources.find(BY_SCOPE, each):
            if assignment.properties["principalId"].lower() in whose and counts(world, assignment):
                yield assignment


def _permissions(world: World, held: Iterable[Resource]) -> list[Json]:
    roles = {each.properties["roleDefinitionId"] for each in held}
    return [each for role in sorted(roles) for each in permissions(world, role) or ()]


def reaches(world: World, principal_id: str, scope: str) -> bool:
    """Return whether a principal has any role at a scope, above it, or below: then it sees that the scope exists."""
    wanted = f"{scope.lower().rstrip('/')}/"
    held = (each for one in _principals(world, principal_id) for each in world.resources.find(BY_PRINCIPAL, one))
    scopes = (f"{each.properties['scope'].lower().rstrip('/')}/" for each in held if counts(world, each))
    return any(wanted.startswith(each) or each.startswith(wanted) for each in scopes)


def _holds(assignment: Resource, action: str, known: Attributes | None) -> bool:
    """Return whether the condition of an assignment, if it has one, lets an action through."""
    text = assignment.properties.get("condition")
    if not text:
        return True
    answer = conditions.read(text)(action, known or {})
    if answer is None:
        return known is None and action.lower() in GUARDED
    return answer


def _principals(world: World, principal_id: str) -> set[str]:
    """Return a principal and the groups that it is in."""
    groups: list[str] = []
    world.publish("ask_groups", principal_id=principal_id, answers=groups)
    return {principal_id.lower(), *(each.lower() for each in groups)}


def _above(scope: str) -> list[str]:
    """Return a scope and those that it lies in, as the index knows them."""
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
