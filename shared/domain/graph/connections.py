"""Graph: cloudPcOnPremisesConnection (windows365.md 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.domain.connection import Connection
from shared.domain.graph.bodies import Body
from shared.domain.graph.odata import Collection
from shared.domain.tenant import Site

CONNECTIONS = Collection(
    name="onPremisesConnections",
    columns={"displayName": "display_name", "healthCheckStatus": "health_check_status"},
    hidden=frozenset({"healthCheckStatusDetail", "inUse", "inUseByCloudPc"}),
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


def connection_view(
    connection: Connection, site: Site | None, *, in_use: bool, in_use_by_cloud_pc: bool
) -> dict[str, Any]:
    """Return a connection as Graph's; the password is never shown."""
    network, domain = connection.network, connection.domain
    checks = [check.to_json() for check in connection.health_checks]
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
        "adDomainName": domain.ad_domain_name if domain else None,
        "adDomainUsername": domain.ad_domain_username if domain else None,
        "organizationalUnit": domain.organizational_unit if domain else None,
        "healthCheckStatus": connection.health_check_status.value,
        "healthCheckStatusDetail": {"healthChecks": checks, "endDateTime": _time(connection)},
        "healthCheckPaused": False,
        "inUse": in_use,
        "inUseByCloudPc": in_use_by_cloud_pc,
        "managedBy": "windows365",
        "scopeIds": ["0"],
        "alternateResourceUrl": None,
        "@deskwright.siteId": connection.site_id,
        "@deskwright.subnetIds": list(network.subnet_ids),
    }


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
    network_id, subnet_id = body.take("virtualNetworkId"), body.take("subnetId")
    if network_id is not None or subnet_id is not None:
        subnets = [subnet_id] if subnet_id is not None else []
        credentials["network"] = {"virtualNetworkId": network_id, "subnetIds": subnets}
    names = ("adDomainName", "organizationalUnit", "adDomainUsername", "adDomainPassword")
    domain = _present(body, {name: name for name in names})
    if any(domain.values()):
        credentials["domain"] = domain
    named = _present(body, {"displayName": "displayName"})
    body.settle()
    return {"site": site, "credentials": credentials, "name": named}


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


def _time(connection: Connection) -> str | None:
    at = connection.checked_date_time
    return at.isoformat().replace("+00:00", "Z") if at else None
