"""Bodies of connections, and of the domain joins of policies."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.networks.connection import Connection, JoinType, Network
from shared.domain.networks.regions import SUPPORTED_REGIONS
from shared.domain.tenants.tenant import Site
from shared.domain.values import Id, ResourceId, Word
from shared.domain.wizards.create_connection import MOST_SUBNETS
from shared.domain.wizards.create_provisioning_policy import MOST_CONNECTIONS
from shared.domain.wizards.edits import connection_form as changed_form
from shared.errors import InvalidError, Problem
from triggers.http.bodies.declared import Declared, Only, ReadElsewhere, changes, read_declared
from triggers.http.json_schema import annotated, read_only, sent_back
from triggers.http.properties import typed
from triggers.http.views.connections import PROPERTIES, ConnectionView

_ANY_REGION = frozenset({"", "automatic"})
_ANY_GROUP = frozenset({"", "default"})
"""Values that Graph's clients write if they choose no region; ``default`` is also the group of two regions."""
_JOIN_HIDDEN = {"geographicLocationType": Only(("default",), "is decided by the connection's site")}
_GROUPS = {region.id: region.region_group for region in SUPPORTED_REGIONS}


@annotated
class DomainJoinBody(TypedDict, total=False):
    """A connection, or the region in which machines use the hosted network.

    A connection's site decides *regionName* and *regionGroup*; without a connection they choose one.
    """

    domainJoinType: Annotated[JoinType, ReadElsewhere()]
    type: Annotated[JoinType, ReadElsewhere()]
    onPremisesConnectionId: Annotated[Id, ReadElsewhere()]
    regionName: Annotated[Word | None, ReadElsewhere()]
    regionGroup: Annotated[Word | None, ReadElsewhere()]


@dataclass(frozen=True, slots=True)
class Reachable:
    """The connections of a tenant, and its sites: they decide where machines are built."""

    connections: tuple[Connection, ...]
    sites: tuple[Site, ...]

    def region(self, connection: Connection) -> str:
        """Return the region in which a connection builds first."""
        return next((site.region for site in self.sites if site.id == connection.site_id), "")

    @property
    def regions(self) -> list[str]:
        """Return the regions of all sites."""
        return sorted({site.region for site in self.sites})

    def hosted(self, join_type: object, wanted: "_Wanted") -> str:
        """Return the oldest connection of a hosted network in the region. Raises: InvalidError."""
        fitting = [
            each
            for each in self.connections
            if each.network.hosted
            and join_type in (None, each.join_type.value)
            and wanted.fault(self.region(each)) is None
        ]
        if not fitting:
            at = "/regionName" if wanted.region else "/regionGroup"
            message = f"no connection over a hosted network builds there; the sites are in {_listed(self.regions)}"
            raise InvalidError(Problem(at, message))
        return min(fitting, key=lambda each: (each.created_date_time, each.id)).id


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The region and the group of regions that a configuration names; None accepts any."""

    region: str | None
    group: str | None

    def fault(self, region: str) -> Problem | None:
        """Return the problem of the region for a connection that builds in *region*, None if it fits."""
        if self.region not in {None, region}:
            return Problem("/regionName", f"is decided by the connection's site, which builds in {region}")
        if self.group not in {None, _GROUPS.get(region)}:
            message = f"is decided by the connection's site, whose region is in {_GROUPS.get(region)}"
            return Problem("/regionGroup", message)
        return None


def connection_ids(body: Declared, reachable: Reachable) -> list[str]:
    """Read the connections of the domain join configurations of a body that has them."""
    if "domainJoinConfigurations" not in body.values:
        return []
    joins = body.values["domainJoinConfigurations"]
    if not isinstance(joins, list) or not joins:
        body.wrong("/domainJoinConfigurations", "name at least one onPremisesConnectionId")
        return []
    if len(joins) > MOST_CONNECTIONS:
        body.wrong("/domainJoinConfigurations", f"name at most {MOST_CONNECTIONS} connections")
        return []
    found: list[str] = []
    for n, join in enumerate(joins):
        try:
            found.append(_connection_id(join, reachable))
        except InvalidError as error:
            for problem in error.problems:
                body.wrong(f"/domainJoinConfigurations/{n}{problem.pointer}", problem.message)
    return found


def chosen_regions(raw: Mapping[str, Any]) -> list[tuple[str | None, str | None]] | None:
    """Return *regionName* and *regionGroup* of each configuration of a checked body, or None if it has none."""
    joins = raw.get("domainJoinConfigurations")
    return [(join.get("regionName") or None, join.get("regionGroup") or None) for join in joins] if joins else None


def _connection_id(join: Any, reachable: Reachable) -> str:  # noqa: ANN401 - JSON
    body = read_declared(DomainJoinBody, join if isinstance(join, dict) else {}, hidden=_JOIN_HIDDEN)
    join_type, older_name = body.values.get("domainJoinType"), body.values.get("type")
    connection_id = body.values.get("onPremisesConnectionId")
    wanted = _Wanted(
        _place_name(body, "regionName", _ANY_REGION, _GROUPS, reachable.regions),
        _place_name(body, "regionGroup", _ANY_GROUP, _GROUPS.values(), [_GROUPS[each] for each in reachable.regions]),
    )
    body.settle()
    join_type = join_type or older_name
    if connection_id is None and (wanted.region or wanted.group):
        return reachable.hosted(join_type, wanted)
    if not isinstance(connection_id, str):
        raise InvalidError(Problem("/onPremisesConnectionId", "required; a connection also names hosted networks"))
    connection = next((each for each in reachable.connections if each.id == connection_id), None)
    if connection and join_type not in (None, connection.join_type.value):
        message = f"leave it out, or write {connection.join_type.value}, by which the connection joins"
        raise InvalidError(Problem("/domainJoinType", message))
    if connection and (fault := wanted.fault(reachable.region(connection))):
        raise InvalidError(fault)
    return connection_id


def _place_name(
    body: Declared, name: str, any_: Collection[str], known: Collection[str], here: list[str]
) -> str | None:
    """Read the name of a region or of a group; return None if the body accepts any."""
    value = body.values.get(name)
    if value is None or (isinstance(value, str) and value in any_):
        return None
    if not isinstance(value, str) or value not in known:
        what = "region" if name == "regionName" else "group of regions"
        body.wrong(f"/{name}", f"no {what} that is supported; the sites are in {_listed(here)}")
        return None
    return value


def _listed(names: list[str]) -> str:
    return ", ".join(dict.fromkeys(names)) or "no region yet"


_POINTERS = {
    **PROPERTIES.pointers(),
    **dict.fromkeys(("/site", "/name", "/credentials", "/credentials/network", "/credentials/domain"), ""),
}
_OTHERS = ("healthCheckStatusDetails",)
SITE_IDS = ("siteId", "@deskwright.siteId")
_SUBNETS = ("subnetIds", "@deskwright.subnetIds")
"""Ours, with the name that they have in answers."""


def _body(name: str, about: str, *, new: bool) -> type[Any]:
    subnets = Annotated[list[ResourceId], Field(max_length=MOST_SUBNETS)]
    ours = dict.fromkeys(SITE_IDS, NotRequired[Id]) | dict.fromkeys(_SUBNETS, NotRequired[subnets])
    places = dict.fromkeys(("resourceGroupId", "subnetId"), NotRequired[ResourceId])
    return sent_back(ConnectionView, *_OTHERS)(typed(name, {**PROPERTIES.body_types(new=new), **ours, **places}, about))


ConnectionBody = _body("ConnectionBody", "A connection to create.", new=True)
ConnectionEdit = _body("ConnectionEdit", "Changed properties of a connection.", new=False)
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
    form = PROPERTIES.form(body.values)
    form["site"]["siteId"] = _site_id(body, sites, default_site)
    credentials = form["credentials"]
    if "connectionType" not in body.values and raw.get("type") is not None:
        credentials["joinType"] = raw["type"]
    credentials["network"] = _network(body, Network())
    if not any(credentials.get("domain", {}).values()):
        credentials.pop("domain", None)
    body.settle()
    return form


def connection_patch(
    raw: Mapping[str, Any], connection: Connection, view: Mapping[str, Any], sites: tuple[Site, ...]
) -> tuple[dict[str, Any], str | None]:
    """Return the wizard's form of *connection* with Graph's changes in it, and the new password if there is one.

    What a client sends back as it has read it (*view*) is no change.
    """
    joins = dict.fromkeys(("connectionType", "type"), Only((connection.join_type.value,), "cannot change"))
    body = read_declared(ConnectionEdit, changes(raw, view), ignored=_READ_ONLY, hidden=_HIDDEN | joins)
    body.settle()
    named = PROPERTIES.named(body.values)
    if not body.sent.isdisjoint((*SITE_IDS, "resourceGroupId")):
        named.setdefault("site", {})["siteId"] = _site_id(body, sites)
    if not body.sent.isdisjoint(_NETWORK):
        named.setdefault("credentials", {})["network"] = _network(body, connection.network)
    body.settle()
    return changed_form(connection, named)


_NETWORK = ("virtualNetworkId", "subnetId", *_SUBNETS)


def _network(body: Declared, present: Network) -> dict[str, Any] | str:
    """Return the network that a body names, which may be "hosted". *subnetIds* is ours: Graph has one subnet."""
    network_id = body.values.get("virtualNetworkId") if "virtualNetworkId" in body.sent else present.virtual_network_id
    first, every = body.values.get("subnetId"), body.first(_SUBNETS)
    if network_id is None and first is None and not every:
        return "hosted"
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
