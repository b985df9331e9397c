"""The check before a deployment names what Azure would refuse, on the simulated cloud, and writes nothing."""

import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from deployment import checks, steps
from deployment.clients import DeploymentError
from deployment.steps import Place
from packages.azure_simulator.tests.in_process import ARM
from shared.domain.tenants.needs import NeedVerdict
from tests.deployment.simulated import SUBSCRIPTION, Cloud, place, quiet
from tests.deployment.test_options import whole
from tests.deployment.test_provisioning import registered, template

SCOPE = f"/subscriptions/{SUBSCRIPTION}"
AUTHORIZATION = f"{SCOPE}/providers/Microsoft.Authorization"
OF_SITES = {"field": "type", "equals": "Microsoft.Web/sites"}


def judged(where: Place, **parameters: Any) -> dict[str, NeedVerdict]:
    file = where.environment._file.parent / "parameters.json"
    file.write_text(json.dumps(parameters), "utf-8")
    verdicts = checks.judge(Place(where.environment, where.graph, where.arm, parameters=file), template)
    assert len({each.name for each in verdicts}) == len(verdicts)
    return {each.name: each for each in verdicts}


def deny(cloud: Cloud, *conditions: dict[str, Any]) -> None:
    """Assign a policy to the whole subscription that denies a resource for which all conditions hold."""
    rule = {"if": {"allOf": list(conditions)}, "then": {"effect": "deny"}}
    body = {"properties": {"displayName": "Rule", "mode": "All", "policyRule": rule}}
    cloud.arm.send("PUT", f"{AUTHORIZATION}/policyDefinitions/rule?api-version=2023-04-01", body)
    given = {"policyDefinitionId": f"{AUTHORIZATION}/policyDefinitions/rule", "displayName": "Landing zone"}
    cloud.arm.send("PUT", f"{AUTHORIZATION}/policyAssignments/zone?api-version=2023-04-01", {"properties": given})
    cloud.wrote.clear()


def test_where_everything_may_be_made_nothing_fails_and_nothing_is_written(tmp_path: Path) -> None:
    cloud = Cloud()
    where = place(cloud, tmp_path)
    found = judged(where)
    assert where.environment.get("DESKWRIGHT_API_CLIENT_ID") == ""  # zeros stand for it in what is validated alone
    assert {each.status for each in found.values()} == {"passed", "informational"}
    assert [each.name for each in found.values() if each.status == "informational"] == ["directory"]
    assert {each.rpartition("/")[2] for each in cloud.wrote} == {"validate", "checkNameAvailability"}  # both only read


@pytest.mark.parametrize(
    ("condition", "said", "cure"),
    [
        ({"field": "tags['cost']", "exists": "false"}, "tags['cost'] is not given", "Give the tag"),
        ({"field": "location", "notIn": ["northeurope"]}, "location is westeurope (NotIn", "AZURE_LOCATION"),
        ({"field": "name", "notLike": "func-*"}, "name is desk-app", "another name"),
        (
            {"field": "Microsoft.Web/sites/publicNetworkAccess", "notEquals": "Disabled"},
            "properties.publicNetworkAccess is not given",
            "privateEndpoints",
        ),
    ],
)
def test_a_policy_that_denies_is_named_with_its_reason(
    tmp_path: Path, condition: dict[str, Any], said: str, cure: str
) -> None:
    cloud = Cloud()
    deny(cloud, OF_SITES, condition)
    verdict = judged(place(cloud, tmp_path))["policy desk-app"]
    assert verdict.status == "failed"
    assert "'Landing zone' denies it" in verdict.found
    assert said in verdict.found
    assert cure in verdict.advice


def test_a_region_without_flex_consumption_or_without_zones_is_named_with_others(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.app.sim("POST", "config", {"withoutFlexConsumption": ["ukwest"]})
    where = place(cloud, tmp_path, AZURE_LOCATION="ukwest")
    found = judged(where)
    assert (found["region"].status, found["storage"].status) == ("failed", "failed")
    assert "westeurope" in found["region"].advice
    assert "Standard_LRS" in found["storage"].advice
    assert judged(where, storageSku="Standard_LRS")["storage"].status == "passed"


def test_who_may_deploy_and_not_assign_roles_is_told(tmp_path: Path) -> None:
    cloud = Cloud()
    token = cloud.app.token("contributor", ARM)
    oid = jwt.decode(token, options={"verify_signature": False})["oid"]
    cloud.app.sim("POST", "seed", {"principals": [{"id": oid, "name": "contributor", "actions": ["*/read"]}]})
    where = place(cloud, tmp_path)
    where.arm.__dict__["token"] = lambda: token
    found = judged(where)
    assert found["role"].status == "failed"
    assert "Microsoft.Authorization/roleAssignments/write" in found["role"].found
    assert found["template"].status == "failed"


def test_a_region_that_is_full_and_more_instances_than_it_gives_are_told(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.app.sim("POST", "config", {"storageAccounts": 250})
    found = judged(place(cloud, tmp_path), maximumInstanceCount=251)
    assert (found["storage accounts"].status, found["instances"].status) == ("failed", "warning")


@pytest.mark.parametrize(
    ("parameter", "wrong", "right"),
    [
        ("name", ["desk_1", "1desk", "desk--a", "desk-"], ["desk-1", "Deskwright"]),
        ("resourceGroupName", ["rg.", "rg/a", "r" * 91], ["rg-desk_(1).a", "r" * 90]),
        ("storageName", ["ab", "Desk", "desk-1"], ["abc", "d" * 24]),
        ("vaultName", ["ab", "1abc", "a--bc", "abc-"], ["abc", "v" * 24]),
        ("appName", ["a", "-ab", "ab-", "a.b"], ["ab", "a--b", "a" * 60]),
    ],
)
def test_a_name_that_azure_does_not_take_is_told_with_its_rule(
    tmp_path: Path, parameter: str, wrong: list[str], right: list[str]
) -> None:
    where = place(Cloud(), tmp_path)
    for each in wrong:
        found = judged(where, **{parameter: each})["names"]
        assert (found.status, f"{parameter} is {each!r}" in found.found) == ("failed", True), each
    assert {judged(where, **{parameter: each})["names"].status for each in right} == {"passed"}


def test_a_name_that_somebody_has_already_is_told_also_where_the_template_makes_it(tmp_path: Path) -> None:
    theirs = Cloud()
    where = registered(theirs, tmp_path)
    assert steps.provision(where, whole(), quiet(), lambda: True)
    assert {each.name: each.status for each in checks.judge(where, whole)}["free names"] == "passed"  # they are ours
    again = place(theirs, tmp_path / "again", AZURE_SUBSCRIPTION_ID="33333333-3333-4333-8333-333333333333")
    taken = set[str]()
    for kind, parameter in (("Storage/storageAccounts", "storage"), ("KeyVault/vaults", "vault"), ("Web/sites", "app")):
        (row,) = theirs.app.cloud.world.resources.of_type(f"Microsoft.{kind}")
        again.environment.set(f"DESKWRIGHT_{parameter.upper()}_NAME", row.name)
        taken.add(f"{parameter}Name {row.name}")
    failed = {each.name: each for each in checks.judge(again, whole) if each.status == "failed"}
    assert failed.keys() == taken
    assert all(each.advice.startswith(f"Set {name.partition(' ')[0]}") for name, each in failed.items())


def test_a_deleted_vault_keeps_the_name_that_the_template_would_make(tmp_path: Path) -> None:
    cloud = Cloud()
    where = registered(cloud, tmp_path)
    assert steps.provision(where, whole(), quiet(), lambda: True)
    cloud.arm.send("DELETE", f"{SCOPE}/resourceGroups/rg-test?api-version=2024-11-01")
    cloud.app.advance(3600)
    (failed,) = [each for each in checks.judge(where, whole) if each.status == "failed"]
    assert "soft deleted" in failed.found
    assert "recover it" in failed.advice


def test_a_parameter_beyond_its_limits_ends_the_check(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="exportEveryHours is 25"):
        judged(place(Cloud(), tmp_path), exportEveryHours=25)


def test_without_a_compiler_the_policies_are_not_looked_at(tmp_path: Path) -> None:
    def nothing() -> Any:
        raise DeploymentError("No Bicep compiler")

    (verdict,) = [each for each in checks.judge(place(Cloud(), tmp_path), nothing) if each.name == "policies"]
    assert (verdict.status, verdict.found) == ("informational", "not looked at: No Bicep compiler")
