"""Policies deny what their rule holds for: a single request, and a deployment before it begins."""

import json
from typing import Any

import pytest

from packages.azure_simulator.tests.in_process import SUB, InProcessCloud, open_cloud
from packages.azure_simulator.tests.test_subscription_deployments import GROUP, MODULE, PATH, body

TYPE = f"{SUB}/providers/Microsoft.Authorization"
NET = "Microsoft.Network/virtualNetworks"
VERSION = "api-version=2023-04-01"
NET_BODY = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}


def rule(*conditions: dict[str, Any], effect: str = "deny") -> dict[str, Any]:
    return {"if": {"allOf": list(conditions)}, "then": {"effect": effect}}


def field(name: str, **operator: Any) -> dict[str, Any]:
    return {"field": name, **operator}


def assigned(
    cloud: InProcessCloud, policy: dict[str, Any], scope: str = SUB, mode: str = "All", **parameters: Any
) -> None:
    """Define a policy and assign it."""
    kinds = {name: {"type": "Array" if isinstance(each, list) else "String"} for name, each in parameters.items()}
    properties = {"displayName": "No such thing", "mode": mode, "policyRule": policy, "parameters": kinds}
    cloud.request("PUT", f"{TYPE}/policyDefinitions/ours?{VERSION}", {"properties": properties})
    given = {name: {"value": each} for name, each in parameters.items()}
    assignment = {"policyDefinitionId": f"{TYPE}/policyDefinitions/ours", "displayName": "Ours", "parameters": given}
    path = f"{scope}/providers/Microsoft.Authorization/policyAssignments/here?{VERSION}"
    cloud.request("PUT", path, {"properties": assignment})


def net(cloud: InProcessCloud, group: str = "desks", **more: Any) -> Any:
    path = f"{SUB}/resourceGroups/{group}"
    cloud.request("PUT", path, {"location": "westeurope"})
    return cloud.send("PUT", f"{path}/providers/{NET}/net", {**NET_BODY, **more})


def refusal(reply: Any) -> Any:
    assert reply.status in {400, 403}, reply.body
    return json.loads(reply.body)["error"]


def test_a_denied_request_says_which_policy_and_which_expressions() -> None:
    cloud = open_cloud()
    assigned(cloud, rule(field("type", equals=NET), field("location", notIn="[parameters('allowed')]")), allowed=["a"])
    error = refusal(net(cloud))
    assert (error["code"], error["target"]) == ("RequestDisallowedByPolicy", "net")
    assert error["message"].startswith("Resource 'net' was disallowed by policy. Policy identifiers: '[{\"policyAss")
    (more,) = error["additionalInfo"]
    info = more["info"]
    assert (more["type"], info["policyDefinitionEffect"], info["policyAssignmentName"]) == (
        "PolicyViolation",
        "deny",
        "here",
    )
    assert info["evaluationDetails"]["evaluatedExpressions"][-1] == {
        "result": "True",
        "expressionKind": "Field",
        "expression": "location",
        "path": "location",
        "expressionValue": "westeurope",
        "targetValue": ["a"],
        "operator": "NotIn",
    }


@pytest.mark.parametrize(
    ("condition", "denied"),
    [
        (field("tags['cost']", exists="false"), True),
        (field("tags.cost", exists="true"), False),
        (field("name", like="N*"), True),
        (field("name", notLike="desk-*"), True),
        (field("location", equals="WestEurope"), True),
        (field(f"{NET}/enableDdosProtection", notEquals=True), True),
        (field("Microsoft.Storage/storageAccounts/publicNetworkAccess", equals="Enabled"), False),
        ({"not": field("name", equals="net")}, False),
        ({"anyOf": [field("name", equals="other"), field("name", **{"in": ["net"]})]}, True),
    ],
)
def test_a_condition_is_read_as_azure_does(condition: dict[str, Any], *, denied: bool) -> None:
    cloud = open_cloud()
    assigned(cloud, rule(field("type", equals=NET), condition))
    assert (net(cloud).status == 403) is denied


def test_a_policy_counts_at_its_scope_and_below_and_while_it_is_assigned() -> None:
    cloud = open_cloud()
    net(cloud)
    assigned(cloud, rule(field("type", equals=NET)), f"{SUB}/resourceGroups/desks")
    assert [net(cloud).status, net(cloud, "others").status] == [403, 201]
    path = f"{SUB}/resourceGroups/desks/providers/Microsoft.Authorization/policyAssignments/here?{VERSION}"
    cloud.request("DELETE", path)
    assert net(cloud).status == 200


@pytest.mark.parametrize("effect", ["audit", "disabled"])
def test_what_does_not_deny_lets_everything_through(effect: str) -> None:
    cloud = open_cloud()
    assigned(cloud, rule(field("type", equals=NET), effect=effect))
    assert net(cloud).status == 201


def test_an_indexed_policy_leaves_resource_groups_alone() -> None:
    cloud = open_cloud()
    groups = field("type", equals="Microsoft.Resources/subscriptions/resourceGroups")
    assigned(cloud, rule(groups), mode="Indexed")
    assert net(cloud).status == 201
    assigned(cloud, rule(groups), mode="All")
    assert refusal(cloud.send("PUT", f"{SUB}/resourceGroups/x", {"location": "westeurope"}))["target"] == "x"


@pytest.mark.parametrize(
    "policy",
    [
        rule(field("tags[*]", exists="true")),
        rule(field("name", match="a##")),
        rule(field("name", equals="[concat('a', 'b')]")),
        rule({"count": {"field": f"{NET}/subnets[*]"}, "greater": 1}),
        rule(field("name", equals="a"), effect="modify"),
    ],
)
def test_a_rule_that_would_be_read_otherwise_is_refused(policy: dict[str, Any]) -> None:
    cloud = open_cloud()
    properties = {"mode": "All", "policyRule": policy}
    assert cloud.send("PUT", f"{TYPE}/policyDefinitions/x?{VERSION}", {"properties": properties}).status == 400


@pytest.mark.parametrize("verb", ["PUT", "POST"])
def test_a_deployment_is_refused_before_anything_is_made(verb: str) -> None:
    cloud = open_cloud()
    assigned(cloud, rule(field("type", equals=NET)))
    error = refusal(cloud.send(verb, PATH if verb == "PUT" else f"{PATH}/validate", body(GROUP, MODULE)))
    assert (error["code"], [each["code"] for each in error["details"]]) == (
        "InvalidTemplateDeployment",
        ["RequestDisallowedByPolicy"],
    )
    assert cloud.send("GET", f"{SUB}/resourceGroups/made").status == 404


def test_what_only_the_deployment_knows_is_judged_when_it_is_written() -> None:
    cloud = open_cloud()
    assigned(cloud, rule(field("type", equals=NET), field("tags.of", equals="Succeeded")))
    inner = json.loads(json.dumps(MODULE))
    (row,) = inner["properties"]["template"]["resources"]
    first = {**row, "name": "first", "tags": {}}
    state = "reference(resourceId('Microsoft.Network/virtualNetworks', 'first')).provisioningState"
    row |= {"tags": {"of": f"[{state}]"}, "dependsOn": [f"[resourceId('{NET}', 'first')]"]}
    inner["properties"]["template"] |= {"resources": [first, row], "outputs": {}}
    assert cloud.send("PUT", PATH, body(GROUP, inner)).status == 201
    cloud.advance(600)
    shown = json.loads(cloud.send("GET", PATH).body)["properties"]
    assert shown["provisioningState"] == "Failed"
    assert "RequestDisallowedByPolicy" in json.dumps(shown["error"])
