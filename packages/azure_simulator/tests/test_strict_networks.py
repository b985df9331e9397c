"""Refusals of Network besides a wrong shape: missing references, invalid addresses and ports, duplicates."""

import json
from typing import Any

import pytest
from azure_simulator.core.requests import Request

from packages.azure_simulator.tests.bodies import REGION, nic_body, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SUB, VMS, InProcessCloud, open_cloud

SUBNET = f"{NETWORK}/virtualNetworks/vnet/subnets/cpc"
NIC = f"{NETWORK}/networkInterfaces/nic"
RULE = {
    "priority": 100,
    "direction": "Inbound",
    "access": "Allow",
    "protocol": "Tcp",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "3389",
}


@pytest.fixture(scope="module")
def prepared() -> InProcessCloud:
    """A cloud with a network, for requests that change nothing."""
    app = open_cloud()
    app.create_network()
    app.request("PUT", f"{NETWORK}/networkInterfaces/taken", fixed("10.20.0.9"))
    return app


def fixed(address: str | None) -> dict[str, Any]:
    body = nic_body(SUBNET)
    at = {"privateIPAllocationMethod": "Static"} | ({"privateIPAddress": address} if address is not None else {})
    body["properties"]["ipConfigurations"][0]["properties"] |= at
    return body


def network(**properties: Any) -> dict[str, Any]:
    return {"location": REGION, "properties": {"addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}, **properties}}


def subnet(name: str, number: int, **properties: Any) -> dict[str, Any]:
    return {"name": name, "properties": {"addressPrefix": f"10.9.{number}.0/24", **properties}}


def rules(*rows: dict[str, Any]) -> dict[str, Any]:
    named = [{"name": f"rule{number}", "properties": {**RULE, **row}} for number, row in enumerate(rows)]
    return {"location": REGION, "properties": {"securityRules": named}}


@pytest.mark.parametrize("kind", ["networkSecurityGroups", "natGateways", "routeTables", "serviceEndpointPolicies"])
def test_a_subnet_refers_to_what_is_there(prepared: InProcessCloud, kind: str) -> None:
    member = {"serviceEndpointPolicies": kind}.get(kind, kind[:-1])
    reference = {"id": f"{NETWORK}/{kind}/none"}
    row = subnet("a", 0, **{member: [reference] if member == kind else reference})
    reply = prepared.send("PUT", f"{NETWORK}/virtualNetworks/new", network(subnets=[row]))
    error = json.loads(reply.body)["error"]
    assert (reply.status, error["code"]) == (400, "InvalidResourceReference")
    assert error["message"].startswith(f"Resource {reference['id']} referenced by resource ")


def test_an_id_that_is_none_is_named_with_its_place(prepared: InProcessCloud) -> None:
    nic = json.loads(prepared.send("PUT", NIC, nic_body("cpc")).body)["error"]
    vm = json.loads(prepared.send("PUT", f"{VMS}/new", vm_body("nic")).body)["error"]
    assert (nic["code"], vm["code"]) == ("LinkedInvalidPropertyId", "LinkedInvalidPropertyId")
    assert "'properties.ipConfigurations[0].properties.subnet.id'" in nic["message"]
    assert "'properties.networkProfile.networkInterfaces[0].id'" in vm["message"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("10.21.0.4", "PrivateIPAddressNotInSubnet"),
        ("somewhere", "PrivateIPAddressNotInSubnet"),
        ("10.20.0.3", "PrivateIPAddressInReservedRange"),
        ("10.20.3.255", "PrivateIPAddressInReservedRange"),
        ("10.20.0.9", "PrivateIPAddressIsAllocated"),
        (None, "InvalidParameter"),
    ],
)
def test_an_address_that_is_not_to_be_had_is_refused(prepared: InProcessCloud, address: str | None, code: str) -> None:
    assert prepared.error("PUT", NIC, fixed(address)) == (400, code)
    assert prepared.send("GET", NIC).status == 404


def test_an_interface_with_an_address_of_its_own_is_put_twice(prepared: InProcessCloud) -> None:
    again = prepared.request("PUT", f"{NETWORK}/networkInterfaces/taken", fixed("10.20.0.9"))
    assert again["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] == "10.20.0.9"


@pytest.mark.parametrize(
    ("collection", "body", "code"),
    [
        ("virtualNetworks", network(addressSpace={"addressPrefixes": []}), "InvalidParameter"),
        ("virtualNetworks", network(dhcpOptions={"dnsServers": ["dns.example"]}), "InvalidParameter"),
        ("virtualNetworks", network(subnets=[subnet("a", 0), subnet("A", 1)]), "InvalidRequestFormat"),
        ("networkSecurityGroups", rules({"destinationPortRange": "70000"}), "SecurityRuleInvalidPortRange"),
        ("networkSecurityGroups", rules({"sourcePortRange": "90-80"}), "SecurityRuleInvalidPortRange"),
        ("networkSecurityGroups", rules({"destinationPortRanges": ["80", "a"]}), "SecurityRuleInvalidPortRange"),
        ("networkSecurityGroups", rules({"sourceAddressPrefix": "10.1.2.3/8"}), "SecurityRuleInvalidAddressPrefix"),
        ("networkSecurityGroups", rules({"sourceAddressPrefixes": ["300.1.1.1"]}), "SecurityRuleInvalidAddressPrefix"),
    ],
)
def test_a_network_resource_that_makes_no_sense_is_refused(
    prepared: InProcessCloud, collection: str, body: dict[str, Any], code: str
) -> None:
    assert prepared.error("PUT", f"{NETWORK}/{collection}/new", body) == (400, code)
    assert prepared.send("GET", f"{NETWORK}/{collection}/new").status == 404


def test_rules_of_every_valid_kind_are_accepted(prepared: InProcessCloud) -> None:
    more = [
        {"priority": 101, "sourceAddressPrefix": "Storage.WestEurope", "destinationPortRange": "80-90"},
        {"priority": 102, "sourceAddressPrefix": "10.1.0.0/16", "destinationPortRange": "*"},
        {"priority": 103, "destinationAddressPrefix": "2001:db8::/32"},
    ]
    assert prepared.send("PUT", f"{NETWORK}/networkSecurityGroups/good", rules({}, *more)).status == 201


def test_places_there_are_none_of_are_refused(prepared: InProcessCloud) -> None:
    group = {"location": "nowhere"}
    assert prepared.error("PUT", f"{SUB}/resourceGroups/far", group) == (400, "LocationNotAvailableForResourceGroup")
    for provider in ("Microsoft.Network", "Microsoft.Compute"):
        usages = f"{SUB}/providers/{provider}/locations/nowhere/usages"
        assert prepared.error("GET", usages) == (400, "NoRegisteredProviderFound")


def test_a_body_that_is_no_json_is_refused_as_each_service_does() -> None:
    app = open_cloud()
    cases = {
        GROUP: ("https://management.azure.com", "InvalidRequestContent"),
        "/v1.0/users": ("https://graph.microsoft.com", "BadRequest"),
        "/secrets/one": ("https://vault.azure.net", "BadParameter"),
    }
    for path, (audience, code) in cases.items():
        reply = raw(app, path, audience, b'{"a":')
        assert (reply[0], reply[1]["code"]) == (400, code)
        assert "line 1 column" not in reply[1]["message"]


def test_a_body_of_another_kind_is_refused_but_the_control_takes_it() -> None:
    # curl -d sends forms by default
    app = open_cloud()
    form = "application/x-www-form-urlencoded"
    assert raw(app, GROUP, "https://management.azure.com", b"{}", form)[0] == 415
    status, error = raw(app, "/v1.0/users", "https://graph.microsoft.com", b"{}", form)
    assert (status, error["code"]) == (400, "BadRequest")
    request = Request("POST", "/_sim/config", "", {"host": "cloud", "content-type": form}, b'{"pageSize": 7}')
    assert app.cloud.handle(request).status == 200
    assert app.sim("GET", "config") == {"pageSize": 7}


def raw(app: InProcessCloud, path: str, audience: str, body: bytes, media: str = "application/json") -> tuple[int, Any]:
    """Send bytes as they are and give the status and the error."""
    token = app.sim("POST", "tokens", {"audience": audience})["access_token"]
    headers = {"host": "cloud", "authorization": f"Bearer {token}", "content-type": media}
    method = "POST" if path.startswith("/v1.0") else "PUT"
    reply = app.cloud.handle(Request(method, path, "api-version=2024-11-01", headers, body))
    return reply.status, json.loads(reply.body)["error"]
