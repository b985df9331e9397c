"""`/servicePrincipals/{id}/remoteDesktopSecurityConfiguration`: whether Entra ID gives tokens for Remote Desktop.

It is off until somebody switches it on. PATCH makes what is not there yet, as Microsoft's own instructions use it;
POST, DELETE and the groups of devices are not simulated.
Sources: learn.microsoft.com/graph/api/remotedesktopsecurityconfiguration-{get,update},
learn.microsoft.com/azure/virtual-desktop/configure-single-sign-on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.graph.directory.records import derived_id, directory_of
from azure_simulator.graph.protocol import bodies, operations, pages
from azure_simulator.graph.protocol.bodies import Body, Flag
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources.service_principals import find_principal

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

_WRITE = "Application-RemoteDesktopConfig.ReadWrite.All Application.ReadWrite.All Directory.ReadWrite.All"
_READ = f"Application.Read.All Directory.Read.All {_WRITE}"
_BODY = Body(
    "remoteDesktopSecurityConfiguration",
    {"isRemoteDesktopProtocolEnabled": Flag(nullable=False)},
    read_only=frozenset({"id"}),
    unsupported=frozenset({"targetDeviceGroups", "approvedClientApps"}),
)
_PATH = "/servicePrincipals/{id}/remoteDesktopSecurityConfiguration"


@operation("remoteDesktop.get", "GET", _PATH, roles=_READ)
def get_configuration(call: Call) -> Answer:
    """Return the Remote Desktop configuration of a service principal."""
    principal = find_principal(call)
    what = f"servicePrincipals('{principal['id']}')/remoteDesktopSecurityConfiguration/$entity"
    body = {
        "@odata.context": pages.context(call, what),
        "id": derived_id(principal["id"], "remote desktop"),
        "isRemoteDesktopProtocolEnabled": principal.get("_remoteDesktop", False),
    }
    return Answer(body)


@operation("remoteDesktop.update", "PATCH", _PATH, roles=_WRITE)
def update_configuration(call: Call) -> Answer:
    """Switch tokens for Remote Desktop on or off."""
    principal, changes = find_principal(call), bodies.read(call.object(), _BODY)
    if "isRemoteDesktopProtocolEnabled" in changes:
        enabled = changes["isRemoteDesktopProtocolEnabled"]
        tenant = operations.tenant_of(call)
        directory_of(call.world).change("servicePrincipal", tenant, principal["id"], _remoteDesktop=enabled)
    return Answer(status=204)
