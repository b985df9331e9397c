"""Security rules: each is a resource of its own, kept in its group."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.arm.settling import parts, settling
from azure_simulator.arm.together_rules import Together, one_of
from azure_simulator.arm.value_rules import at_most
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.longrunning import begin
from azure_simulator.core.requests import whole
from azure_simulator.network.provider import NAMING, NETWORK, SDK, check_short_name

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

TYPE = "Microsoft.Network/networkSecurityGroups/securityRules"
VALUES = {"properties.description": at_most(140)}
_NEEDED = {
    "sourcePortRange": "SourcePortRanges or SourcePortRange",
    "destinationPortRange": "DestinationPortRanges or DestinationPortRange",
    "sourceAddressPrefix": "SourceAddressPrefixes, SourceAddressPrefix, or SourceApplicationSecurityGroups",
    "destinationAddressPrefix": (
        "DestinationAddressPrefixes, DestinationAddressPrefix, or DestinationApplicationSecurityGroups"
    ),
}
"""Each rule has one of these. The words for addresses are Azure's (github.com/Azure/sap-hana/issues/135); those for
ports follow them."""


def ends(path: str, where: str) -> tuple[Together, ...]:
    """Make the rules that a security rule at a path of a body has its ends; *where* words its id."""
    text = f"Required security rule parameters are missing for security rule with Id: {where}. "
    return tuple(
        one_of(
            path,
            f"properties.{name}",
            f"properties.{name}{'es' if name.endswith('x') else 's'}",
            f"properties.{name.replace('AddressPrefix', 'ApplicationSecurityGroups')}",
            says=f"{text}Security rule must specify {names}.",
            code="SecurityRuleParametersMissing",
        )
        for name, names in _NEEDED.items()
    )


SECURITY_RULES = ResourceType(
    name=TYPE,
    provider=NETWORK,
    params=("nsg", "rule"),
    models=BodyModels(SDK, "SecurityRule"),
    naming=NAMING,
    located=False,
    values=VALUES,
    together=ends("", "{path}"),
)
OPERATIONS = Operations(SECURITY_RULES)
PRIORITIES = range(100, 4097)
PORTS, ADDRESSES = 65_536, 1 << 32
NO_ENDS: Json = {f"{end}{what}": [] for end in ("source", "destination") for what in ("PortRanges", "AddressPrefixes")}
"""The lists of ports and addresses, which every rule shows, also when it names single ones."""
_TAG = re.compile(r"\*|[A-Za-z]\w*(\.\w+)*")
"""`*`, or a service tag such as `Storage.WestEurope`: which ones there are is not looked up."""


def check_rules(rules: list[Json]) -> None:
    """Refuse rules with a priority that is out of range or used twice in a direction."""
    taken: dict[tuple[str, int], str] = {}
    for rule in rules:
        _check_ends(rule)
        priority = int(read(rule, "properties.priority", "integer"))
        direction = str(read(rule, "properties.direction", "string")).lower()
        if priority not in PRIORITIES:
            raise Problem(
                400,
                "SecurityRuleInvalidPriority",
                f"Security rule {rule['name']} has invalid Priority. Value provided: {priority} "
                "Allowed range 100-4096.",
            )
        other = taken.setdefault((direction, priority), rule["name"])
        if other != rule["name"]:
            raise Problem(
                400,
                "SecurityRuleConflict",
                f"Security rule {rule['name']} conflicts with rule {other}. Rules cannot have the same Priority and "
                "Direction.",
            )


def _check_ends(rule: Json) -> None:
    """Refuse malformed ports and addresses."""
    for end in ("source", "destination"):
        for port in _one_or_many(rule, f"{end}PortRange"):
            if not _is_range(port):
                text = f"Security rule has invalid Port range. Value provided: {port}. Value should be an integer OR "
                text += "integer range with '-' delimiter. Valid range 0-65535."
                raise Problem(400, "SecurityRuleInvalidPortRange", text)
        for prefix in _one_or_many(rule, f"{end}AddressPrefix", f"{end}AddressPrefixes"):
            if not _TAG.fullmatch(prefix) and not _is_network(prefix):
                text = f"Security rule has invalid Address prefix. Value provided: {prefix}."
                raise Problem(400, "SecurityRuleInvalidAddressPrefix", text)


def _one_or_many(rule: Json, one: str, many: str = "") -> list[str]:
    single = read(rule, f"properties.{one}", "string", "")
    return [*([single] if single else []), *read(rule, f"properties.{many or f'{one}s'}", "array", [])]


def _is_range(text: str) -> bool:
    first, _, last = text.partition("-")
    low, high = whole(first), whole(last or first)
    return text == "*" or (low is not None and high is not None and low <= high < PORTS)


def _is_network(text: str) -> bool:
    if (number := whole(text)) is not None:
        return number < ADDRESSES  # recorded: a number is an address, 111 is 0.0.0.111
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


@OPERATIONS.put("nsg.rule.put")
def put_rule(call: Call) -> Answer:
    """Add a rule, or change one."""
    group, name = _group(call), call.param("rule")
    check_short_name(name)
    properties = {**NO_ENDS, **read(call.object(), "properties", "object")}
    for key in ("access", "direction", "protocol"):
        if not properties.get(key):
            raise invalid(f"securityRule.{key}", f"The property '{key}' of security rule {name} is required.")
    rule: Json = {"id": f"{group.id}/securityRules/{name}", "name": name, "type": TYPE, "properties": properties}
    rules: list[Json] = group.properties.get("securityRules", [])
    others = [each for each in rules if each["name"].lower() != name.lower()]
    check_rules([*others, rule])
    return _keep(call, group, [*others, rule], rule, 200 if len(others) < len(rules) else 201)


@OPERATIONS.get("nsg.rule.get")
def get_rule(call: Call) -> Answer:
    """Show a rule."""
    group = _group(call)
    return Answer(_shown(call, group, _find(call, group)))


@OPERATIONS.list_group("nsg.rule.list")
def list_rules(call: Call) -> Answer:
    """List the rules of a group that are not built in."""
    group = _group(call)
    return Answer({"value": [_shown(call, group, each) for each in group.properties.get("securityRules", [])]})


@OPERATIONS.delete("nsg.rule.delete")
def delete_rule(call: Call) -> Answer:
    """Take a rule away."""
    group = _group(call)
    rules: list[Json] = group.properties.get("securityRules", [])
    others = [each for each in rules if each["name"].lower() != call.param("rule").lower()]
    if len(others) == len(rules):
        return Answer(status=204)
    return _keep(call, group, others, None, 202)


def _keep(call: Call, group: Resource, rules: list[Json], shown: Json | None, status: int) -> Answer:
    group.set(call.now_us, securityRules=rules, provisioningState=NETWORK.written)
    course = settling(call.world, "nsg.put", group)
    operation = begin(call, "nsg.put", group.id, course, region=group.body["location"])
    body = _shown(call, group, shown) if shown else None
    return accepted(call, operation, status, body, monitor=shown is None)


def _shown(call: Call, group: Resource, rule: Json) -> Json:
    (shown,) = parts(group, [rule], NETWORK.etag(call.world, group))
    return {**shown, "type": TYPE}


def _group(call: Call) -> Resource:
    return call.need(call.path[: call.path.lower().index("/securityrules")])


def _find(call: Call, group: Resource) -> Json:
    wanted = call.param("rule").lower()
    rules: list[Json] = group.properties.get("securityRules", [])
    found = next((each for each in rules if each["name"].lower() == wanted), None)
    if found is None:
        raise Problem(404, "NotFound", f"Resource {call.path} not found.")
    return found
