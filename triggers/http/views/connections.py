"""Graph: cloudPcOnPremisesConnection (docs/notes/windows365.md 1.5)."""

from typing import Annotated, Literal

from typing_extensions import TypedDict

from shared.domain.networks import graph
from shared.domain.networks.connection import Connection, HealthCheck, HealthStatus, JoinType, SubnetUsage
from shared.domain.planning.entitlements import AddressForecast
from shared.domain.tenants.tenant import Site
from shared.domain.wizards.create_connection import (
    ConnectionNameStep,
    ConnectionSiteStep,
    CredentialsStep,
    CustomerNetwork,
    DomainStep,
)
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity
from triggers.http.properties import Properties, typed

PROPERTIES = Properties(
    graph.PROPERTIES,
    {
        "site": ConnectionSiteStep,
        "credentials": CredentialsStep,
        "credentials/network": CustomerNetwork,
        "credentials/domain": DomainStep,
        "name": ConnectionNameStep,
    },
)
CONNECTIONS = Collection(
    name="onPremisesConnections",
    kinds=kinds_of(
        *("id", "healthCheckStatus", "virtualNetworkLocation", "@deskwright.siteId"),
        flags="healthCheckPaused inUse inUseByCloudPc",
    )
    | PROPERTIES.kinds,
    searched=PROPERTIES.searched,
    hidden=frozenset({"healthCheckStatusDetail", "inUse", "inUseByCloudPc", "@deskwright.addresses"}),
    lacks="adDomainPassword healthCheckStatusDetails",
)


class HealthCheckDetailView(TypedDict):
    """Graph's cloudPcOnPremisesConnectionStatusDetail."""

    startDateTime: Timestamp | None
    endDateTime: Timestamp | None
    healthChecks: list[Annotated[Json, DumpOf(HealthCheck)]]


class SubnetAddressesView(TypedDict):
    """Graph's cloudPcOnPremisesConnectionSubnetPrivateIpDetail: the number of free addresses and when it was read."""

    subnetAvailableIpCount: int
    lastSync: Timestamp | None


ConnectionView = typed(
    "ConnectionView",
    {
        "@deskwright.siteId": str,
        "@deskwright.subnetIds": list[str],
        "@deskwright.subnets": list[Annotated[Json, DumpOf(SubnetUsage)]],
        "@deskwright.addresses": Annotated[Json, DumpOf(AddressForecast)] | None,
        "id": str,
        **PROPERTIES.view_types(),
        "type": JoinType,
        "subscriptionName": None,
        "resourceGroupId": str | None,
        "virtualNetworkLocation": str | None,
        "subnetId": str | None,
        "subnetPrivateIpDetail": SubnetAddressesView | None,
        "healthCheckStatus": HealthStatus,
        "healthCheckStatusDetail": HealthCheckDetailView,
        "healthCheckPaused": bool,
        "inUse": bool,
        "inUseByCloudPc": bool,
        "managedBy": Literal["windows365"],
        "scopeIds": list[str],
        "alternateResourceUrl": None,
    },
    "Graph's cloudPcOnPremisesConnection.",
)
CONNECTION = Entity(ConnectionView)


def connection_view(
    connection: Connection,
    site: Site | None,
    *,
    in_use: bool,
    in_use_by_cloud_pc: bool,
    paused: bool = False,
    addresses: AddressForecast | None = None,
) -> Json:
    """Return a connection as Graph's, without its password. *addresses*: free addresses and the expected need."""
    network = connection.network
    return {
        "id": connection.id,
        **PROPERTIES.view(connection, connection),
        "type": connection.join_type,
        "subscriptionName": None,
        "resourceGroupId": _resource_group(connection, site),
        "virtualNetworkLocation": site.region if site else None,
        "subnetId": network.subnet_ids[0] if network.subnet_ids else None,
        "subnetPrivateIpDetail": _addresses(connection),
        "healthCheckStatus": connection.health_check_status,
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


def _detail(connection: Connection) -> HealthCheckDetailView:
    return {
        "startDateTime": timestamp(connection.check_began_date_time),
        "endDateTime": timestamp(connection.checked_date_time),
        "healthChecks": [check.to_json() for check in connection.health_checks],
    }


def _addresses(connection: Connection) -> SubnetAddressesView | None:
    free = connection.free_addresses
    return None if free is None else {"subnetAvailableIpCount": free, "lastSync": timestamp(connection.subnets_seen_at)}


def _resource_group(connection: Connection, site: Site | None) -> str | None:
    return f"/subscriptions/{connection.subscription_id}/resourceGroups/{site.resource_group}" if site else None
