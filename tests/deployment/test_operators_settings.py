"""Settings that an operator has added to the app in Azure stay when the service is provisioned once more."""

from pathlib import Path
from typing import Any

from deployment import steps
from tests.deployment.simulated import Cloud, quiet
from tests.deployment.test_provisioning import GROUP_ID, registered, template
from tests.house.tree import ROOT
from tests.infra.compiled import Compiled

SETTINGS = f"{GROUP_ID}/providers/Microsoft.Web/sites/desk-app/config/appsettings?api-version=2025-03-01"
LISTED = SETTINGS.replace("/appsettings", "/appsettings/list")


def with_settings(settings: dict[str, str], kept: dict[str, str]) -> dict[str, Any]:
    """Return the template of a service with the module of `infra/settings.bicep`.

    *kept*: what `list` would return within `main.bicep`; the simulated Resource Manager has no such function.
    """
    whole = template()
    (deployed,) = [each for each in whole["resources"] if "template" in each.get("properties", {})]
    given = {"appName": "desk-app", "kept": kept, "settings": settings}
    module = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2025-04-01",
        "name": "settings",
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {name: {"value": value} for name, value in given.items()},
            "template": Compiled(ROOT / "infra" / "settings.bicep").template,
        },
        "dependsOn": ["[resourceId('Microsoft.Web/sites', 'desk-app')]"],
    }
    deployed["properties"]["template"]["resources"].append(module)
    return whole


def listed(where: steps.Place) -> dict[str, str]:
    found: dict[str, str] = where.arm.send("POST", LISTED, {}).json()["properties"]
    return found


def test_they_stay_and_an_old_one_of_ours_goes(tmp_path: Path) -> None:
    cloud = Cloud()
    where = registered(cloud, tmp_path)
    before = {"DESKWRIGHT_OLD": "1", "Plain": "ours"}
    assert steps.provision(where, with_settings(before, {}), quiet(), lambda: True)
    assert listed(where) == before
    where.arm.send("PUT", SETTINGS, {"properties": {**before, "Plain": "changed", "WEBSITE_TIME_ZONE": "W. Europe"}})
    for _ in range(2):
        wanted, kept = {"DESKWRIGHT_NEW": "2", "Plain": "ours"}, listed(where)
        assert steps.provision(where, with_settings(wanted, kept), quiet(), lambda: True)
        assert listed(where) == {**wanted, "WEBSITE_TIME_ZONE": "W. Europe"}
