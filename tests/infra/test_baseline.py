"""Deployed resources obey `infra/baseline.json` on public access, TLS, keys and soft delete."""

import json
import re
from typing import Any

import pytest

from tests.house.tree import ROOT, text
from tests.infra.judge import Template, parameters
from tests.infra.resource_types import ResourceTypes
from tests.infra.values import Resource, Value, possible

INFRA = ROOT / "infra"
BASELINE: list[dict[str, Any]] = json.loads(text(INFRA / "baseline.json"))
DEPLOYED = list(Template(INFRA / "main.bicep", ResourceTypes(), parameters(INFRA / "main.bicepparam")).everything())
NOTHING_TO_STATE = {
    "Microsoft.Authorization/roleAssignments",
    "Microsoft.Insights/diagnosticSettings",
    "Microsoft.Insights/metricAlerts",
    "Microsoft.Insights/scheduledQueryRules",
    "Microsoft.Insights/workbooks",
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    "Microsoft.Network/virtualNetworks",
    "Microsoft.Storage/storageAccounts/queueServices",
    "Microsoft.Storage/storageAccounts/queueServices/queues",
    "Microsoft.Web/serverfarms",
    "Microsoft.Web/sites/config",
}
OWNERS = {"8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c"}
"""Owner, Contributor."""
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def at(resource: Resource, path: str) -> list[Value]:
    """Return the possible values of a property; None where it is not given."""
    value: Value = resource.body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return list(possible(value))


@pytest.mark.parametrize("rule", BASELINE, ids=lambda rule: f"{rule['type']}.{rule['path']}")
def test_every_resource_of_a_type_keeps_its_rule(rule: dict[str, Any]) -> None:
    concerned = [each for each in DEPLOYED if each.type == rule["type"]]
    assert concerned
    assert {
        each.symbol: at(each, rule["path"]) for each in concerned if at(each, rule["path"]) != [rule["value"]]
    } == {}


def test_of_every_type_that_is_deployed_something_is_stated_or_nothing_is_to_state() -> None:
    stated = {rule["type"] for rule in BASELINE}
    assert {each.type for each in DEPLOYED} - stated == NOTHING_TO_STATE


def test_every_rule_has_its_reason_on_the_page() -> None:
    page = text(INFRA / "README.md")
    rows = [
        f"| `{rule['type']}` | `{rule['path']}` | `{json.dumps(rule['value'])}` | {rule['why']} |" for rule in BASELINE
    ]
    assert [row for row in rows if row not in page] == []


def test_the_identity_has_roles_on_single_resources_and_owns_nothing() -> None:
    given = [each for each in DEPLOYED if each.type == "Microsoft.Authorization/roleAssignments"]
    assert given
    assert [each.symbol for each in given if "scope" not in each.body] == []
    assert set(_GUID.findall(text(INFRA / "main.bicep"))) & OWNERS == set()


def test_no_secret_is_an_output_or_a_setting() -> None:
    main = text(INFRA / "main.bicep")
    assert re.findall(r"\blistKeys\b|\blistSecrets\b|\.list\w*\(|AccountKey|InstrumentationKey", main) == []
