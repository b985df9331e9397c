"""The domain join configurations of a policy's body (Graph: cloudPcDomainJoinConfiguration) as connections."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from typing_extensions import TypedDict

from shared.domain.networks.connection import Connection, JoinType
from shared.domain.networks.regions import SUPPORTED_REGIONS
from shared.domain.tenants.tenant import Site
from shared.domain.values import Id, Word
from shared.domain.wizards.create_provisioning_policy import MOST_CONNECTIONS
from shared.errors import InvalidError, Problem
from triggers.http.bodies.declared import Declared, Only, ReadElsewhere, read_declared
from triggers.http.json_schema import annotated

_ANY_REGION = frozenset({"", "automatic"})
_ANY_GROUP = frozenset({"", "default"})
"""Values that Graph's clients write if they choose no region; the group ``default`` is also that of two regions."""
_HIDDEN = {"geographicLocationType": Only(("default",), "is decided by the connection's site")}
_GROUPS = {region.id: region.region_group for region in SUPPORTED_REGIONS}


@annotated
class DomainJoinBody(TypedDict, total=False):
    """A connection, or the region whose hosted network is meant.

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
    """The region and the group of regions that a configuration names; None: any."""

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
    """Return *regionName* and *regionGroup* of each configuration of a body that has been read; None: it has none."""
    joins = raw.get("domainJoinConfigurations")
    return [(join.get("regionName") or None, join.get("regionGroup") or None) for join in joins] if joins else None


def _connection_id(join: Any, reachable: Reachable) -> str:  # noqa: ANN401 - JSON
    body = read_declared(DomainJoinBody, join if isinstance(join, dict) else {}, hidden=_HIDDEN)
    join_type, older_name = body.values.get("domainJoinType"), body.values.get("type")
    connection_id = body.values.get("onPremisesConnectionId")
    wanted = _Wanted(
        _named(body, "regionName", _ANY_REGION, _GROUPS, reachable.regions),
        _named(body, "regionGroup", _ANY_GROUP, _GROUPS.values(), [_GROUPS[each] for each in reachable.regions]),
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


def _named(body: Declared, name: str, any_: Collection[str], known: Collection[str], here: list[str]) -> str | None:
    """Read the name of a region or of a group; None: any."""
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
