"""Template deployments: what a template asks for is made in its order, or refused as Resource Manager does."""

import uuid
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure_simulator.core.requests import Request

from packages.azure_simulator.tests.bodies import REGION, vm_body
from packages.azure_simulator.tests.in_process import GROUP, NETWORK, VMS, InProcessCloud, open_cloud

DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/first"
PASSWORD = "Th1s-is-not-secret"
NET = {
    "type": "Microsoft.Network/virtualNetworks",
    "name": "net",
    "apiVersion": "2015-06-15",
    "location": REGION,
    "tags": None,
    "properties": {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [{"name": "pcs", "properties": {"addressPrefix": "10.0.0.0/24"}}],
    },
}
SUBNET = "[concat(resourceId('Microsoft.Network/virtualNetworks', 'net'), '/subnets/pcs')]"
NIC = {
    "type": "Microsoft.Network/networkInterfaces",
    "name": "nic",
    "apiVersion": "2022-01-01",
    "location": "[resourceGroup().location]",
    "dependsOn": ["Microsoft.Network/virtualNetworks/net"],
    "properties": {"ipConfigurations": [{"name": "one", "properties": {"subnet": {"id": SUBNET}}}]},
}


def machine(**changes: Any) -> dict[str, Any]:
    body = vm_body(f"{NETWORK}/networkInterfaces/nic")
    body["properties"]["osProfile"]["adminPassword"] = "[parameters('adminPassword')]"
    named = {"type": "Microsoft.Compute/virtualMachines", "name": "pc", "apiVersion": "2026-04-01"}
    return {**body, **named, "dependsOn": ["nic"], **changes}


def deployment(*resources: Any, parameters: Any = None, given: Any = None, **more: Any) -> dict[str, Any]:
    template = {"contentVersion": "1.0.0.0", "parameters": parameters or {}, "resources": list(resources), **more}
    return {"properties": {"mode": "incremental", "template": template, "parameters": given or {}}}


def whole(password: str = PASSWORD) -> dict[str, Any]:
    return deployment(
        machine(),
        NIC,
        NET,
        parameters={"adminPassword": {"type": "securestring"}, "plain": {"type": "string", "defaultValue": "x"}},
        given={"adminPassword": {"value": password}},
        outputs={
            "id": {"type": "string", "value": "[reference('pc').vmId]"},
            "place": {
                "type": "string",
                "value": "[reference(resourceId('Microsoft.Compute/virtualMachines', 'pc'), "
                "providers('Microsoft.Compute', 'virtualMachines').apiVersions[0], 'Full').location]",
            },
        },
    )


def opened(profile: str = "instant") -> InProcessCloud:
    app = open_cloud(profile)
    app.request("PUT", GROUP, {"location": REGION})
    return app


def deploy(app: InProcessCloud, body: Any) -> Any:
    app.request("PUT", DEPLOYMENT, body)
    app.advance(7200)
    return app.request("GET", DEPLOYMENT)["properties"]


def test_a_template_is_deployed_in_the_order_of_its_dependencies() -> None:
    app = opened()
    shown = deploy(app, whole())
    assert shown["provisioningState"] == "Succeeded"
    vm = app.request("GET", f"{VMS}/pc")
    assert shown["outputs"] == {
        "id": {"type": "string", "value": vm["properties"]["vmId"]},
        "place": {"type": "string", "value": REGION},
    }
    made = [f"{VMS}/pc", f"{NETWORK}/networkInterfaces/nic", f"{NETWORK}/virtualNetworks/net"]
    assert [each["id"] for each in shown["outputResources"]] == made
    assert shown["parameters"] == {"adminPassword": {"type": "SecureString"}, "plain": {"type": "String", "value": "x"}}
    rows = app.request("GET", f"{DEPLOYMENT}/operations")["value"]
    assert [each["properties"]["targetResource"]["resourceName"] for each in rows] == ["net", "nic", "pc"]


def test_deployments_are_listed_newest_first() -> None:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    for name in ("b", "c", "a"):
        app.request("PUT", f"{GROUP}/providers/Microsoft.Resources/deployments/{name}", deployment())
        app.advance(60)
    listed = app.request("GET", f"{GROUP}/providers/Microsoft.Resources/deployments")["value"]
    assert [each["name"] for each in listed] == ["a", "c", "b"]


def test_a_deployment_takes_as_long_as_what_it_makes() -> None:
    app = opened("real")
    reply = app.send("PUT", DEPLOYMENT, whole())
    poll = reply.headers["Azure-AsyncOperation"].partition("https://cloud")[2]
    assert (reply.status, app.request("GET", poll)) == (201, {"status": "Running"})
    assert app.error("PUT", DEPLOYMENT, whole()) == (409, "DeploymentActive")
    app.advance(30)
    assert app.request("GET", f"{VMS}/pc")["properties"]["provisioningState"] == "Creating"
    app.advance(7200)
    assert app.request("GET", poll) == {"status": "Succeeded"}
    assert app.send("PUT", DEPLOYMENT, whole()).status == 200


def test_a_password_of_a_template_is_in_no_answer_and_is_checked() -> None:
    app = opened()
    deploy(app, whole())
    for path in (DEPLOYMENT, f"{VMS}/pc", f"{DEPLOYMENT}/operations"):
        assert PASSWORD.encode() not in app.send("GET", path).body
    assert PASSWORD not in str(app.sim("GET", "state?type=Microsoft.Resources/deployments"))
    other = opened()
    shown = deploy(other, whole("short"))
    assert (shown["provisioningState"], shown["error"]["code"]) == ("Failed", "DeploymentFailed")
    assert shown["error"]["details"][0]["code"] == "InvalidParameter"


def test_what_fails_later_fails_the_deployment_and_what_depends_on_it_is_not_made() -> None:
    app = opened()
    broken = {**NET, "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/40"]}}}
    shown = deploy(app, deployment(NIC, broken))
    assert shown["error"]["code"] == "DeploymentFailed"
    assert app.error("GET", f"{NETWORK}/networkInterfaces/nic") == (404, "ResourceNotFound")
    (row,) = app.request("GET", f"{DEPLOYMENT}/operations")["value"]
    assert row["properties"]["provisioningState"] == "Failed"


def test_validation_makes_nothing() -> None:
    app = opened()
    shown = app.request("POST", f"{DEPLOYMENT}/validate", whole())["properties"]
    assert [each["id"].rpartition("/")[2] for each in shown["validatedResources"]] == ["pc", "nic", "net"]
    assert app.error("GET", f"{NETWORK}/virtualNetworks/net") == (404, "ResourceNotFound")
    assert app.send("HEAD", DEPLOYMENT).status == 404


def test_a_condition_that_is_false_leaves_a_resource_out() -> None:
    app = opened()
    off = {**NET, "condition": "[equals(parameters('made'), 'yes')]"}
    after = {**NET, "name": "other", "dependsOn": ["[resourceId('Microsoft.Network/virtualNetworks', 'net')]"]}
    shown = deploy(app, deployment(off, after, parameters={"made": {"type": "string", "defaultValue": "no"}}))
    assert [each["id"].rpartition("/")[2] for each in shown["outputResources"]] == ["other"]


def test_a_loop_makes_a_resource_for_each_row() -> None:
    app = opened()
    named = {"name": "[format('{0}-{{{1}}}', parameters('names')[copyIndex()], copyIndex('nets'))]"}
    nets = {**NET, **named, "copy": {"name": "nets", "count": "[length(parameters('names'))]"}}
    names = {"names": {"type": "array", "defaultValue": ["a", "b"]}}
    validated = app.request("POST", f"{DEPLOYMENT}/validate", deployment(nets, parameters=names, given={}))
    made = [each["id"].rpartition("/")[2] for each in validated["properties"]["validatedResources"]]
    assert made == ["a-{0}", "b-{1}"]
    assert (
        deploy(app, deployment({**nets, "copy": {"name": "nets", "count": 0}}, parameters=names))["outputResources"]
        == []
    )


def test_a_loop_counts_from_its_offset_and_others_wait_for_all_its_copies() -> None:
    app = opened()
    nets = {**NET, "name": "[format('net{0}', copyIndex(1))]", "copy": {"name": "nets", "count": 2}}
    other = {**NET, "name": "other", "dependsOn": ["nets"]}
    shown = deploy(app, deployment(other, nets))
    assert sorted(each["id"].rpartition("/")[2] for each in shown["outputResources"]) == ["net1", "net2", "other"]
    circle = {**nets, "dependsOn": ["other"]}
    assert app.error("POST", f"{DEPLOYMENT}/validate", deployment(other, circle)) == (400, "InvalidTemplate")


def test_a_guid_is_the_one_that_azure_makes() -> None:
    # learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-string#guid
    app = opened()
    shown = deploy(app, deployment(outputs={"id": {"type": "string", "value": "[guid('a', 'b')]"}}))
    expected = str(uuid.uuid5(uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830"), "a-b"))
    assert shown["outputs"]["id"]["value"] == expected


def test_a_template_may_have_comments_bare_names_and_texts_of_several_lines() -> None:
    app = opened()
    text = """{"properties": {"mode": "Incremental", template: { // the template
        "resources": [], /* "none": */ "outputs": {"made": {"type": "string", "value": "[concat('a: /*',
        '//b')]"}}}}}"""
    sent = {"host": "cloud", "authorization": f"Bearer {app.token()}"}
    reply = app.cloud.handle(Request("PUT", DEPLOYMENT, "api-version=2024-11-01", sent, text.encode()))
    assert reply.status == 201, reply.body
    app.advance(60)
    shown = app.request("GET", DEPLOYMENT)["properties"]["outputs"]
    assert shown == {"made": {"type": "string", "value": "a: /*//b"}}


@pytest.mark.parametrize("text", ['"', "/*", "a", "//", '"\\', "a ", "$a\n"])
def test_a_long_text_that_is_no_template_is_refused_in_no_time(text: str) -> None:
    app = opened()
    sent = {"host": "cloud", "authorization": f"Bearer {app.token()}"}
    body = (text * 100_000).encode()
    assert app.cloud.handle(Request("PUT", DEPLOYMENT, "api-version=2024-11-01", sent, body)).status == 400


BAD: list[tuple[Any, int, str]] = [
    ({"properties": {"template": {"resources": []}}}, 400, "InvalidRequestContent"),
    ({"properties": {"mode": "Complete", "template": {"resources": []}}}, 400, "NotSupportedBySimulator"),
    ({"properties": {"mode": "Incremental"}}, 400, "InvalidTemplate"),
    (deployment(NET, NET), 400, "InvalidTemplate"),
    (deployment(NIC), 400, "InvalidTemplate"),
    (deployment({**NET, "dependsOn": ["Microsoft.Network/networkInterfaces/nic"]}, NIC), 400, "InvalidTemplate"),
    (deployment({**NET, "name": "a/b"}), 400, "InvalidTemplate"),
    (deployment({**NET, "name": "[nothing('a')]"}), 400, "NotSupportedBySimulator"),
    (deployment({**NET, "name": "[concat('a'"}), 201, ""),
    (deployment({**NET, "name": "[concat('a')']"}), 400, "InvalidTemplate"),
    (deployment({**NET, "name": "[parameters('a')]"}), 400, "InvalidTemplate"),
    (deployment({**NET, "type": "Microsoft.Network/nothings"}), 400, "InvalidResourceType"),
    (deployment({**NET, "copy": {"name": "a", "count": 2}}), 400, "InvalidTemplate"),
    (deployment({**NET, "copy": {"name": "a", "count": -1}}), 400, "InvalidTemplate"),
    (deployment({**NET, "copy": {"count": 1}}), 400, "InvalidTemplate"),
    (deployment({**NET, "copy": {"name": "a", "count": 1, "mode": "serial"}}), 400, "NotSupportedBySimulator"),
    (deployment({**NET, "name": "[copyIndex('b')]", "copy": {"name": "a", "count": 1}}), 400, "InvalidTemplate"),
    (deployment({**NET, "name": "[copyIndex(1)]"}), 400, "InvalidTemplate"),
    (deployment({**NET, "name": "[string(range(0, 2000000000))]"}), 400, "InvalidTemplate"),
    (deployment({**NET, "name": "[padLeft('a', 2000000000)]"}), 400, "InvalidTemplate"),
    (deployment({**NET, "name": "[format('{0,2000000000}', 'a')]"}), 400, "InvalidTemplate"),
    (deployment({**NET, "name": "[format('{0:D2000000000}', 1)]"}), 400, "InvalidTemplate"),
    (deployment({**NET, "name": "[div(1, 0)]"}), 400, "InvalidTemplate"),
    (deployment(parameters={"a": {"type": "string"}}), 400, "InvalidTemplate"),
    (deployment(parameters={"a": {"type": "int"}}, given={"a": {"value": "x"}}), 400, "InvalidTemplate"),
    (deployment(given={"a": {"value": "x"}}), 400, "InvalidTemplate"),
    (
        deployment(parameters={"a": {"type": "string", "allowedValues": ["y"]}}, given={"a": {"value": "x"}}),
        400,
        "InvalidTemplate",
    ),
    (deployment("text"), 400, "InvalidTemplate"),
]


@pytest.mark.parametrize(("body", "status", "code"), BAD)
def test_a_template_that_makes_no_sense_is_refused(body: Any, status: int, code: str) -> None:
    app = opened()
    if status == 201:  # no bracket at its end: a text
        assert deploy(app, body)["provisioningState"] == "Failed"
        return
    for method, path in (("PUT", DEPLOYMENT), ("POST", f"{DEPLOYMENT}/validate")):
        assert app.error(method, path, body) == (status, code)
    assert app.error("GET", DEPLOYMENT)[0] == 404


def test_a_deployment_needs_the_rights_to_what_it_makes() -> None:
    app = opened()
    token = app.token("some")
    oid = jwt.decode(token, options={"verify_signature": False})["oid"]
    rights = ["Microsoft.Resources/*", "Microsoft.Network/virtualNetworks/*"]
    app.sim("POST", "seed", {"principals": [{"id": oid, "name": "some", "actions": rights}]})
    assert app.error("PUT", DEPLOYMENT, deployment(NIC, NET), caller="some") == (403, "InvalidTemplateDeployment")
    app.request("PUT", DEPLOYMENT, deployment(NET), caller="some")


def test_a_deployment_goes_on_after_a_restart(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    app = open_cloud("real", journal)
    app.request("PUT", GROUP, {"location": REGION})
    app.request("PUT", DEPLOYMENT, whole())
    app.advance(30)
    before = app.request("GET", f"{NETWORK}/virtualNetworks/net")
    assert PASSWORD.encode() not in journal.read_bytes()
    app.cloud.journal.close()
    again = open_cloud("real", journal)
    again.advance(30)
    assert again.request("GET", f"{NETWORK}/virtualNetworks/net") == before
    again.advance(7200)
    assert again.request("GET", DEPLOYMENT)["properties"]["provisioningState"] == "Succeeded"
