"""The templates that Microsoft's compiler made are deployed whole: every resource of a service, and a customer's roles.

They are those of `packages/azure_simulator/tests/recorded/bicep`, of an older `infra/`
(`packages/azure_simulator/tests/recorded/test_bicep.py`).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from deployment import steps, templates
from deployment.clients import DeploymentError, RefusedError
from packages.azure_simulator.tests.in_process import ARM
from packages.azure_simulator.tests.recorded.test_bicep import DATA
from tests.deployment.simulated import SUBSCRIPTION, Cloud, place, quiet
from tests.deployment.test_provisioning import checkout, registered, reply, scripted, silent

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{SCOPE}/resourceGroups/rg-test"


def compiled(name: str) -> Any:
    return json.loads((DATA / f"{name}.compiled.json").read_text("utf-8"))


def made(cloud: Cloud, name: str) -> dict[str, Any]:
    """Return the only resource of a type."""
    (found,) = cloud.app.cloud.world.resources.of_type(name)
    return dict(found.body)


def test_a_whole_service_is_deployed_and_published_and_the_second_time_nothing_changes(tmp_path: Path) -> None:
    cloud, template = Cloud(), compiled("azd")
    where, first = registered(cloud, tmp_path), quiet()
    assert steps.provision(where, template, first, lambda: True)
    rows = [json.loads(line) for line in (DATA / "azd.snapshot.jsonl").read_text("utf-8").splitlines()]
    kinds = {row["type"] for row in rows} - {"Microsoft.Resources/resourceGroups"}
    for kind in kinds:
        wanted = sum(row["type"] == kind for row in rows)
        found = [each for each in cloud.app.cloud.world.resources.of_type(kind) if each.key.startswith(GROUP.lower())]
        assert len(found) >= wanted, kind

    identity = made(cloud, "Microsoft.ManagedIdentity/userAssignedIdentities")["properties"]
    assert where.environment.need(steps.PRINCIPAL) == identity["principalId"]
    settings = made(cloud, "Microsoft.Web/sites/config")["properties"]
    component = made(cloud, "Microsoft.Insights/components")["properties"]
    assert settings["APPLICATIONINSIGHTS_CONNECTION_STRING"] == component["ConnectionString"]
    assert identity["clientId"] in settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]

    site = cloud.client(f"https://{where.environment.need(steps.APP)}.scm.azurewebsites.net", ARM)
    steps.publish(where, site, silent(), first, checkout(tmp_path / "root"))
    assert site.get("/api/deployments/latest")["status"] == 4
    again = quiet()
    assert steps.provision(where, template, again, lambda: pytest.fail("there is nothing to agree to"))
    steps.publish(where, site, scripted(reply(200, {"authority": "x"}))[0], again, tmp_path / "root")
    assert again.changes == []


def test_a_vault_with_a_name_that_a_deleted_one_has_ends_the_deployment_with_azure_s_words(tmp_path: Path) -> None:
    cloud, template = Cloud(), compiled("azd")
    where = registered(cloud, tmp_path)
    steps.provision(where, template, quiet(), lambda: True)
    vault = made(cloud, "Microsoft.KeyVault/vaults")
    cloud.app.request("DELETE", f"{vault['id']}?api-version=2023-07-01")
    cloud.app.advance(600)
    with pytest.raises(DeploymentError, match="already exists in deleted state"):
        steps.provision(where, template, quiet(), lambda: True)


def delegate(cloud: Cloud) -> str:
    """Make the service's principal in the customer's directory."""
    app = cloud.graph.send("POST", "/v1.0/applications", {"displayName": "Deskwright for customers"}).json()
    principal = cloud.graph.send("POST", "/v1.0/servicePrincipals", {"appId": app["appId"]}).json()
    return str(principal["id"])


def roles_of(cloud: Cloud, principal: str) -> list[dict[str, Any]]:
    found = cloud.app.cloud.world.resources.of_type("Microsoft.Authorization/roleAssignments")
    return [dict(each.properties) for each in found if each.properties["principalId"] == principal]


@pytest.mark.parametrize("groups", [[], ["desks-one", "desks-two"]], ids=["subscription", "groups"])
def test_a_customer_s_roles_are_given_by_the_compiled_template(tmp_path: Path, groups: list[str]) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path)
    for each in groups:
        cloud.app.request("PUT", f"{SCOPE}/resourceGroups/{each}", {"location": "westeurope"})
    principal = delegate(cloud)
    given = {"principalId": principal, "resourceGroups": groups}
    plan = templates.Plan(SUBSCRIPTION, "westeurope", "customer", compiled("customer"), given)
    templates.deploy(where.arm, plan)
    held = roles_of(cloud, principal)
    scopes = {each["scope"].lower() for each in held if each.get("condition")}
    assert scopes == {f"{SCOPE}/resourceGroups/{each}".lower() for each in groups} or scopes == {SCOPE.lower()}
    assert (SCOPE.lower() in scopes) is not bool(groups)


def test_a_group_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path)
    principal = delegate(cloud)
    given = {"principalId": principal, "resourceGroups": ["nowhere"]}
    plan = templates.Plan(SUBSCRIPTION, "westeurope", "customer", compiled("customer"), given)
    with pytest.raises((DeploymentError, RefusedError), match="nowhere"):
        templates.deploy(where.arm, plan)
    assert [each for each in roles_of(cloud, principal) if each.get("condition")] == []
