"""Network security groups: their own rules and those that every group has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import read
from azure_simulator.arm.references import check_twins
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.core.latency import about
from azure_simulator.network import network_interfaces, subnets
from azure_simulator.network.provider import NAMES, NAMING, NETWORK, SDK, check_short_name
from azure_simulator.network.security_rules import NO_ENDS, TYPE, VALUES, check_rules, ends

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

SECURITY_GROUPS = ResourceType(
    name="Microsoft.Network/networkSecurityGroups",
    provider=NETWORK,
    params=("nsg",),
    models=BodyModels(SDK, "NetworkSecurityGroup", "TagsObject"),
    naming=NAMING,
    values={f"properties.securityRules[].{path}": rule for path, rule in {"name": NAMES, **VALUES}.items()},
    together=ends("properties.securityRules[]", "{path}/securityRules/{name}"),
    latencies={"nsg.put": about(3, 8, 1), "nsg.delete": about(5, 12, 1)},
    limit=5000,
    used_by=(subnets.BY_SECURITY_GROUP, network_interfaces.BY_SECURITY_GROUP),
)
OPERATIONS = Operations(SECURITY_GROUPS)
DEFAULT_RULES = (
    ("AllowVnetInBound", "Inbound", "Allow", 65000, "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", "Inbound", "Allow", 65001, "AzureLoadBalancer", "*"),
    ("DenyAllInBound", "Inbound", "Deny", 65500, "*", "*"),
    ("AllowVnetOutBound", "Outbound", "Allow", 65000, "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", "Outbound", "Allow", 65001, "*", "Internet"),
    ("DenyAllOutBound", "Outbound", "Deny", 65500, "*", "*"),
)
"""Name, direction, access, priority, source, destination of the rules every security group has."""
MEANINGS = {
    "AllowVnetInBound": "Allow inbound traffic from all VMs in VNET",
    "AllowAzureLoadBalancerInBound": "Allow inbound traffic from azure load balancer",
    "DenyAllInBound": "Deny all inbound traffic",
    "AllowVnetOutBound": "Allow outbound traffic from all VMs to all VMs in VNET",
    "AllowInternetOutBound": "Allow outbound traffic from all VMs to Internet",
    "DenyAllOutBound": "Deny all outbound traffic",
}
"""The descriptions of these rules."""


def _check(call: Call) -> None:
    check_short_name(call.param("nsg"))


def _properties(call: Call, found: Resource | None) -> Json:
    del found
    given = read(call.object(), "properties", "object", {})
    rules = [_rule(call, entry) for entry in given.get("securityRules", [])]
    check_twins(call, rules)
    check_rules(rules)
    defaults = [_default_rule(call, *rule) for rule in DEFAULT_RULES]
    return {**given, "securityRules": rules, "defaultSecurityRules": defaults}


def _rule(call: Call, entry: Json) -> Json:
    name = read(entry, "name", "string")
    inner = {**NO_ENDS, **read(entry, "properties", "object")}
    return {"id": f"{call.path}/securityRules/{name}", "name": name, "type": TYPE, "properties": inner}


def _default_rule(
    call: Call, name: str, direction: str, access: str, priority: int, source: str, destination: str
) -> Json:
    properties = {
        **NO_ENDS,
        "description": MEANINGS[name],
        "protocol": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "*",
        "sourceAddressPrefix": source,
        "destinationAddressPrefix": destination,
        "access": access,
        "priority": priority,
        "direction": direction,
    }
    kind = "Microsoft.Network/networkSecurityGroups/defaultSecurityRules"
    return {"id": f"{call.path}/defaultSecurityRules/{name}", "name": name, "type": kind, "properties": properties}


_PLAIN = Plain(check=_check, properties=_properties, parts=("securityRules", "defaultSecurityRules"))
plain_resources.serve(OPERATIONS, "nsg", "networkSecurityGroups", _PLAIN)
