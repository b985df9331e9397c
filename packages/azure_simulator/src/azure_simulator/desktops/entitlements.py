"""Who may use what: the roles that a sign-in needs, and the one that starts a machine for it.

A user needs Desktop Virtualization User at the application group, and at a machine that has joined Entra ID one of the
roles that allow to sign in to it; directly or through a group, at the resource or above. To start a machine, Azure
Virtual Desktop's own service principal needs a role that allows it. Sources:
learn.microsoft.com/azure/virtual-desktop/{azure-ad-joined-session-hosts,start-virtual-machine-connect}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.authorization.role_assignments import BY_SCOPE
from azure_simulator.graph.directory import registrations
from azure_simulator.graph.directory.first_party import VIRTUAL_DESKTOP
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.enrollment.registration import tenant_of_machine

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

USES_DESKTOPS = frozenset({"1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63"})
SIGNS_IN_TO_MACHINES = frozenset({"fb879df8-f326-4884-b1cf-06f3ad86be52", "1c0163c0-47e6-4577-8991-ea5c82e286e4"})
STARTS_MACHINES = frozenset({"489581de-a3bd-480d-9518-53dea7416b33", "40c5ff49-9181-41f8-ae61-143b0e78555e"})
SERVICE_APP = VIRTUAL_DESKTOP


def user_of(world: World, pool_id: str, name: str) -> Json | None:
    """Find a user by principal name in the directory of a pool's subscription."""
    found = directory_of(world).by("user", tenant_of_machine(world, pool_id), "userPrincipalName", name)
    return found[0] if found else None


def holds(world: World, user: Json, resource_id: str, roles: frozenset[str]) -> bool:
    """Tell whether a user has one of some roles at a resource."""
    tenant = tenant_of_machine(world, resource_id)
    groups = directory_of(world).memberships[tenant.lower()].above(str(user["id"]), world.now_us)
    principals = {str(user["id"]).lower(), *(each.lower() for each in groups)}
    return any(each.properties["principalId"].lower() in principals for each in _grants(world, resource_id, roles))


def may_start(world: World, vm_id: str) -> bool:
    """Tell whether Azure Virtual Desktop may start a machine: the service principal that the directory has for it."""
    service = registrations.principal_of(directory_of(world), tenant_of_machine(world, vm_id), SERVICE_APP)
    if service is None:
        return False
    grants = _grants(world, vm_id, STARTS_MACHINES)
    return any(each.properties["principalId"].lower() == service["id"] for each in grants)


def _grants(world: World, resource_id: str, roles: frozenset[str]) -> list[Resource]:
    segments = resource_id.lower().split("/")
    scopes = ["/".join(segments[:end]) for end in range(3, len(segments) + 1)]
    found = (each for scope in scopes for each in world.resources.find(BY_SCOPE, scope))
    return [each for each in found if each.properties["roleDefinitionId"].lower().rpartition("/")[2] in roles]
