"""Deployments at a subscription: groups and what goes into them, in their order; what-if says it before."""

from typing import Any

import jwt
import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import SUB, InProcessCloud, open_cloud
from packages.azure_simulator.tests.test_deployments import NET

PATH = f"{SUB}/providers/Microsoft.Resources/deployments/service"
GROUP_ID = f"{SUB}/resourceGroups/made"
NET_ID = f"{GROUP_ID}/providers/Microsoft.Network/virtualNetworks/net"
GROUP: dict[str, Any] = {
    "type": "Microsoft.Resources/resourceGroups",
    "apiVersion": "2025-04-01",
    "name": "made",
    "location": "[parameters('location')]",
    "tags": {"azd-env-name": "test"},
}
INNER: dict[str, Any] = {
    "contentVersion": "1.0.0.0",
    "parameters": {"space": {"type": "string"}},
    "resources": [
        {
            **NET,
            "tags": {"a": "b"},
            "location": "[resourceGroup().location]",
            "properties": {
                "addressSpace": {"addressPrefixes": ["[parameters('space')]"]},
                "subnets": [{"name": "pcs", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            },
        }
    ],
    "outputs": {
        "state": {
            "type": "string",
            "value": "[reference(resourceId('Microsoft.Network/virtualNetworks', 'net')).provisioningState]",
        }
    },
}
MODULE: dict[str, Any] = {
    "type": "Microsoft.Resources/deployments",
    "apiVersion": "2022-09-01",
    "name": "part",
    "resourceGroup": "made",
    "properties": {
        "expressionEvaluationOptions": {"scope": "inner"},
        "mode": "Incremental",
        "parameters": {"space": {"value": "[parameters('space')]"}},
        "template": INNER,
    },
    "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'made')]"],
}
_PART = "extensionResourceId(subscriptionResourceId('Microsoft.Resources/resourceGroups', 'made'), "
_PART += "'Microsoft.Resources/deployments', 'part')"


def body(*resources: Any, **more: Any) -> dict[str, Any]:
    template = {
        "contentVersion": "1.0.0.0",
        "parameters": {"location": {"type": "string"}, "space": {"type": "string", "defaultValue": "10.0.0.0/16"}},
        "resources": list(resources or (GROUP, MODULE)),
        "outputs": {
            "group": {
                "type": "string",
                "value": "[subscriptionResourceId('Microsoft.Resources/resourceGroups', 'made')]",
            },
            **(
                {} if resources else {"state": {"type": "string", "value": f"[reference({_PART}).outputs.state.value]"}}
            ),
        },
    }
    properties = {"mode": "Incremental", "template": template, "parameters": {"location": {"value": REGION}}}
    return {"location": REGION, "properties": {**properties, **more}}


def changes(app: InProcessCloud, asked: Any) -> dict[str, str]:
    answer = app.request("POST", f"{PATH}/whatIf", asked)
    assert answer["status"] == "Succeeded"
    return {each["resourceId"]: each["changeType"] for each in answer["properties"]["changes"]}


@pytest.mark.parametrize("profile", ["instant", "real"])
def test_a_group_and_what_goes_into_it_are_made(profile: str) -> None:
    app = open_cloud(profile)
    app.request("PUT", PATH, body())
    app.advance(7200)
    shown = app.request("GET", PATH)
    assert (shown["location"], shown["properties"]["provisioningState"]) == (REGION, "Succeeded")
    assert shown["properties"]["outputs"]["state"]["value"] == "Succeeded"
    assert shown["properties"]["outputs"]["group"]["value"] == GROUP_ID
    assert app.request("GET", NET_ID)["properties"]["addressSpace"] == {"addressPrefixes": ["10.0.0.0/16"]}
    inner = app.request("GET", f"{GROUP_ID}/providers/Microsoft.Resources/deployments/part")
    assert inner["properties"]["provisioningState"] == "Succeeded"
    names = [each["name"] for each in app.request("GET", PATH.rpartition("/")[0])["value"]]
    assert names == ["service"]
    assert app.send("HEAD", PATH).status == 204
    rows = app.request("GET", f"{PATH}/operations")["value"]
    assert [each["properties"]["targetResource"]["resourceName"] for each in rows] == ["made", "part"]


def test_a_part_that_fails_fails_the_whole() -> None:
    app = open_cloud()
    asked = body()
    asked["properties"]["parameters"]["space"] = {"value": "10.0.0.0/40"}
    app.request("PUT", PATH, asked)
    app.advance(60)
    shown = app.request("GET", PATH)["properties"]
    assert (shown["provisioningState"], shown["error"]["details"][0]["code"]) == ("Failed", "DeploymentFailed")


def test_what_if_says_what_would_be_made_and_makes_nothing() -> None:
    app = open_cloud()
    assert changes(app, body()) == {GROUP_ID: "Create", NET_ID: "Create"}
    assert app.error("GET", GROUP_ID)[0] == 404
    assert app.error("GET", PATH)[0] == 404


def test_what_if_finds_no_change_in_what_was_deployed_and_names_one_that_there_is() -> None:
    app = open_cloud()
    app.request("PUT", PATH, body())
    app.advance(60)
    assert changes(app, body()) == {GROUP_ID: "NoChange", NET_ID: "NoChange"}
    asked = body({**GROUP, "tags": {"azd-env-name": "other"}}, MODULE)
    asked["properties"]["parameters"]["space"] = {"value": "10.0.0.0/15"}
    rows = {each["resourceId"]: each for each in app.request("POST", f"{PATH}/whatIf", asked)["properties"]["changes"]}
    assert {each["changeType"] for each in rows.values()} == {"Modify"}
    tag = {"path": "azd-env-name", "propertyChangeType": "Modify", "before": "test", "after": "other"}
    assert rows[GROUP_ID]["delta"] == [{"path": "tags", "propertyChangeType": "Modify", "children": [tag]}]
    (space,) = rows[NET_ID]["delta"][0]["children"][0]["children"]
    assert (space["path"], space["propertyChangeType"], space["after"]) == ("addressPrefixes", "Array", ["10.0.0.0/15"])


def test_what_if_of_ids_alone_says_what_would_be_deployed() -> None:
    app = open_cloud()
    asked = body(whatIfSettings={"resultFormat": "ResourceIdOnly"})
    assert changes(app, asked) == {GROUP_ID: "Deploy", NET_ID: "Deploy"}
    assert app.error("POST", f"{PATH}/whatIf", body(whatIfSettings={"resultFormat": "All"})) == (
        400,
        "InvalidRequestContent",
    )


def test_a_part_may_take_what_another_one_will_show() -> None:
    app = open_cloud()
    other = {**MODULE, "name": "other", "dependsOn": [f"[{_PART}]"]}
    value = f"[format('10.{{0}}.0.0/16', reference({_PART}).outputs.state.value)]"
    other["properties"] = {**MODULE["properties"], "parameters": {"space": {"value": value}}}
    rows = app.request("POST", f"{PATH}/whatIf", body(GROUP, MODULE, other))["properties"]["changes"]
    spaces = [
        each["after"]["properties"]["addressSpace"]["addressPrefixes"] for each in rows if "vir" in each["resourceId"]
    ]
    assert spaces == [["10.0.0.0/16"], ["[format(...)]"]]


REFUSED = [
    ({"location": None}, "LocationRequired"),
    ({"location": "atlantis"}, "LocationNotAvailableForDeployment"),
    ({"properties": {"mode": "Incremental"}}, "InvalidTemplate"),
]


@pytest.mark.parametrize(("changed", "code"), REFUSED)
@pytest.mark.parametrize("below", ["", "/whatIf", "/validate"])
def test_what_makes_no_sense_is_refused(changed: dict[str, Any], code: str, below: str) -> None:
    asked = {name: value for name, value in {**body(), **changed}.items() if value is not None}
    assert open_cloud().error("POST" if below else "PUT", PATH + below, asked) == (400, code)


def test_a_group_has_no_place_in_a_subscription_s_expressions() -> None:
    asked = body({**GROUP, "location": "[resourceGroup().location]"})
    app = open_cloud()
    app.request("PUT", PATH, asked)
    app.advance(60)
    assert app.request("GET", PATH)["properties"]["error"]["details"][0]["code"] == "InvalidTemplate"


def test_a_name_stays_in_its_region() -> None:
    app = open_cloud()
    app.request("PUT", PATH, body())
    app.advance(60)
    assert app.error("PUT", PATH, {**body(), "location": "northeurope"}) == (409, "InvalidDeploymentLocation")


def test_what_if_needs_the_right_to_what_it_previews() -> None:
    app = open_cloud()
    token = app.token("some")
    oid = jwt.decode(token, options={"verify_signature": False})["oid"]
    rights = ["Microsoft.Resources/deployments/*"]
    app.sim("POST", "seed", {"principals": [{"id": oid, "name": "some", "actions": rights}]})
    assert app.error("POST", f"{PATH}/whatIf", body(), caller="some") == (403, "InvalidTemplateDeployment")


def test_what_if_of_somebody_who_only_reads_asks_for_no_right_to_write() -> None:
    app = open_cloud()
    oid = jwt.decode(app.token("some"), options={"verify_signature": False})["oid"]
    rights = ["Microsoft.Resources/deployments/*"]
    app.sim("POST", "seed", {"principals": [{"id": oid, "name": "some", "actions": rights}]})
    asked = body()
    asked["properties"] = {**asked["properties"], "validationLevel": "ProviderNoRbac"}
    assert app.error("POST", f"{PATH}/whatIf", asked, caller="some") == (403, "InvalidTemplateDeployment")
    app.sim("POST", "seed", {"principals": [{"id": oid, "name": "some", "actions": ["*/read", *rights]}]})
    assert app.request("POST", f"{PATH}/whatIf", asked, caller="some")["status"] == "Succeeded"
    assert app.error("PUT", PATH, asked, caller="some") == (403, "InvalidTemplateDeployment")
    asked["properties"]["validationLevel"] = "None"
    assert app.error("POST", f"{PATH}/whatIf", asked) == (400, "InvalidRequestContent")
