"""Bodies of connections (Graph: cloudPcOnPremisesConnection) as the form of the wizard."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.networks.connection import Connection, JoinType, Network
from shared.domain.tenants.tenant import Site
from shared.domain.values import Id, ResourceId
from shared.domain.wizards.names import Name
from triggers.http.bodies.reading import Body
from triggers.http.json_schema import Password, annotated

_POINTERS = {
    "/site": "",
    "/name": "",
    "/credentials/joinType": "/connectionType",
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
    "healthCheckStatusDetails",
    "inUse",
    "inUseByCloudPc",
    "subnetPrivateIpDetail",
)
_UNCHANGED = "unchanged"  # stands for the password in a form that does not change it; it is never stored


class _ConnectionProperties(TypedDict, total=False):
    connectionType: JoinType
    siteId: Id
    subscriptionId: Id
    resourceGroupId: ResourceId
    virtualNetworkId: ResourceId
    subnetId: ResourceId
    adDomainName: Annotated[str, Field(max_length=255)]
    adDomainUsername: Annotated[str, Field(max_length=255)]
    organizationalUnit: Annotated[str, Field(max_length=1000)]
    adDomainPassword: Password


@annotated
class ConnectionBody(_ConnectionProperties, TypedDict):
    """A connection to create."""

    displayName: Name


@annotated
class ConnectionEdit(_ConnectionProperties, TypedDict, total=False):
    """What changes of a connection."""

    displayName: Name


def pointers(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return where the form's fields are in Graph's body: its one subnet is the first of the form's."""
    if raw.get("subnetIds") is not None:
        return _POINTERS
    return {**_POINTERS, "/credentials/network/subnetIds/0": "/subnetId", "/credentials/network/subnetIds": "/subnetId"}


def connection_form(raw: Mapping[str, Any], sites: tuple[Site, ...]) -> dict[str, Any]:
    """Return the wizard's form for Graph's body. *siteId* is ours; without it the resource group decides the site."""
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
    join_types = (body.take("connectionType"), body.take("type"), "hybridAzureADJoin")
    credentials: dict[str, Any] = {"joinType": next(each for each in join_types if each is not None)}
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
        "subscriptionId": connection.subscription_id,
        **_present(body, {"subscriptionId": "subscriptionId"}),
    }
    credentials: dict[str, Any] = {"joinType": connection.join_type.value}
    if (network := _network(body, connection.network)) is not None:
        credentials["network"] = network
    password = body.take("adDomainPassword")
    domain = connection.domain.to_json() if connection.domain else {}
    domain = {name: value for name, value in domain.items() if "Secret" not in name}
    domain |= _present(body, {name: name for name in ("adDomainName", "organizationalUnit", "adDomainUsername")})
    if domain or password is not None:
        credentials["domain"] = {**domain, "adDomainPassword": _UNCHANGED if password is None else password}
    named = {"displayName": connection.display_name, **_present(body, {"displayName": "displayName"})}
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
    site_id = body.take("siteId")
    if isinstance(site_id, str):
        return site_id
    if site_id is not None:
        body.wrong("/siteId", "write the id of a site, a text")
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
