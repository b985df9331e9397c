"""The subscription's and the code's side of a deployment, on the simulated cloud."""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from deployment import packaging, publishing, steps, templates
from deployment.clients import Client, DeploymentError, RefusedError, Reply
from packages.azure_simulator.tests.in_process import ARM
from packages.azure_simulator.tests.test_sites import BODY, PLAN_BODY, zipped
from tests.deployment.simulated import SUBSCRIPTION, Cloud, place, quiet
from tests.house.tree import ROOT, text

GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-test"
_DEPLOYED = "extensionResourceId(subscriptionResourceId('Microsoft.Resources/resourceGroups', variables('group')), "
_DEPLOYED += "'Microsoft.Resources/deployments', 'deskwright')"
GIVEN = ("environmentName", "location", "apiClientId", "signInClientId", "signInDirectory", "appClientId")


def output(name: str) -> dict[str, str]:
    return {"type": "string", "value": f"[reference({_DEPLOYED}).outputs.{name}.value]"}


def module(tag: str) -> dict[str, Any]:
    """Compiled form of the template in the group: a plan, and the app on it."""
    plan = "[resourceId('Microsoft.Web/serverfarms', 'plan')]"
    app = {**BODY, "properties": {**BODY["properties"], "serverFarmId": plan}, "dependsOn": [plan]}
    tags = {"azd-service-name": "api", "release": tag}
    site = "reference(resourceId('Microsoft.Web/sites', 'desk-app'))"
    return {
        "contentVersion": "1.0.0.0",
        "resources": [
            {"type": "Microsoft.Web/serverfarms", "apiVersion": "2024-04-01", "name": "plan", **PLAN_BODY},
            {"type": "Microsoft.Web/sites", "apiVersion": "2024-04-01", "name": "desk-app", **app, "tags": tags},
        ],
        "outputs": {
            "name": {"type": "string", "value": "desk-app"},
            "url": {"type": "string", "value": f"[concat('https://', {site}.defaultHostName)]"},
        },
    }


def template(tag: str = "1") -> dict[str, Any]:
    """Compiled form of a small `azd.bicep`: a group, and a module with the app in it."""
    inner = {"expressionEvaluationOptions": {"scope": "inner"}, "mode": "Incremental", "template": module(tag)}
    deployed = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "deskwright",
        "resourceGroup": "[variables('group')]",
        "properties": inner,
        "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', variables('group'))]"],
    }
    group = {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2025-04-01", "name": "[variables('group')]"}
    return {
        "contentVersion": "1.0.0.0",
        "parameters": {name: {"type": "string"} for name in GIVEN},
        "variables": {"group": "[format('rg-{0}', parameters('environmentName'))]"},
        "resources": [{**group, "location": "[parameters('location')]"}, deployed],
        "outputs": {steps.APP: output("name"), steps.URL: output("url")},
    }


def registered(cloud: Cloud, folder: Path) -> steps.Place:
    where = place(cloud, folder)
    steps.register(where, quiet())
    cloud.wrote.clear()
    return where


def checkout(folder: Path) -> Path:
    """Make a checkout with the files that a package needs, and one that it must not have."""
    for name in (*packaging.NEEDED, "shared/a.py", "tests/b.py", "portal/src/c.ts", "local.settings.json"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, "utf-8")
    (folder / ".funcignore").write_text(text(ROOT / ".funcignore"), "utf-8")
    return folder


def test_a_service_is_provisioned_published_and_the_second_time_nothing_changes(tmp_path: Path) -> None:
    cloud = Cloud()
    where, first = registered(cloud, tmp_path), quiet()
    assert steps.provision(where, template(), first, lambda: True)
    kinds = {each.rpartition("/")[2]: each.partition(" ")[0] for each in first.changes}
    assert kinds == {"rg-test": "Create", "plan": "Create", "desk-app": "Create"}
    assert where.environment.need(steps.URL) == "https://desk-app.azurewebsites.net"
    site = cloud.client(f"https://{where.environment.need(steps.APP)}.scm.azurewebsites.net", ARM)
    steps.publish(where, site, silent(), first, checkout(tmp_path / "root"))
    assert first.changes[-1].startswith("publish ")
    assert site.get("/api/deployments/latest")["status"] == 4
    cloud.wrote.clear()
    again = quiet()
    assert steps.provision(where, template(), again, lambda: pytest.fail("there is nothing to agree to"))
    steps.publish(where, site, scripted(reply(200, {"authority": "x"}))[0], again, tmp_path / "root")
    assert again.changes == []
    assert cloud.wrote == [
        f"PUT /subscriptions/{SUBSCRIPTION}/providers/Microsoft.Resources/deployments/deskwright-test"
    ]


def test_what_if_comes_first_and_a_no_makes_nothing(tmp_path: Path) -> None:
    cloud = Cloud()
    where, said = registered(cloud, tmp_path), list[str]()
    report = quiet()
    report.say = said.append
    with pytest.raises(DeploymentError, match="nobody has agreed"):
        steps.provision(where, template(), report, lambda: False)
    assert (cloud.wrote, cloud.arm.find(GROUP_ID)) == ([], None)
    assert any(line.strip() == f"+ {GROUP_ID}" for line in said)


def test_a_dry_run_needs_the_rights_of_the_pipeline_s_preview_and_no_more(tmp_path: Path) -> None:
    cloud = Cloud()
    where = registered(cloud, tmp_path)
    words = text(ROOT / "docs" / "deploy-workflow.yml").replace("\n#   ", "").partition("AZURE_CLIENT_ID:")[0]
    rights = re.findall(r"\*/read|Microsoft\.Resources/[\w/]+/action", words)
    assert len(rights) == 3
    token = cloud.app.token("preview", ARM)
    oid = jwt.decode(token, options={"verify_signature": False})["oid"]
    cloud.app.sim("POST", "seed", {"principals": [{"id": oid, "name": "preview", "actions": rights}]})
    preview = replace(where, arm=replace(where.arm, token=lambda: token))
    assert not steps.provision(preview, template(), quiet(dry=True), lambda: False)
    with pytest.raises(RefusedError, match="403"):
        steps.provision(preview, template(), quiet(), lambda: True)
    assert cloud.wrote == []


def test_a_dry_run_shows_what_would_be_another_and_makes_nothing(tmp_path: Path) -> None:
    cloud = Cloud()
    where, said = registered(cloud, tmp_path), list[str]()
    steps.provision(where, template(), quiet(), lambda: True)
    cloud.wrote.clear()
    report = quiet(dry=True)
    report.say = said.append
    assert not steps.provision(where, template("2"), report, lambda: pytest.fail("a dry run asks nobody"))
    assert cloud.wrote == []
    assert [line for line in "\n".join(said).splitlines() if "release" in line] == ['      tags.release: "1" -> "2"']


def test_a_deployment_that_fails_says_what_each_resource_said(tmp_path: Path) -> None:
    cloud = Cloud()
    where, wrong = registered(cloud, tmp_path), template()
    app = wrong["resources"][1]["properties"]["template"]["resources"][1]
    app["properties"]["functionAppConfig"] = {}
    with pytest.raises(DeploymentError, match=r"(?s)has failed: DeploymentFailed.*BadRequest: Invalid runtime"):
        steps.provision(where, wrong, quiet(), lambda: True)
    assert where.environment.get(steps.APP) == ""


def test_a_template_that_azure_refuses_is_told_before_anything_is_made(tmp_path: Path) -> None:
    cloud = Cloud()
    where, wrong = registered(cloud, tmp_path), template()
    wrong["resources"][0]["type"] = "Microsoft.Resources/nothings"
    with pytest.raises(RefusedError, match="InvalidTemplate"):
        steps.provision(where, wrong, quiet(), lambda: True)
    assert cloud.wrote == []


def test_the_outputs_of_the_template_are_what_later_steps_read() -> None:
    outputs = set(re.findall(r"(?m)^output (\w+)", text(ROOT / "infra" / "azd.bicep")))
    assert {steps.APP, steps.URL, steps.PRINCIPAL, "AZURE_TENANT_ID"} <= outputs


def test_a_package_has_the_app_and_its_portal_alone() -> None:
    files = packaging.files(ROOT)
    lists = {path.name for path in files if path.parts[0] == "infra"}
    assert lists == {"actions.json", "graph-roles.json", "subscription-actions.json"}  # what the app judges rights by
    assert Path("shared/restore.py") not in files  # an operator's command
    found = {path.parts[0] for path in files} - {"portal", "infra"}
    assert found >= {
        "function_app.py",
        "host.json",
        "requirements.txt",
        "shared",
        "triggers",
        "activities",
        "orchestrators",
    }
    assert found <= {
        "function_app.py",
        "host.json",
        "requirements.txt",
        "LICENSE",
        *("shared", "triggers", "activities", "orchestrators"),
    }


def test_no_environment_of_a_developer_is_published(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    for name in (".venv", "venv", "env", "deskwright_env", "shared/node_modules", "deskwright.egg-info"):
        (root / name / "lib").mkdir(parents=True)
        (root / name / "lib" / "a.py").touch()
    assert {path.as_posix() for path in packaging.files(root)} == {*packaging.NEEDED, "shared/a.py"}


def test_the_same_files_make_the_same_package(tmp_path: Path) -> None:
    one, other = (packaging.package(checkout(tmp_path / name)) for name in ("one", "other"))
    assert packaging.digest(one) == packaging.digest(other)
    names = {path.as_posix() for path in packaging.files(tmp_path / "one")}
    assert names == {*packaging.NEEDED, "shared/a.py"}
    (tmp_path / "one" / "portal" / "dist" / "index.html").unlink()
    with pytest.raises(DeploymentError, match="make portal"):
        packaging.package(tmp_path / "one")


def test_the_package_has_the_byte_code_of_its_modules_where_azure_has_this_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (runtime,) = re.findall(r"name: 'python'\s+version: '(\d+)\.(\d+)'", text(ROOT / "infra" / "main.bicep"))
    assert tuple(map(int, runtime)) == packaging.RUNTIME
    monkeypatch.setattr(packaging, "RUNTIME", sys.version_info[:2])
    root, unpacked = checkout(tmp_path / "root"), tmp_path / "unpacked"
    (root / "shared" / "a.py").write_text("ANSWER = 42\n", "utf-8")
    made = packaging.package(root)
    archive = zipfile.ZipFile(io.BytesIO(made))
    archive.extractall(unpacked)
    assert not [name for name in archive.namelist() if str(root).encode() in archive.read(name)]
    source = unpacked / "shared" / "a.py"
    source.write_text("ANSWER = 41\n", "utf-8")  # only who compiles reads it

    asked = subprocess.run(
        [sys.executable, "-B", "-c", "import shared.a; print(shared.a.ANSWER, shared.a.__file__)"],
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert asked.stdout.split() == ["42", str(source)]

    monkeypatch.setattr(packaging, "RUNTIME", (3, 0))
    other = packaging.package(root)
    assert {path.as_posix() for path in packaging.files(root)} == set(zipfile.ZipFile(io.BytesIO(other)).namelist())
    assert packaging.digest(other) != packaging.digest(made)


def test_a_module_that_is_no_python_is_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packaging, "RUNTIME", sys.version_info[:2])
    root = checkout(tmp_path)
    (root / "shared" / "a.py").write_text("def", "utf-8")
    with pytest.raises(DeploymentError, match=r"a\.py"):
        packaging.package(root)


def test_a_build_that_fails_says_why(tmp_path: Path) -> None:
    cloud = Cloud()
    steps.provision(registered(cloud, tmp_path), template(), quiet(), lambda: True)
    site = cloud.client("https://desk-app.scm.azurewebsites.net", ARM)
    with pytest.raises(DeploymentError, match=r"is failed: The package has no host\.json"):
        publishing.publish(site, zipped("function_app.py"))


def scripted(*answers: Reply) -> tuple[Client, list[str], list[float]]:
    """Return a client with these answers, its requests, and its waits."""
    asked, waited, left = list[str](), list[float](), list(answers)

    def transport(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        del headers, body
        asked.append(f"{method} {url}")
        return left.pop(0)

    return Client("https://a.example", lambda: "token", transport, waited.append), asked, waited


def reply(status: int, body: Any = None, **headers: str) -> Reply:
    return Reply(status, headers, json.dumps(body).encode() if body is not None else b"")


def test_a_busy_service_is_asked_again_as_long_as_it_says() -> None:
    client, asked, waited = scripted(reply(429, **{"retry-after": "7"}), reply(503), reply(200, {"a": 1}))
    assert client.get("/x") == {"a": 1}
    assert (len(asked), waited) == (3, [7.0, 4.0])


def test_a_result_that_comes_later_is_waited_for() -> None:
    where = "https://a.example/results/1"
    accepted = reply(202, location=where, **{"retry-after": "15"})
    client, asked, waited = scripted(accepted, reply(202, **{"retry-after": "15"}), reply(200, {"status": "Succeeded"}))
    plan = templates.Plan(SUBSCRIPTION, "westeurope", "x", {}, {})
    assert templates.what_if(client, plan) == []
    assert asked[1:] == [f"GET {where}"] * 2
    assert waited == [15.0, 15.0]


@pytest.mark.parametrize("where", ["https://b.example/x", "http://a.example/x", "https://a.example.b.example/x"])
def test_no_token_goes_to_another_address(where: str) -> None:
    client, asked, _ = scripted()
    with pytest.raises(DeploymentError, match="no token is sent there"):
        client.get(where)
    assert asked == []


def test_a_site_that_forgets_its_deployment_with_the_restart_has_ended_it() -> None:
    client, _, _ = scripted(reply(202, "one"), reply(404), reply(200, {"status": 2}), reply(404))
    assert publishing.publish(client, b"x") == {"status": 2}


def test_a_service_that_does_not_answer_is_named_with_its_reason() -> None:
    client, asked, waited = scripted(*[reply(500, {"error": {"code": "Down", "message": "no settings"}})] * 60)
    with pytest.raises(DeploymentError, match=r"does not answer: .*500 Down: no settings"):
        steps.verify(client, quiet())
    assert (len(asked), sum(waited)) == (60, 300.0)  # five minutes, as it says


def test_an_app_that_was_made_anew_gets_the_package_that_the_one_before_had(tmp_path: Path) -> None:
    cloud = Cloud()
    where = registered(cloud, tmp_path)
    steps.provision(where, template(), quiet(), lambda: True)
    site = cloud.client("https://desk-app.scm.azurewebsites.net", ARM)
    root = checkout(tmp_path / "root")
    for service in (silent(), silent(), scripted(reply(200, b"<html>".decode()))[0]):
        report = quiet()
        steps.publish(where, site, service, report, root)
        assert [each.partition(" ")[0] for each in report.changes] == ["publish"]


def silent() -> Client:
    """Return a client of an app without a package."""
    return scripted(*[reply(404)] * 9)[0]


def test_down_names_what_stays(tmp_path: Path) -> None:
    cloud = Cloud()
    where, said = registered(cloud, tmp_path), list[str]()
    report = quiet()
    report.say = said.append
    steps.down(where, report)
    assert any(where.environment.need(steps.API) in line for line in said)
    assert any("90 days" in line for line in said)
    assert cloud.wrote == []
