"""Resource types that a service is deployed with beside its plan and app: what they refuse, and what they compute.

`tests/deployment/test_compiled_templates.py` deploys all of them by the templates of Microsoft's compiler.
"""

from typing import Any

import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.in_process import GROUP, InProcessCloud, open_cloud, prepared_once

WEB, INSIGHTS = f"{GROUP}/providers/Microsoft.Web", f"{GROUP}/providers/Microsoft.Insights"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/desks"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/desks"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/desks-vault"
COMPONENT = f"{INSIGHTS}/components/desks"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/desks"
TENANT = "0f7c1111-1111-4111-8111-111111111111"
LINK = f"hidden-link:{COMPONENT}"
VAULT_BODY: dict[str, Any] = {
    "location": REGION,
    "properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enablePurgeProtection": True},
}
VERSIONS = {
    "Microsoft.Insights/actionGroups": "2023-01-01",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.Insights/diagnosticSettings": "2021-05-01-preview",
    "Microsoft.Insights/metricAlerts": "2018-03-01",
    "Microsoft.Insights/scheduledQueryRules": "2023-12-01",
    "Microsoft.Insights/webtests": "2022-06-15",
    "Microsoft.Insights/workbooks": "2023-06-01",
    "Microsoft.KeyVault/vaults": "2023-07-01",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2023-01-31",
    "Microsoft.OperationalInsights/workspaces": "2023-09-01",
    "Microsoft.Storage/storageAccounts/blobServices": "2023-05-01",
    "Microsoft.Storage/storageAccounts/blobServices/containers": "2023-05-01",
    "Microsoft.Storage/storageAccounts/queueServices": "2023-05-01",
    "Microsoft.Storage/storageAccounts/queueServices/queues": "2023-05-01",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": "2024-04-01",
    "Microsoft.Web/sites/config": "2024-04-01",
}
DEPLOYED = frozenset(VERSIONS)


def versioned(path: str) -> str:
    """Add the api-version of the type that a path names last."""
    namespace, *rest = path.rpartition("/providers/")[2].split("/")
    types = rest[::2]
    known = VERSIONS.get("/".join([namespace, *types]))
    return f"{path}?api-version={known or '2023-05-01'}"


@prepared_once
def prepared() -> InProcessCloud:
    app = open_cloud()
    app.request("PUT", GROUP, {"location": REGION})
    account = {"location": REGION, "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    app.request("PUT", versioned(ACCOUNT), account)
    app.request("PUT", versioned(WORKSPACE), {"location": REGION, "properties": {"sku": {"name": "PerGB2018"}}})
    app.advance(60)
    body = {"location": REGION, "kind": "web"}
    app.request("PUT", versioned(COMPONENT), body | {"properties": {"WorkspaceResourceId": WORKSPACE}})
    app.request("PUT", versioned(VAULT), VAULT_BODY)
    app.advance(60)
    return app


def test_an_account_has_its_services_from_the_beginning() -> None:
    app = prepared()
    made = app.request("PUT", versioned(f"{ACCOUNT}/blobServices/default/containers/package"), {"properties": {}})
    assert made["name"] == "package"
    app.request("PUT", versioned(f"{ACCOUNT}/queueServices/default/queues/changes"), {})
    listed = app.request("GET", versioned(f"{ACCOUNT}/queueServices/default/queues"))["value"]
    assert [each["name"] for each in listed] == ["changes"]


def test_an_identity_has_a_principal_and_a_client_that_stay() -> None:
    app = prepared()
    first = app.request("PUT", versioned(IDENTITY), {"location": REGION})["properties"]
    again = app.request("PUT", versioned(IDENTITY), {"location": REGION, "tags": {"a": "b"}})["properties"]
    assert first == again
    assert len({first["principalId"], first["clientId"]}) == 2


def test_settings_of_an_app_are_shown_by_a_post_alone() -> None:
    app = prepared()
    plan = {"location": REGION, "kind": "functionapp", "sku": {"name": "FC1"}, "properties": {"reserved": True}}
    config = {
        "deployment": {"storage": {"type": "blobContainer"}},
        "runtime": {"name": "python", "version": "3.11"},
        "scaleAndConcurrency": {"instanceMemoryMB": 2048},
    }
    site = {"serverFarmId": f"{WEB}/serverfarms/plan", "functionAppConfig": config}
    app.request("PUT", f"{WEB}/serverfarms/plan?api-version=2024-04-01", plan)
    body = {"location": REGION, "kind": "functionapp,linux", "properties": site}
    app.request("PUT", f"{WEB}/sites/desks-app?api-version=2024-04-01", body)
    settings = f"{WEB}/sites/desks-app/config/appsettings"
    listed = f"{settings}/list?api-version=2024-04-01"
    assert app.request("POST", listed)["properties"] == {}
    app.request("PUT", versioned(settings), {"properties": {"ONE": "1", "TWO": "2"}})
    app.request("PUT", versioned(settings), {"properties": {"TWO": "3"}})
    assert app.request("POST", listed)["properties"] == {"TWO": "3"}
    assert app.error("PUT", versioned(settings), {"properties": {"ONE": 1}})[0] == 400
    policy = f"{WEB}/sites/desks-app/basicPublishingCredentialsPolicies/scm"
    assert app.error("PUT", versioned(policy), {"properties": {}})[0] == 400
    assert app.request("PUT", versioned(policy), {"properties": {"allow": False}})["properties"]["allow"] is False


def test_protection_of_a_vault_is_never_taken_back_and_a_deleted_one_keeps_its_name() -> None:
    app = prepared()
    weaker = {**VAULT_BODY, "properties": {**VAULT_BODY["properties"], "enablePurgeProtection": False}}
    assert app.error("PUT", versioned(VAULT), weaker)[0] == 400
    app.send("DELETE", versioned(VAULT))
    app.advance(60)
    assert app.error("PUT", versioned(VAULT), VAULT_BODY) == (409, "ConflictError")


RULE = {"severity": 2, "evaluationFrequency": "PT5M", "windowSize": "PT5M", "scopes": [COMPONENT]}
REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a container that everybody reads": (
        f"{ACCOUNT}/blobServices/default/containers/open",
        {"properties": {"publicAccess": "Blob"}},
    ),
    "a queue in capital letters": (f"{ACCOUNT}/queueServices/default/queues/Changes", {}),
    "a workspace of three letters": (f"{WORKSPACE.rpartition('/')[0]}/abc", {"location": REGION}),
    "a retention of ten years": (WORKSPACE, {"location": REGION, "properties": {"retentionInDays": 3650}}),
    "a component without a workspace": (f"{INSIGHTS}/components/other", {"location": REGION, "properties": {}}),
    "a test without a component": (f"{INSIGHTS}/webtests/ping", {"location": REGION, "properties": {}}),
    "a test of nothing": (
        f"{INSIGHTS}/webtests/ping",
        {"location": REGION, "tags": {f"{LINK}-x": "Resource"}, "properties": {}},
    ),
    "a workbook without content": (
        f"{INSIGHTS}/workbooks/238070e3-f6a8-5c84-9c77-742e5512dfc7",
        {"location": REGION, "properties": {"displayName": "Desks", "category": "workbook"}},
    ),
    "a group with a long short name": (
        f"{INSIGHTS}/actionGroups/people",
        {"location": "global", "properties": {"groupShortName": "thirteen-long"}},
    ),
    "a rule that watches nothing": (
        f"{INSIGHTS}/metricAlerts/rule",
        {"location": "global", "properties": {**RULE, "scopes": []}},
    ),
    "a rule that watches what is not there": (
        f"{INSIGHTS}/metricAlerts/rule",
        {"location": "global", "properties": {**RULE, "scopes": [f"{COMPONENT}-x"]}},
    ),
    "a rule of a severity that does not exist": (
        f"{INSIGHTS}/scheduledQueryRules/rule",
        {"location": REGION, "properties": {**RULE, "severity": 5}},
    ),
    "a query rule in no region": (f"{INSIGHTS}/scheduledQueryRules/rule", {"location": "global", "properties": RULE}),
    "diagnostics that lead nowhere": (
        f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings/all",
        {"properties": {"logs": [{"categoryGroup": "audit", "enabled": True}]}},
    ),
    "diagnostics of nothing": (
        f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings/all",
        {"properties": {"workspaceId": WORKSPACE}},
    ),
    "a vault without a directory": (
        f"{VAULT}2",
        {"location": REGION, "properties": {"sku": {"family": "A", "name": "standard"}}},
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_is_refused(what: str) -> None:
    path, body = REFUSED[what]
    status, _ = prepared().error("PUT", versioned(path), body)
    assert status in {400, 404, 409}


def test_an_alert_and_a_test_are_made_for_a_component() -> None:
    app = prepared()
    test = {"location": REGION, "kind": "standard", "tags": {LINK: "Resource"}, "properties": {"Frequency": 300}}
    assert app.request("PUT", versioned(f"{INSIGHTS}/webtests/ping"), test)["tags"] == {LINK: "Resource"}
    for name, where in (("metricAlerts", "global"), ("scheduledQueryRules", REGION)):
        made = app.request("PUT", versioned(f"{INSIGHTS}/{name}/rule"), {"location": where, "properties": RULE})
        assert made["properties"]["severity"] == 2
    people = {"location": "global", "properties": {"groupShortName": "people", "enabled": True}}
    assert app.request("PUT", versioned(f"{INSIGHTS}/actionGroups/people"), people)["location"] == "global"
    settings = f"{VAULT}/providers/Microsoft.Insights/diagnosticSettings/all"
    logs = {"workspaceId": WORKSPACE, "logs": [{"categoryGroup": "audit", "enabled": True}]}
    app.request("PUT", versioned(settings), {"properties": logs})
    listed = app.request("GET", versioned(settings.rpartition("/")[0]))["value"]
    assert [each["name"] for each in listed] == ["all"]
