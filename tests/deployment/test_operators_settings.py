"""Settings that an operator has added to the app in Azure stay when the service is provisioned once more."""

from pathlib import Path

from deployment import steps
from tests.deployment.simulated import Cloud, quiet
from tests.deployment.test_provisioning import GROUP_ID, registered
from tests.house.tree import ROOT
from tests.infra.compiled import Compiled


def test_they_stay_and_an_old_one_of_ours_goes(tmp_path: Path) -> None:
    cloud = Cloud()
    where, template = registered(cloud, tmp_path), Compiled(ROOT / "infra" / "azd.bicep").template
    assert steps.provision(where, template, quiet(), lambda: True)
    name = where.environment.need(steps.APP)
    settings = f"{GROUP_ID}/providers/Microsoft.Web/sites/{name}/config/appsettings"

    def listed() -> dict[str, str]:
        reply = where.arm.send("POST", f"{settings}/list?api-version=2025-03-01", {})
        found: dict[str, str] = reply.json()["properties"]
        return found

    before = listed()
    assert before["DESKWRIGHT_EXPORT_EVERY_HOURS"] == "24"
    added = {"DESKWRIGHT_OLD": "1", "WEBSITE_TIME_ZONE": "W. Europe", "OTEL_TRACES_SAMPLER_ARG": "1"}
    where.arm.send("PUT", f"{settings}?api-version=2025-03-01", {"properties": {**before, **added}})
    for _ in range(2):
        assert steps.provision(where, template, quiet(), lambda: True)
        assert listed() == {**before, "WEBSITE_TIME_ZONE": "W. Europe"}
