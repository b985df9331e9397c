"""Bodies of connections (Graph: cloudPcOnPremisesConnection) as the form of the wizard."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.networks.connection import Connection, JoinType, Network
from shared.domain.tenants.tenant import Site
from shared.domain.values import Id, ResourceId
from shared.domain.wizards.create_connection import MOST_SUBNETS
from shared.domain.wizards.names import Name
from triggers.http.bodies.declared import Declared, Only, read_declared
from triggers.http.bodies.reading import changes
from triggers.http.json_schema import Password, read_only, sent_back
from triggers.http.views.connections import ConnectionView

_POINTERS = {
    "/site": "",
    "/name": "",
    "/credentials/joinType": "/connectionType",
    "/credentials/network": "",
    "/credentials/domain": "",
    "/credentials": "",
}
_OTHERS = ("healthCheckStatusDetails",)
SITE_IDS = ("siteId", "@deskwright.siteId")
_SUBNETS = ("subnetIds", "@deskwright.subnetIds")
"""Ours, with the name that they have in answers."""
_UNCHANGED = "unchanged"  # stands for the password in a form that does not change it; it is never stored


_Subnets = Annotated[list[ResourceId], Field(max_length=MOST_SUBNETS)]
_Extensions = TypedDict("_Extensions", {"@deskwright.siteId": Id, "@deskwright.subnetIds": _Subnets}, total=False)


class _ConnectionProperties(_Extensions, TypedDict, total=False):
    connectionType: JoinType
    siteId: Id
    subscriptionId: Id
    resourceGroupId: ResourceId
    virtualNetworkId: ResourceId
    subnetId: ResourceId
    subnetIds: _Subnets
    adDomainName: Annotated[str, Field(max_length=255)]
    adDomainUsername: Annotated[str, Field(max_length=255)]
    organizationalUnit: Annotated[str, Field(max_length=1000)]
    adDomainPassword: Password


@sent_back(ConnectionView, *_OTHERS)
class ConnectionBody(_ConnectionProperties, TypedDict):
    """A connection to create."""

    displayName: Name


@sent_back(ConnectionView, *_OTHERS)
class ConnectionEdit(_ConnectionProperties, TypedDict, total=False):
    """Changed properties of a connection."""

    displayName: Name


_HIDDEN = {"managedBy": Only(("windows365",)), "scopeIds": Only((["0"],)), "alternateResourceUrl": Only()}
_READ_ONLY = read_only(ConnectionView, ConnectionBody) | {*_OTHERS}


def pointers(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the places of the form's fields in Graph's body: its one subnet is the first of the form's."""
    if any(raw.get(name) for name in _SUBNETS):
        return _POINTERS
    return {**_POINTERS, "/credentials/network/subnetIds/0": "/subnetId", "/credentials/network/subnetIds": "/subnetId"}


def connection_form(raw: Mapping[str, Any], sites: tuple[Site, ...], default_site: str | None = None) -> dict[str, Any]:
    """Return the wizard's form for Graph's body.

    *siteId* is ours; without it the resource group decides the site, or else it is the tenant's *default_site*.
    """
    body = read_declared(ConnectionBody, raw, ignored=_READ_ONLY, hidden=_HIDDEN | {"scopeIds": Only(([], ["0"]))})
    body.settle()
    site = {"siteId": _site_id(body, sites, default_site)} | _present(body, {"subscriptionId": "subscriptionId"})
    join_types = (body.values.get("connectionType"), raw.get("type"), "hybridAzureADJoin")
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
    joins = dict.fromkeys(("connectionType", "type"), Only((connection.join_type.value,), "cannot change"))
    body = read_declared(ConnectionEdit, changes(raw, view), ignored=_READ_ONLY, hidden=_HIDDEN | joins)
    body.settle()
    moved = not body.sent.isdisjoint((*SITE_IDS, "resourceGroupId"))
    site = {
        "siteId": _site_id(body, sites) if moved else connection.site_id,
        "subscriptionId": connection.subscription_id,
        **_present(body, {"subscriptionId": "subscriptionId"}),
    }
    credentials: dict[str, Any] = {"joinType": connection.join_type.value}
    if (network := _network(body, connection.network)) is not None:
        credentials["network"] = network
    password = body.values.get("adDomainPassword")
    domain = connection.domain.to_json() if connection.domain else {}
    domain = {name: value for name, value in domain.items() if "Secret" not in name}
    domain |= _present(body, {name: name for name in ("adDomainName", "organizationalUnit", "adDomainUsername")})
    if domain or password is not None:
        credentials["domain"] = {**domain, "adDomainPassword": _UNCHANGED if password is None else password}
    named = {"displayName": connection.display_name, **_present(body, {"displayName": "displayName"})}
    body.settle()
    return {"site": site, "credentials": credentials, "name": named}, password


def _network(body: Declared, present: Network) -> dict[str, Any] | None:
    """Return the network that is meant; None: a hosted one. *subnetIds* is ours, Graph knows one subnet."""
    if body.sent.isdisjoint(("virtualNetworkId", "subnetId", *_SUBNETS)):
        if present.hosted:
            return None
        return {"virtualNetworkId": present.virtual_network_id, "subnetIds": list(present.subnet_ids)}
    network_id = body.values.get("virtualNetworkId") if "virtualNetworkId" in body.sent else present.virtual_network_id
    first, every = body.values.get("subnetId"), body.first(_SUBNETS)
    if network_id is None and first is None and not every:
        return None
    subnets = every if every is not None else [first] if first is not None else list(present.subnet_ids)
    return {"virtualNetworkId": network_id, "subnetIds": subnets}


def site_of(body: Declared, sites: tuple[Site, ...]) -> str | None:
    """Return the site that is meant where only one can be."""
    site_id: str | None = body.first(SITE_IDS)
    return site_id if site_id is not None else sites[0].id if len(sites) == 1 else None


def _site_id(body: Declared, sites: tuple[Site, ...], default: str | None = None) -> str:
    group = body.values.get("resourceGroupId")
    chosen = site_of(body, sites)
    if chosen is None and isinstance(group, str):
        named = group.rstrip("/").rpartition("/")[2].lower()
        matching = [site.id for site in sites if site.resource_group.lower() == named]
        chosen = matching[0] if len(matching) == 1 else None
    chosen = chosen or default_of(sites, default)
    if chosen is None:
        message = "name the site: neither the resource group nor the number of sites tells it; or set defaultSiteId"
        body.wrong("/siteId", message)
    return chosen or ""


def default_of(sites: tuple[Site, ...], default: str | None) -> str | None:
    """Return the tenant's default site, None where there is no such site any more."""
    return default if default in {site.id for site in sites} else None


def _present(body: Declared, names: Mapping[str, str]) -> dict[str, Any]:
    return {target: value for name, target in names.items() if (value := body.values.get(name)) is not None}
