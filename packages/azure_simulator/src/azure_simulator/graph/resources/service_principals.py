"""Service principals by their application: those of seeded apps, and Azure Virtual Desktop's own.

Azure Virtual Desktop's is in every directory whose subscriptions have registered `Microsoft.DesktopVirtualization`.
Source: learn.microsoft.com/graph/api/serviceprincipal-list,
learn.microsoft.com/azure/virtual-desktop/service-principal-assign-roles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.graph.directory.records import VIRTUAL_DESKTOP, directory_of
from azure_simulator.graph.protocol import checks, operations, pages
from azure_simulator.graph.protocol.operations import operation

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call

_READ = "Application.Read.All Application.ReadWrite.All Directory.Read.All"
_BY_APP = re.compile(r"\s*appId eq '([0-9A-Fa-f-]{36})'\s*")


@operation("servicePrincipal.list", "GET", "/servicePrincipals", roles=_READ)
def list_service_principals(call: Call) -> Answer:
    """Answer `GET /servicePrincipals?$filter=appId eq '{id}'`; no other filter is simulated."""
    found = _BY_APP.fullmatch(call.query.get("$filter", ""))
    if found is None:
        raise checks.bad_request(
            "Only a filter of appId is simulated for service principals.", "Request_UnsupportedQuery"
        )
    rows = [each for each in _all(call) if each["appId"].lower() == found[1].lower()]
    wanted = [name for name in call.query.get("$select", "").split(",") if name]
    shown = [{name: row.get(name) for name in wanted} if wanted else row for row in rows]
    return Answer({"@odata.context": pages.context(call, "servicePrincipals"), "value": shown})


def _all(call: Call) -> list[Json]:
    tenant = operations.tenant_of(call)
    directory = directory_of(call.world)
    apps = directory.all("app", tenant)
    rows = [
        {"id": str(app["objectId"]), "appId": str(app["appId"]), "displayName": str(app["displayName"])} for app in apps
    ]
    if not any(row["appId"].lower() == VIRTUAL_DESKTOP for row in rows):
        own = directory.virtual_desktop(tenant)
        rows.append({"id": own, "appId": VIRTUAL_DESKTOP, "displayName": "Azure Virtual Desktop"})
    return rows
