"""Microsoft.Authorization: role assignments and role definitions; its locks are the resource manager's own.

What a caller may do whose rights are its role assignments (`core.principals`), `permissions` decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.authorization import permission_lists, permissions, role_assignments, role_definitions

if TYPE_CHECKING:
    from azure_simulator.authorization.conditions import Attributes
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.world import World


def install(cloud: Cloud) -> None:
    """Serve Microsoft.Authorization."""
    arm.serve(cloud, role_assignments.OPERATIONS, role_definitions.OPERATIONS, permission_lists.ROUTES)
    cloud.on("ask_allowed", _answer_allowed)
    cloud.on("ask_reach", _answer_reach)


def _answer_allowed(
    world: World, principal_id: str, action: str, scope: str, known: Attributes | None, answers: list[bool]
) -> None:
    answers.append(permissions.allows(world, principal_id, action, scope, known=known))


def _answer_reach(world: World, principal_id: str, scope: str, answers: list[bool]) -> None:
    answers.append(permissions.reaches(world, principal_id, scope))
