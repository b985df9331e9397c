"""Microsoft.Authorization: role assignments and role definitions; its locks are the resource manager's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.authorization import role_assignments, role_definitions

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve Microsoft.Authorization."""
    arm.serve(cloud, role_assignments.OPERATIONS, role_definitions.OPERATIONS)
