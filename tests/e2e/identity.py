"""Permissions of the service's managed identity, used by a test: get a token, make a resource of the customer's."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from datetime import datetime
from typing import Any

from local.stack import Stack

_ARM = "https://management.azure.com"
_GRAPH = "https://graph.microsoft.com"


def token_for(stack: Stack, resource: str) -> tuple[str, int]:
    """Return a token of the managed identity and when it ends, in real seconds since the epoch."""
    known = stack.environment()
    query = urllib.parse.urlencode({"api-version": "2019-08-01", "resource": resource})
    request = urllib.request.Request(  # noqa: S310 - an address of this run
        f"{known['IDENTITY_ENDPOINT']}?{query}", headers={"X-IDENTITY-HEADER": known["IDENTITY_HEADER"]}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        given = json.load(answer)
    return str(given["access_token"]), int(given["expires_on"])


def ask_resource_manager(stack: Stack, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the simulated Azure, as the customer's own administrator would."""
    return _ask(stack, _ARM, method, path, body)


def put_resource(stack: Stack, path: str, body: dict[str, Any]) -> None:
    """Make a resource in the simulated Azure, as the customer's own administrator would."""
    _ask(stack, _ARM, "PUT", path, body)


def delete_resource(stack: Stack, path: str) -> None:
    """Begin to delete a resource in the simulated Azure, as somebody does by hand."""
    _ask(stack, _ARM, "DELETE", path)


def synchronised(stack: Stack) -> datetime:
    """Return when Active Directory was last synchronised into the demo's directory."""
    (organisation,) = _ask(stack, _GRAPH, "GET", "/v1.0/organization")["value"]
    return datetime.fromisoformat(organisation["onPremisesLastSyncDateTime"])


def _ask(stack: Stack, resource: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    token, _ = token_for(stack, resource)
    request = urllib.request.Request(  # noqa: S310 - an address of this run
        f"{stack.addresses.cloud}{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30, context=stack.certificates.client_context()) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")


DOMAIN = {
    "adDomainName": "corp.contoso.example",
    "organizationalUnit": "OU=CloudPC,DC=corp,DC=contoso,DC=example",
    "adDomainUsername": "corp\\svc-join",
    "adDomainPassword": "demo-join-password",
}


def on_premises(stack: Stack, subscription: str) -> dict[str, Any]:
    """Return the network and domain of a connection to the customer's own network."""
    vnet = own_network(stack, subscription)
    network = {"virtualNetworkId": vnet, "subnetIds": [f"{vnet}/subnets/cloudpcs"]}
    return {"joinType": "hybridAzureADJoin", "network": network, "domain": DOMAIN}


def own_network(stack: Stack, subscription: str) -> str:
    """Make the network that the customer had before us; return its id."""
    group = f"/subscriptions/{subscription}/resourceGroups/net"
    vnet = f"{group}/providers/Microsoft.Network/virtualNetworks/corp"
    subnet = {"name": "cloudpcs", "properties": {"addressPrefix": "10.50.0.0/24"}}
    properties = {"addressSpace": {"addressPrefixes": ["10.50.0.0/16"]}, "subnets": [subnet]}
    put_resource(stack, f"{group}?api-version=2021-04-01", {"location": "westeurope"})
    put_resource(stack, f"{vnet}?api-version=2026-03-01", {"location": "westeurope", "properties": properties})
    return vnet
