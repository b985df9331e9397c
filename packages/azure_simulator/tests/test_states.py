"""State shown by a resource of Network while it is being written, as Azure does (recorded)."""

from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, InProcessCloud, open_cloud

ADDRESS = {"sku": {"name": "Standard"}, "properties": {"publicIPAllocationMethod": "Static"}}
RULE: dict[str, Any] = {
    "name": "rdp",
    "properties": {
        "protocol": "Tcp",
        "access": "Allow",
        "direction": "Inbound",
        "priority": 100,
        "sourceAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "3389",
    },
}
SUBNET = {"name": "cpc", "properties": {"addressPrefix": "10.20.0.0/24"}}
BODIES: dict[str, dict[str, Any]] = {
    "publicIPAddresses/a": ADDRESS,
    "networkSecurityGroups/a": {"properties": {"securityRules": [RULE]}},
    "natGateways/a": {"sku": {"name": "Standard"}, "properties": {"idleTimeoutInMinutes": 5}},
    "virtualNetworks/a": {"properties": {"addressSpace": {"addressPrefixes": ["10.20.0.0/16"]}, "subnets": [SUBNET]}},
}
PARTS = ("securityRules", "defaultSecurityRules", "subnets")


def cloud() -> InProcessCloud:
    """Open a cloud in which writes take ten seconds."""
    app = open_cloud()
    slow = {f"{kind}.put": {"dist": "fixed", "value": 10} for kind in ("public_ip", "nsg", "nat", "vnet", "subnet")}
    app.sim("POST", "config", {"latency": slow})
    app.request("PUT", GROUP, {"location": REGION})
    return app


def states(shown: dict[str, Any]) -> set[str]:
    """Return the states of a resource and of its parts."""
    parts = [part for name in PARTS for part in shown["properties"].get(name, [])]
    return {each["properties"]["provisioningState"] for each in (shown, *parts)}


@pytest.mark.parametrize("path", sorted(BODIES))
def test_a_written_resource_is_updating_until_its_operation_ends(path: str) -> None:
    app, body = cloud(), {"location": REGION, **BODIES[path]}
    begun = app.request("PUT", f"{NETWORK}/{path}", body)
    assert states(begun) == states(app.request("GET", f"{NETWORK}/{path}")) == {"Updating"}
    app.advance(10)
    ended = app.request("GET", f"{NETWORK}/{path}")
    assert states(ended) == {"Succeeded"}
    assert ended["etag"] != begun["etag"]


@pytest.mark.parametrize("path", sorted(BODIES))
def test_a_write_that_changes_nothing_but_tags_is_done_at_once(path: str) -> None:
    app, body = cloud(), {"location": REGION, **BODIES[path]}
    app.request("PUT", f"{NETWORK}/{path}", body)
    app.advance(10)
    assert states(app.request("PUT", f"{NETWORK}/{path}", {**body, "tags": {"a": "b"}})) == {"Succeeded"}
    app.advance(10)
    shown = app.request("GET", f"{NETWORK}/{path}")
    assert states(app.request("PUT", f"{NETWORK}/{path}", shown)) == {"Succeeded"}


def test_parts_that_are_written_alone_are_updating_too() -> None:
    app = cloud()
    for path in ("networkSecurityGroups/a", "virtualNetworks/a"):
        app.request("PUT", f"{NETWORK}/{path}", {"location": REGION, **BODIES[path]})
    app.advance(10)
    rule = app.request("PUT", f"{NETWORK}/networkSecurityGroups/a/securityRules/rdp", RULE)
    changed = {"properties": {**SUBNET["properties"], "serviceEndpoints": [{"service": "Microsoft.Storage"}]}}  # type: ignore[dict-item]
    subnet = app.request("PUT", f"{NETWORK}/virtualNetworks/a/subnets/cpc", changed)
    assert states(rule) == states(subnet) == {"Updating"}
    app.advance(10)
    assert states(app.request("GET", f"{NETWORK}/networkSecurityGroups/a")) == {"Succeeded"}
    assert states(app.request("PUT", f"{NETWORK}/virtualNetworks/a/subnets/cpc", changed)) == {"Succeeded"}


def test_a_write_that_fails_says_so() -> None:
    app = cloud()
    fault = {"match": {"op": "public_ip.put"}, "do": {"kind": "lro_fail", "code": "InternalServerError"}}
    app.sim("POST", "faults", {**fault, "when": {"max_hits": 1}})
    app.request("PUT", f"{NETWORK}/publicIPAddresses/a", {"location": REGION, **ADDRESS})
    app.advance(10)
    assert states(app.request("GET", f"{NETWORK}/publicIPAddresses/a")) == {"Failed"}
    assert states(app.request("PUT", f"{NETWORK}/publicIPAddresses/a", {"location": REGION, **ADDRESS})) == {"Updating"}


def test_the_later_of_two_writes_decides() -> None:
    app, path = cloud(), f"{NETWORK}/publicIPAddresses/a"
    app.request("PUT", path, {"location": REGION, **ADDRESS})
    app.advance(6)
    app.request("PUT", path, {"location": REGION, **ADDRESS, "tags": {"a": "b"}})
    app.advance(6)
    assert states(app.request("GET", path)) == {"Updating"}
    app.advance(6)
    assert states(app.request("GET", path)) == {"Succeeded"}
