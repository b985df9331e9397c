"""Networks: what holds what, and who may write at the same time."""

from typing import Any

from packages.azure_simulator.tests.asking import GROUP, NETWORK, SUB, Asking, asking
from packages.azure_simulator.tests.bodies import REGION, nic_body

VNET = f"{NETWORK}/virtualNetworks/vnet"
PLACE: dict[str, Any] = {"location": REGION}


def make(app: Asking, path: str, **properties: Any) -> str:
    app.ask("PUT", f"{NETWORK}/{path}", {**PLACE, "properties": properties})
    return f"{NETWORK}/{path}"


def test_the_same_subnet_twice_is_a_conflict_and_another_one_a_lock() -> None:
    app = asking()
    app.lay()
    app.sim("POST", "config", {"latency": {"subnet.put": {"value": 5}}})
    bodies = [{"properties": {"addressPrefix": f"10.20.{n}.0/24"}} for n in (8, 9)]
    app.ask("PUT", f"{VNET}/subnets/one", bodies[0])
    assert app.error("PUT", f"{VNET}/subnets/one", bodies[0]) == (409, "AnotherOperationInProgress")
    assert app.error("PUT", f"{VNET}/subnets/two", bodies[1]) == (429, "RetryableErrorDueToAnotherOperation")
    app.advance(6)
    app.ask("PUT", f"{VNET}/subnets/two", bodies[1])


def test_a_subnet_names_the_configurations_in_it() -> None:
    app = asking()
    subnet = app.lay()
    body = nic_body(subnet)
    body["properties"]["ipConfigurations"][0]["name"] = "first"
    app.ask("PUT", f"{NETWORK}/networkInterfaces/n", body)
    shown = app.ask("GET", subnet)["properties"]["ipConfigurations"]
    assert shown == [{"id": f"{NETWORK}/networkInterfaces/n/ipConfigurations/first"}]


def test_a_public_address_has_one_owner() -> None:
    app = asking()
    subnet = app.lay()
    address = make(app, "publicIPAddresses/p")
    make(app, "natGateways/a", publicIpAddresses=[{"id": address}])
    again = {**PLACE, "properties": {"publicIpAddresses": [{"id": address}]}}
    assert app.error("PUT", f"{NETWORK}/natGateways/b", again) == (400, "PublicIPAddressInUse")
    assert app.error("DELETE", address) == (400, "PublicIPAddressCannotBeDeleted")
    app.send("DELETE", f"{NETWORK}/natGateways/a")
    body = nic_body(subnet)
    body["properties"]["ipConfigurations"][0]["properties"]["publicIPAddress"] = {"id": address}
    app.ask("PUT", f"{NETWORK}/networkInterfaces/n", body)
    owner = app.ask("GET", address)["properties"]["ipConfiguration"]["id"]
    assert owner == f"{NETWORK}/networkInterfaces/n/ipConfigurations/ipconfig1"
    app.send("DELETE", f"{NETWORK}/networkInterfaces/n")
    assert app.send("DELETE", address).status == 202


def test_a_security_group_stays_while_an_interface_or_a_subnet_uses_it() -> None:
    app = asking()
    subnet = app.lay()
    nsg = make(app, "networkSecurityGroups/nsg")
    body = nic_body(subnet)
    body["properties"]["networkSecurityGroup"] = {"id": nsg}
    app.ask("PUT", f"{NETWORK}/networkInterfaces/n", body)
    found = app.ask("GET", nsg)["properties"]
    assert [each["id"].rpartition("/")[2] for each in found["networkInterfaces"]] == ["n"]
    assert min(rule["properties"]["priority"] for rule in found["defaultSecurityRules"]) == 65000
    assert app.error("DELETE", nsg) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")
    del body["properties"]["networkSecurityGroup"]
    app.ask("PUT", f"{NETWORK}/networkInterfaces/n", body)
    app.ask("PUT", subnet, {"properties": {"addressPrefix": "10.20.0.0/22", "networkSecurityGroup": {"id": nsg}}})
    assert app.error("DELETE", nsg) == (400, "InUseNetworkSecurityGroupCannotBeDeleted")
    app.ask("PUT", subnet, {"properties": {"addressPrefix": "10.20.0.0/22"}})
    assert app.send("DELETE", nsg).status == 202


def test_every_network_resource_is_listed_for_its_subscription_and_tagged() -> None:
    app = asking()
    subnet = app.lay()
    app.ask("PUT", f"{NETWORK}/networkInterfaces/n", nic_body(subnet))
    for path in ("networkSecurityGroups/x", "publicIPAddresses/x", "natGateways/x"):
        make(app, path)
    for path in ("virtualNetworks/vnet", "networkInterfaces/n", "networkSecurityGroups/x", "natGateways/x"):
        app.ask("PATCH", f"{NETWORK}/{path}", {"tags": {"a": "b"}})
        collection = path.partition("/")[0]
        (found,) = app.ask("GET", f"{SUB}/providers/Microsoft.Network/{collection}")["value"]
        assert found["tags"] == {"a": "b"}


def test_usages_count_by_place() -> None:
    app = asking()
    subnet = app.lay()
    app.ask("PUT", f"{NETWORK}/networkInterfaces/n", nic_body(subnet))

    def count(region: str) -> int:
        rows = app.ask("GET", f"{SUB}/providers/Microsoft.Network/locations/{region}/usages")["value"]
        return next(int(row["currentValue"]) for row in rows if row["name"]["value"] == "NetworkInterfaces")

    assert (count(REGION), count("northeurope")) == (1, 0)
    app.send("DELETE", GROUP)
    assert count(REGION) == 0


def rule(priority: int, direction: str = "Inbound") -> dict[str, Any]:
    ends = {"sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "sourcePortRange": "*"}
    what = {"access": "Deny", "protocol": "*", "direction": direction, "priority": priority}
    return {"properties": {**ends, "destinationPortRange": "*", **what}}


def test_rules_of_a_security_group_come_and_go_one_by_one() -> None:
    app = asking()
    app.lay()
    rules = make(app, "networkSecurityGroups/nsg") + "/securityRules"
    app.ask("PUT", f"{rules}/a", rule(100))
    assert app.error("PUT", f"{rules}/b", rule(100)) == (400, "SecurityRuleConflict")
    assert app.error("PUT", f"{rules}/b", rule(99)) == (400, "SecurityRuleInvalidPriority")
    app.ask("PUT", f"{rules}/b", rule(100, "Outbound"))
    assert [each["name"] for each in app.ask("GET", rules)["value"]] == ["a", "b"]
    app.send("DELETE", f"{rules}/a")
    assert app.error("GET", f"{rules}/a") == (404, "NotFound")
    shown = app.ask("GET", rules.rpartition("/")[0])["properties"]["securityRules"]
    assert [each["name"] for each in shown] == ["b"]
