"""Microsoft.ManagedIdentity: identities that are resources of their own.

Source: learn.microsoft.com/azure/templates/microsoft.managedidentity/userassignedidentities. No token is issued to
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator import arm
from azure_simulator.identities.user_assigned import OPERATIONS

if TYPE_CHECKING:
    from azure_simulator.core.cloud import Cloud


def install(cloud: Cloud) -> None:
    """Serve user-assigned identities."""
    arm.serve(cloud, OPERATIONS)
