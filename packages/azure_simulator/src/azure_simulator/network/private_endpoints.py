"""Private endpoints of storage accounts and vaults, and the DNS zones in which they are registered.

Each request is approved at once, as for who owns both sides. Sources:
learn.microsoft.com/azure/templates/microsoft.network/privateendpoints and
learn.microsoft.com/azure/private-link/private-endpoint-overview#private-link-resource. Not simulated: the network
interface of an endpoint, and that nobody else reaches what has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.arm.sdk_models import Shape
from azure_simulator.core.answers import Problem
from azure_simulator.core.latency import about
from azure_simulator.network.provider import NAMING, NETWORK, SDK, SUBNET

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_ENDPOINT = "Microsoft.Network/privateEndpoints"
SERVICES = {
    "microsoft.storage/storageaccounts": ("blob", "dfs", "file", "queue", "table", "web"),
    "microsoft.keyvault/vaults": ("vault",),
}
"""Group ids by type of the resource that an endpoint leads to."""
ENDPOINTS = ResourceType(
    name=_ENDPOINT,
    provider=NETWORK,
    params=("endpoint",),
    models=BodyModels(SDK, "PrivateEndpoint"),
    naming=NAMING,
    links={"properties.subnet.id": SUBNET},
    latencies={"private_endpoint.put": about(30, 90, 3), "private_endpoint.delete": about(20, 60, 3)},
    limit=1000,
)
GROUPS = ResourceType(
    name=f"{_ENDPOINT}/privateDnsZoneGroups",
    provider=NETWORK,
    params=("endpoint", "group"),
    models=BodyModels(written=written("PrivateDnsZoneGroup", etag=TEXT, properties=Shape("any"))),
    naming=NAMING,
    located=False,
    links={"properties.privateDnsZoneConfigs[].properties.privateDnsZoneId": ("Microsoft.Network/privateDnsZones",)},
    latencies={"zone_group.put": about(5, 20, 2), "zone_group.delete": about(5, 20, 2)},
)
ENDPOINT_OPERATIONS, GROUP_OPERATIONS = Operations(ENDPOINTS), Operations(GROUPS)
OPERATIONS = (ENDPOINT_OPERATIONS, GROUP_OPERATIONS)
_CONNECTIONS = "properties.privateLinkServiceConnections"


def _check(call: Call) -> None:
    subnet = call.need(str(read(call.object(), "properties.subnet.id", "string")))
    if subnet.properties.get("delegations"):
        text = f"Private endpoint {call.path} cannot be created as subnet {subnet.id} is delegated."
        raise Problem(400, "PrivateEndpointCreationNotAllowedAsSubnetIsDelegated", text)
    rows = read(call.object(), _CONNECTIONS, "array", [])
    if len(rows) != 1:
        raise invalid(_CONNECTIONS, "A private endpoint has one connection to a private link service.")
    target = call.need(str(read(rows[0], "properties.privateLinkServiceId", "string")))
    groups = read(rows[0], "properties.groupIds", "array", [])
    known = SERVICES.get(target.type.lower(), ())
    if len(groups) != 1 or groups[0] not in known:
        text = f"Call to {target.type} failed. Error message: The private link group ids {groups} are not valid: "
        raise Problem(400, "InvalidPrivateLinkServiceGroupIds", f"{text}one of {', '.join(known)} is expected.")


def _approved(call: Call, found: Resource | None) -> Json:
    del found
    given = dict(read(call.object(), "properties", "object"))
    (row,) = given["privateLinkServiceConnections"]
    state = {"status": "Approved", "description": "Auto-Approved", "actionsRequired": "None"}
    row = {**row, "properties": {**row["properties"], "privateLinkServiceConnectionState": state}}
    return {**given, "privateLinkServiceConnections": [row]}


plain_resources.serve(
    ENDPOINT_OPERATIONS,
    "private_endpoint",
    "private_endpoints",
    Plain(check=_check, properties=_approved, parts=("privateLinkServiceConnections",)),
)
plain_resources.serve(GROUP_OPERATIONS, "zone_group", "zone_groups")
