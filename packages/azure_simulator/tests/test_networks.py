"""Networks: dependencies between resources, and writes at the same time."""

import json
from typing import Any

from packages.azure_simulator.tests.bodies import REGION, nic_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, SUB, InProcessCloud, open_cloud

VNET = f"{NETWORK}/virtualNetworks/vnet"
PLACE: dict[str, Any] = {"location": REGION}


def make(app: InProcessCloud, path: str, **properties: Any) -> str:
    app.request("PUT", f"{NETWORK}/{path}", {**PLACE, "properties": properties})
    return f"{NETWORK}/{path}"


def test_the_same_subnet_twice_is_a_conflict_and_another_one_a_lock() -> None:
    app = open_cloud()
    app.create_network()
    app.sim("POST", "config", {"latency": {"subnet.put": {"value": 5}}})
    bodies = [{"properties": {"addressPrefix": f"10.20.{n}.0/24"}} for n in (8, 9)]
    app.request("PUT", f"{VNET}/subnets/one", bodies[0])
    assert app.error("PUT", f"{VNET}/subnets/one", bodies[0]) == (409, "AnotherOperationInProgress")
    assert app.error("PUT", f"{VNET}/subnets/two", bodies[1]) == (429, "RetryableError")
    # as in the recording test_network_vpn_connection_nat_rule of 2023
    reply = app.send("PUT", f"{VNET}/subnets/two", bodies[1])
    (lock,) = json.loads(reply.body)["error"]["details"]
    assert (lock["code"], "Retry-After" in reply.headers) == ("RetryableErrorDueToAnotherOperation", False)
    app.advance(6)
    app.request("PUT", f"{VNET}/subnets/two", bodies[1])


def test_a_subnet_names_the_configurations_in_it() -> None:
    app = open_cloud()
    subnet = app.create_network()
    body = nic_body(subnet)
    body["properties"]["ipConfigurations"][0]["name"] = "first"
    app.request("PUT", f"{NETWORK}/networkInterfaces/n", body)
    shown = app.request("GET", subnet)["properties"]["ipConfigurations"]
    assert shown == [{"id": f"{NETWORK}/networkInterfaces/n/ipConfigurations/first"}]


def test_a_public_address_has_one_owner() -> None:
    app = open_cloud()
    subnet = app.create_network()
    address = f"{NETWORK}/publicIPAddresses/p"
    static = {"publicIPAllocationMethod": "Static"}
    app.request("PUT", address, {**PLACE, "sku": {"name": "Standard"}, "properties": static})
    make(app, "natGateways/a", publicIpAddresses=[{"id": address}])
    again = {**PLACE, "properties": {"publicIpAddresses": [{"id": address}]}}
    assert app.error("PUT", f"{NETWORK}/natGateways/b", again) == (400, "PublicIPAddressInUse")
    assert app.error("DELETE", address) == (400, "PublicIPAddressCannotBeDeleted")
    app.send("DELETE", f"{NETWORK}/natGateways/a")
    body = nic_body(subnet)
    body["properties"]["ipConfigurations"][0]["properties"]["publicIPAddress"] = {"id": address}
    app.request("PUT", f"{NETWORK}/networkInterfaces/n", body)
    owner = app.request("GET", address)["properties"]["ipConfiguration"]["id"]
    assert owner == f"{NETWORK}/networkInterfaces/n/ipConfigurations/ipconfig1"
    app.send("DELETE", f"{NETWORK}/networkInterfaces/n")
    assert app.send("DELETE", address).status == 202


def test_a_security_group_stays_while_an_interface_or_a_subnet_uses_it() -> None:
    app = open_cloud()
    subnet = app.create_network()
    nsg = make(app, "networkSecurityGroups/nsg")
    body = nic_body(subnet)
    body["properties"]["networkSecurityGroup"] = {"id": nsg}
    app.request("PUT", f"{NETWORK}/networkInterfaces/n", body)
    found = app.request("GET", nsg)["properties"]
    assert [each["id"].rpartition("/")[2] for each in found["networkInterfaces"]] == ["n"]
    assert min(rule["properties"]["priority"] for rule in found["defaultSecurityRules"]) == 65000
    assert app.error("DELETE", nsg) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")
    del body["properties"]["networkSecurityGroup"]
    app.request("PUT", f"{NETWORK}/networkInterfaces/n", body)
    app.request("PUT", subnet, {"properties": {"addressPrefix": "10.20.0.0/22", "networkSecurityGroup": {"id": nsg}}})
    assert app.error("DELETE", nsg) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")
    app.request("PUT", subnet, {"properties": {"addressPrefix": "10.20.0.0/22"}})
    assert app.send("DELETE", nsg).status == 202


def test_every_network_resource_is_listed_for_its_subscription_and_tagged() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.request("PUT", f"{NETWORK}/networkInterfaces/n", nic_body(subnet))
    for path in ("networkSecurityGroups/x", "publicIPAddresses/x", "natGateways/x"):
        make(app, path)
    for path in ("virtualNetworks/vnet", "networkInterfaces/n", "networkSecurityGroups/x", "natGateways/x"):
        app.request("PATCH", f"{NETWORK}/{path}", {"tags": {"a": "b"}})
        collection = path.partition("/")[0]
        (found,) = app.request("GET", f"{SUB}/providers/Microsoft.Network/{collection}")["value"]
        assert found["tags"] == {"a": "b"}


def test_usages_count_by_place() -> None:
    app = open_cloud()
    subnet = app.create_network()
    app.request("PUT", f"{NETWORK}/networkInterfaces/n", nic_body(subnet))

    def count(region: str) -> int:
        rows = app.request("GET", f"{SUB}/providers/Microsoft.Network/locations/{region}/usages")["value"]
        return next(int(row["currentValue"]) for row in rows if row["name"]["value"] == "NetworkInterfaces")

    assert (count(REGION), count("northeurope")) == (1, 0)
    app.send("DELETE", GROUP)
    assert count(REGION) == 0


def rule(priority: int, direction: str = "Inbound") -> dict[str, Any]:
    ends = {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "sourcePortRange": "*"}
    what = {"access": "Deny", "protocol": "*", "direction": direction, "priority": priority}
    return {"properties": {**ends, "destinationPortRange": "*", **what}}


def test_rules_of_a_security_group_come_and_go_one_by_one() -> None:
    app = open_cloud()
    app.create_network()
    rules = make(app, "networkSecurityGroups/nsg") + "/securityRules"
    app.request("PUT", f"{rules}/a", rule(100))
    assert app.error("PUT", f"{rules}/b", rule(100)) == (400, "SecurityRuleConflict")
    assert app.error("PUT", f"{rules}/b", rule(99)) == (400, "SecurityRuleInvalidPriority")
    app.request("PUT", f"{rules}/b", rule(100, "Outbound"))
    assert [each["name"] for each in app.request("GET", rules)["value"]] == ["a", "b"]
    app.send("DELETE", f"{rules}/a")
    assert app.error("GET", f"{rules}/a") == (404, "NotFound")
    shown = app.request("GET", rules.rpartition("/")[0])["properties"]["securityRules"]
    assert [each["name"] for each in shown] == ["b"]


def test_a_delegation_may_be_called_as_its_service() -> None:
    """Recorded: github.com/Azure/azure-cli, container/test_container_create_with_vnet."""
    app = open_cloud()
    app.create_network()
    service = "Microsoft.ContainerInstance/containerGroups"
    rows = [{"name": service, "properties": {"serviceName": service}}]
    body = {"properties": {"addressPrefix": "10.20.8.0/24", "delegations": rows}}
    shown = app.request("PUT", f"{NETWORK}/virtualNetworks/vnet/subnets/delegated", body)
    assert shown["properties"]["delegations"][0]["name"] == service
