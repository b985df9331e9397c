"""Permissions of users of desktops: the roles that a sign-in needs, and the role that starts a machine for it.

A user needs a role such as Desktop Virtualization User at the application group, and at a machine that has joined Entra
ID one that allows to sign in to it. To start a machine, Azure Virtual Desktop's own service principal needs a role that
allows it. `authorization.permissions` decides. Sources:
learn.microsoft.com/azure/virtual-desktop/{azure-ad-joined-session-hosts,start-virtual-machine-connect}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.authorization import permissions
from azure_simulator.graph.directory import registrations
from azure_simulator.graph.directory.first_party import VIRTUAL_DESKTOP
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.enrollment.registration import tenant_of_machine

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World

USES_DESKTOPS = "Microsoft.DesktopVirtualization/applicationGroups/useApplications/action"
SIGNS_IN_TO_MACHINES = "Microsoft.Compute/virtualMachines/login/action"
STARTS_MACHINES = "Microsoft.Compute/virtualMachines/start/action"
SERVICE_APP = VIRTUAL_DESKTOP


def user_of(world: World, pool_id: str, name: str) -> Json | None:
    """Find a user by principal name in the directory of a pool's subscription."""
    found = directory_of(world).by("user", tenant_of_machine(world, pool_id), "userPrincipalName", name)
    return found[0] if found else None


def identity_of(world: World, pool_id: str, name: str) -> str:
    """Return the object id by which a pool knows a user, in lower case; for a name without a user the name."""
    user = user_of(world, pool_id, name)
    return str(user["id"] if user else name).lower()


def holds(world: World, user: Json, resource_id: str, action: str) -> bool:
    """Return whether a user's roles allow a data action at a resource."""
    return permissions.allows(world, str(user["id"]), action, resource_id, data=True)


def may_start(world: World, vm_id: str) -> bool:
    """Return whether Azure Virtual Desktop may start a machine: the service principal that the directory has for it."""
    service = registrations.principal_of(directory_of(world), tenant_of_machine(world, vm_id), SERVICE_APP)
    return service is not None and permissions.allows(world, service["id"], STARTS_MACHINES, vm_id)
