"""Private endpoints, the zones in which they are registered, and route tables, as Resource Manager sees them."""

from typing import Any

import pytest

from packages.azure_simulator.tests.in_process import GROUP, NETWORK, InProcessCloud, open_cloud

ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/stdesks"
ENDPOINT, ZONE = f"{NETWORK}/privateEndpoints/blob", f"{NETWORK}/privateDnsZones/privatelink.blob.core.windows.net"
ZONES = "?api-version=2024-06-01"


@pytest.fixture
def cloud() -> InProcessCloud:
    """A cloud with a network and a storage account."""
    made = open_cloud()
    made.create_network()
    body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}, "properties": {}}
    made.request("PUT", f"{ACCOUNT}?api-version=2025-06-01", body)
    made.advance(120)
    return made


def endpoint(group: str = "blob", subnet: str = "cpc") -> dict[str, Any]:
    connection = {"name": "one", "properties": {"privateLinkServiceId": ACCOUNT, "groupIds": [group]}}
    properties = {"subnet": {"id": f"{NETWORK}/virtualNetworks/vnet/subnets/{subnet}"}}
    return {
        "location": "westeurope",
        "properties": {**properties, "privateLinkServiceConnections": [connection]},
    }


def test_an_endpoint_is_approved_and_registered_in_a_zone(cloud: InProcessCloud) -> None:
    cloud.request("PUT", ENDPOINT, endpoint())
    cloud.request("PUT", f"{ZONE}{ZONES}", {"location": "global"})
    configs = [{"name": "blob", "properties": {"privateDnsZoneId": ZONE}}]
    cloud.request("PUT", f"{ENDPOINT}/privateDnsZoneGroups/default", {"properties": {"privateDnsZoneConfigs": configs}})
    cloud.advance(300)
    (row,) = cloud.request("GET", ENDPOINT)["properties"]["privateLinkServiceConnections"]
    assert row["properties"]["privateLinkServiceConnectionState"]["status"] == "Approved"
    shown = cloud.request("GET", f"{ENDPOINT}/privateDnsZoneGroups/default")["properties"]
    assert (shown["provisioningState"], shown["privateDnsZoneConfigs"][0]["name"]) == ("Succeeded", "blob")


def test_what_no_endpoint_leads_to_and_a_delegated_subnet_are_refused(cloud: InProcessCloud) -> None:
    assert cloud.error("PUT", ENDPOINT, endpoint("vault")) == (400, "InvalidPrivateLinkServiceGroupIds")
    delegated = [{"name": "apps", "properties": {"serviceName": "Microsoft.App/environments"}}]
    apps = {"properties": {"addressPrefix": "10.20.8.0/24", "delegations": delegated}}
    cloud.request("PUT", f"{NETWORK}/virtualNetworks/vnet/subnets/apps", apps)
    cloud.advance(60)
    refused = (400, "PrivateEndpointCreationNotAllowedAsSubnetIsDelegated")
    assert cloud.error("PUT", ENDPOINT, endpoint(subnet="apps")) == refused


def test_a_network_is_linked_to_one_zone_of_a_name(cloud: InProcessCloud) -> None:
    link = {"location": "global", "properties": {"virtualNetwork": {"id": f"{NETWORK}/virtualNetworks/vnet"}}}
    cloud.request("PUT", f"{GROUP}-two", {"location": "westeurope"})
    other = ZONE.replace("/desks/", "/desks-two/")
    for zone in (ZONE, other):
        cloud.request("PUT", f"{zone}{ZONES}", {"location": "global"})
    cloud.request("PUT", f"{ZONE}/virtualNetworkLinks/one{ZONES}", link)
    assert cloud.error("PUT", f"{other}/virtualNetworkLinks/two{ZONES}", link) == (400, "BadRequest")
    cloud.advance(60)
    assert cloud.send("DELETE", f"{ZONE}{ZONES}").status == 409  # a link keeps it


def test_a_subnet_keeps_its_route_table(cloud: InProcessCloud) -> None:
    table = f"{NETWORK}/routeTables/firewall"
    cloud.request("PUT", table, {"location": "westeurope"})
    used = {"properties": {"addressPrefix": "10.20.8.0/24", "routeTable": {"id": table}}}
    cloud.request("PUT", f"{NETWORK}/virtualNetworks/vnet/subnets/apps", used)
    cloud.advance(60)
    assert cloud.request("GET", table)["properties"]["routes"] == []
    assert cloud.send("DELETE", table).status == 400


def test_a_storage_account_takes_only_subnets_with_a_way_to_it(cloud: InProcessCloud) -> None:
    rule = {"id": f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"}
    body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    body["properties"] = {"networkAcls": {"defaultAction": "Deny", "virtualNetworkRules": [rule]}}
    refused = cloud.error("PUT", f"{ACCOUNT}?api-version=2025-06-01", body)
    assert refused == (400, "NetworkAclsValidationFailure")
