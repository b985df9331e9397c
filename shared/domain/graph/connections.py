"""Graph: cloudPcOnPremisesConnection (docs/notes/windows365.md 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from shared.domain.connection import Connection, Network
from shared.domain.demand import AddressForecast
from shared.domain.graph.bodies import Body
from shared.domain.graph.odata import Collection
from shared.domain.tenant import Site

CONNECTIONS = Collection(
    name="onPremisesConnections",
    columns={"displayName": "display_name", "healthCheckStatus": "health_check_status"},
    hidden=frozenset({"healthCheckStatusDetail", "inUse", "inUseByCloudPc", "@deskwright.addresses"}),
)
POINTERS = {
    "/site": "",
    "/name": "",
    "/credentials/joinType": "/connectionType",
    "/credentials/network/subnetIds": "/subnetId",
    "/credentials/network": "",
    "/credentials/domain": "",
    "/credentials": "",
}
_READ_ONLY = (
    "id",
    "subscriptionName",
    "virtualNetworkLocation",
    "healthCheckStatus",
    "healthCheckStatusDetail",
    "inUse",
    "inUseByCloudPc",
    "subnetPrivateIpDetail",
)
_UNCHANGED = "unchanged"  # stands for the password in a form that does not change it; it is never stored


def connection_view(
    connection: Connection,
    site: Site | None,
    *,
    in_use: bool,
    in_use_by_cloud_pc: bool,
    paused: bool = False,
    addresses: AddressForecast | None = None,
) -> dict[str, Any]:
    """Return a connection as Graph's; the password is never shown. *addresses*: free ones against who is to come."""
    network, domain = connection.network, connection.domain
    return {
        "id": connection.id,
        "displayName": connection.display_name,
        "connectionType": connection.join_type.value,
        "type": connection.join_type.value,
        "subscriptionId": connection.subscription_id,
        "subscriptionName": None,
        "resourceGroupId": _resource_group(connection, site),
        "virtualNetworkId": network.virtual_network_id,
        "virtualNetworkLocation": site.region if site else None,
        "subnetId": network.subnet_ids[0] if network.subnet_ids else None,
        "subnetPrivateIpDetail": _addresses(connection),
        "adDomainName": domain.ad_domain_name if domain else None,
        "adDomainUsername": domain.ad_domain_username if domain else None,
        "organizationalUnit": domain.organizational_unit if domain else None,
        "healthCheckStatus": connection.health_check_status.value,
        "healthCheckStatusDetail": _detail(connection),
        "healthCheckPaused": paused,
        "inUse": in_use,
        "inUseByCloudPc": in_use_by_cloud_pc,
        "managedBy": "windows365",
        "scopeIds": ["0"],
        "alternateResourceUrl": None,
        "@deskwright.siteId": connection.site_id,
        "@deskwright.subnetIds": list(network.subnet_ids),
        "@deskwright.subnets": [subnet.to_json() for subnet in connection.subnets],
        "@deskwright.addresses": addresses.to_json() if addresses else None,
    }


def _detail(connection: Connection) -> dict[str, Any]:
    return {
        "startDateTime": _time(connection.check_began_date_time),
        "endDateTime": _time(connection.checked_date_time),
        "healthChecks": [check.to_json() for check in connection.health_checks],
    }


def _addresses(connection: Connection) -> dict[str, Any] | None:
    free = connection.free_addresses
    return None if free is None else {"subnetAvailableIpCount": free, "lastSync": _time(connection.subnets_seen_at)}


def connection_form(raw: Mapping[str, Any], sites: tuple[Site, ...]) -> dict[str, Any]:
    """Return the wizard's form for Graph's body. *siteId* is ours; without it the resource group tells the site."""
    body = Body(raw)
    body.read_only(*_READ_ONLY)
    for unsupported, defaults in {
        "managedBy": ("windows365",),
        "scopeIds": ([], ["0"]),
        "healthCheckPaused": (False,),
    }.items():
        body.only(unsupported, defaults)
    body.only("alternateResourceUrl", ())
    site = {"siteId": _site_id(body, sites)} | _present(body, {"subscriptionId": "subscriptionId"})
    kind, older = body.take("connectionType"), body.take("type")
    credentials: dict[str, Any] = {"joinType": kind or older or "hybridAzureADJoin"}
    if (network := _network(body, Network())) is not None:
        credentials["network"] = network
    names = ("adDomainName", "organizationalUnit", "adDomainUsername", "adDomainPassword")
    domain = _present(body, {name: name for name in names})
    if any(domain.values()):
        credentials["domain"] = domain
    named = _present(body, {"displayName": "displayName"})
    body.settle()
    return {"site": site, "credentials": credentials, "name": named}


def connection_patch(
    raw: Mapping[str, Any], connection: Connection, view: Mapping[str, Any], sites: tuple[Site, ...]
) -> tuple[dict[str, Any], str | None]:
    """Return the wizard's form of *connection* with Graph's changes in it, and the new password if there is one.

    What a client sends back as it has read it (*view*) is no change.
    """
    body = Body({name: value for name, value in raw.items() if name not in view or view[name] != value})
    body.read_only(*_READ_ONLY)
    for unsupported, now in {"managedBy": "windows365", "scopeIds": ["0"], "healthCheckPaused": False}.items():
        body.only(unsupported, (now,))
    body.only("alternateResourceUrl", ())
    for name in ("connectionType", "type"):
        body.only(name, (connection.join_type.value,), "cannot change")
    moved = "siteId" in raw or body.has("resourceGroupId")
    site = {
        "siteId": _site_id(body, sites) if moved else connection.site_id,
        "subscriptionId": body.take("subscriptionId") or connection.subscription_id,
    }
    credentials: dict[str, Any] = {"joinType": connection.join_type.value}
    if (network := _network(body, connection.network)) is not None:
        credentials["network"] = network
    password = body.take("adDomainPassword")
    domain = connection.domain.to_json() if connection.domain else {}
    domain.pop("passwordSecretUrl", None)
    domain |= _present(body, {name: name for name in ("adDomainName", "organizationalUnit", "adDomainUsername")})
    if domain or password is not None:
        credentials["domain"] = {**domain, "adDomainPassword": _UNCHANGED if password is None else password}
    named = {"displayName": body.take("displayName") or connection.display_name}
    body.settle()
    return {"site": site, "credentials": credentials, "name": named}, password


def _network(body: Body, present: Network) -> dict[str, Any] | None:
    """Return the network that is meant; None: a hosted one. *subnetIds* is ours, Graph knows one subnet."""
    if not (body.has("virtualNetworkId") or body.has("subnetId") or body.has("subnetIds")):
        if present.hosted:
            return None
        return {"virtualNetworkId": present.virtual_network_id, "subnetIds": list(present.subnet_ids)}
    network_id = body.take("virtualNetworkId") if body.has("virtualNetworkId") else present.virtual_network_id
    first, every = body.take("subnetId"), body.take("subnetIds")
    if network_id is None and first is None and every is None:
        return None
    subnets = every if every is not None else [first] if first is not None else list(present.subnet_ids)
    return {"virtualNetworkId": network_id, "subnetIds": subnets}


def site_of(body: Body, sites: tuple[Site, ...]) -> str | None:
    """Return the site that is meant where only one can be."""
    said = body.take("siteId")
    if isinstance(said, str):
        return said
    if said is not None:
        body.wrong("/siteId", "must be a string")
    return sites[0].id if len(sites) == 1 else None


def _site_id(body: Body, sites: tuple[Site, ...]) -> str:
    group = body.take("resourceGroupId")
    chosen = site_of(body, sites)
    if chosen is None and isinstance(group, str):
        named = group.rstrip("/").rpartition("/")[2].lower()
        matching = [site.id for site in sites if site.resource_group.lower() == named]
        chosen = matching[0] if len(matching) == 1 else None
    if chosen is None:
        body.wrong("/siteId", "name the site: neither the resource group nor the number of sites tells it")
    return chosen or ""


def _present(body: Body, names: Mapping[str, str]) -> dict[str, Any]:
    return {target: value for name, target in names.items() if (value := body.take(name)) is not None}


def _resource_group(connection: Connection, site: Site | None) -> str | None:
    return f"/subscriptions/{connection.subscription_id}/resourceGroups/{site.resource_group}" if site else None


def _time(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
