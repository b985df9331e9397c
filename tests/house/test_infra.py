"""infra/ has the settings, queues, roles and actions of the app; tests/infra judges it by Microsoft's types."""

import json
import re
from typing import Any

import pytest

from deployment.parameters import variable
from shared.config import PREFIX, Settings
from shared.domain.tenants.needs import POWER_ON_ROLE
from tests.house.tree import ROOT, below, text
from triggers.http.permissions import Role

INFRA = ROOT / "infra"
BICEP = {path.name: text(path) for path in below("infra", suffix=".bicep")}
SERVICE, CUSTOMER = BICEP["main.bicep"], BICEP["customer.bicep"]
PERMISSIONS = text(ROOT / "docs" / "permissions.md")
LOCAL_ONLY = {f"{PREFIX}CLOCK_FILE", f"{PREFIX}PORTAL_FOLDER", "FUNCTIONS_WORKER_RUNTIME"}
_GRAPH_ROLE = r"\b[A-Z][A-Za-z]+\.(?:Read|ReadWrite)\.All\b"


def test_the_app_gets_every_setting_it_reads() -> None:
    sample = json.loads(text(ROOT / "local.settings.sample.json"))["Values"]
    wanted = {PREFIX + name.upper() for name in Settings.model_fields} | set(sample)
    assert {name for name in wanted - LOCAL_ONLY if f"\n  {name}: " not in SERVICE} == set()


def test_every_setting_that_is_a_parameter_of_the_template_has_the_app_s_limits() -> None:
    """With the default and the limits that the app has, and by its own name in the environment."""
    settable = {name: setting for setting, name in re.findall(rf"\n  ({PREFIX}[A-Z_]+): string\((\w+)\)", SERVICE)}
    assert len(settable) > 4
    for name, setting in settable.items():
        assert setting == variable(name)
        field = Settings.model_fields[setting.removeprefix(PREFIX).lower()]
        least, most = (getattr(each, limit) for each, limit in zip(field.metadata, ("ge", "le"), strict=True))
        assert f"@minValue({least})\n@maxValue({most})\nparam {name} int = {field.default}\n" in SERVICE, name


def test_no_other_setting_of_ours_is_set() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+", SERVICE)) <= known - LOCAL_ONLY


def test_the_storage_account_has_no_keys() -> None:
    assert "allowSharedKeyAccess: false" in SERVICE


def test_the_timer_of_every_minute_is_always_ready(functions: list[Any]) -> None:
    often = [
        each.get_function_name()
        for each in functions
        if each.get_trigger().type == "timerTrigger" and each.get_trigger().schedule.startswith("0 * ")
    ]
    assert re.findall(r"name: 'function:(\w+)'", SERVICE) == often


def test_an_instance_answers_more_than_one_request_at_a_time() -> None:
    """The default of a Python app on Flex Consumption is one, unless the template says otherwise."""
    (found,) = re.findall(r"triggers: {\s+http: {\s+perInstanceConcurrency: (\d+)\s+}", resource(SERVICE, "app"))
    assert 16 <= int(found) <= 32
    page = text(ROOT / "docs" / "operations.md")
    assert f"`perInstanceConcurrency` is {found}" in page


def test_every_queue_that_the_app_reads_is_made() -> None:
    read = {name for path in below("triggers") for name in re.findall(r'queue_name="([\w-]+)"', text(path))}
    assert {name for name in read | {f"{each}-poison" for each in read} if f"  '{name}'" not in SERVICE} == set()


def test_the_service_may_give_just_the_roles_that_people_sign_in_with() -> None:
    rights = re.findall(
        r'"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', text(ROOT / "activities" / "cloud_pcs" / "rights.py")
    )
    assert sorted([*rights, POWER_ON_ROLE]) == sorted(
        re.findall(r"'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'", CUSTOMER)
    )


def test_the_page_explains_every_action() -> None:
    actions = json.loads(text(INFRA / "actions.json"))
    assert [action for action in actions if f"`{action}`" not in text(INFRA / "README.md")] == []


def test_the_api_offers_the_roles_that_count() -> None:
    offered = json.loads(text(INFRA / "app-roles.json"))
    assert {role["value"] for role in offered} == {role.value for role in Role}


def resource(bicep: str, name: str) -> str:
    """Return the text of one resource or module."""
    found = re.search(rf"(?ms)^(?:resource|module) {name} .*?^}}\]?$", bicep)
    assert found, name
    return found[0]


@pytest.mark.parametrize("name", ["storage", "vault"])
def test_what_keeps_records_and_secrets_lets_in_the_app_s_network_alone(name: str) -> None:
    assert "\n    networkAcls: networkAcls\n" in resource(SERVICE, name)
    assert "param reachableFrom string = 'subnet'\n" in SERVICE
    assert "var restricted = reachableFrom != 'anywhere'\n" in SERVICE
    (rules,) = re.findall(r"(?ms)^var networkAcls = {.*?^}$", SERVICE)
    assert "\n  bypass: 'None'\n  defaultAction: restricted ? 'Deny' : 'Allow'\n" in rules
    assert "id: subnetId" in rules
    assert "param allowedAddresses array = []\n" in SERVICE


def test_the_app_is_in_the_network_that_is_let_in() -> None:
    assert "virtualNetworkSubnetId: restricted || !empty(appSubnetId) ? subnetId : null\n" in resource(SERVICE, "app")
    network = BICEP["network.bicep"]
    assert "serviceName: 'Microsoft.App/environments'" in network
    assert set(re.findall(r"service: '([\w.]+)'", network)) == {
        "Microsoft.Storage",
        "Microsoft.KeyVault",
        "Microsoft.Web",
    }


def test_calls_to_the_vault_and_to_the_storage_account_are_logged() -> None:
    diagnostics = BICEP["diagnostics.bicep"]
    scopes = re.findall(r"diagnosticSettings@[\w-]+' = {\n  name: '\w+'\n  scope: ([\w:]+)\n", diagnostics)
    assert scopes == ["vault", "storage::blobs", "storage::queues", "storage::tables"]
    assert diagnostics.count("workspaceId: workspaceId\n") == len(scopes)
    assert "workspaceId: logs.id\n" in resource(SERVICE, "diagnostics")


def test_a_customer_gives_a_subscription_or_single_resource_groups() -> None:
    assert "= if (empty(resourceGroups)) {" in resource(CUSTOMER, "access")
    group = resource(CUSTOMER, "groupAccess")
    assert "[for group in resourceGroups: {" in group
    assert "scope: resourceGroup(group)" in group
    for assigned in (resource(CUSTOMER, "access"), resource(BICEP["customer-group.bicep"], "access"), group):
        assert "    condition: condition\n" in assigned
    assert "= if (!empty(resourceGroups)) {" in resource(CUSTOMER, "reading")


def test_the_subscription_gives_only_what_no_resource_group_has() -> None:
    everywhere = json.loads(text(INFRA / "subscription-actions.json"))
    assert set(everywhere) <= set(json.loads(text(INFRA / "actions.json")))
    assert [each for each in everywhere if not each.endswith(("/read", "/locations/*"))] == []


def test_every_template_is_a_module_or_deployed_by_itself() -> None:
    used = {name for bicep in BICEP.values() for name in re.findall(r"(?m)^module \w+ '([\w-]+\.bicep)'", bicep)}
    assert used == BICEP.keys() - {"azd.bicep", "customer.bicep"}


def test_the_graph_permissions_are_those_that_the_page_explains() -> None:
    assert set(json.loads(text(INFRA / "graph-roles.json"))) == set(re.findall(_GRAPH_ROLE, PERMISSIONS))
