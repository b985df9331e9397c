"""infra/ has the settings, queues, roles and actions of the app; nothing here compiles Bicep."""

import json
import re

import pytest

from shared.config import PREFIX, Settings
from tests.house.tree import ROOT, below, text
from triggers.http.permissions import Role

INFRA = ROOT / "infra"
SERVICE, CUSTOMER = text(INFRA / "main.bicep"), text(INFRA / "customer.bicep")
PERMISSIONS, OPERATIONS = text(ROOT / "docs" / "permissions.md"), text(ROOT / "docs" / "operations.md")
LOCAL_ONLY = {f"{PREFIX}CLOCK_FILE", "FUNCTIONS_WORKER_RUNTIME"}
_GRAPH_ROLE = r"\b[A-Z][A-Za-z]+\.(?:Read|ReadWrite)\.All\b"


def test_the_app_gets_every_setting_it_reads() -> None:
    sample = json.loads(text(ROOT / "local.settings.sample.json"))["Values"]
    wanted = {PREFIX + name.upper() for name in Settings.model_fields} | set(sample)
    assert {name for name in wanted - LOCAL_ONLY if f"\n  {name}: " not in SERVICE} == set()


def test_no_other_setting_of_ours_is_set() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+", SERVICE)) <= known - LOCAL_ONLY


def test_the_storage_account_has_no_keys() -> None:
    assert "allowSharedKeyAccess: false" in SERVICE


def test_every_queue_that_the_app_reads_is_made() -> None:
    read = {name for path in below("triggers") for name in re.findall(r'queue_name="([\w-]+)"', text(path))}
    assert {name for name in read | {f"{each}-poison" for each in read} if f"  '{name}'" not in SERVICE} == set()


def test_the_service_may_give_just_the_roles_that_people_sign_in_with() -> None:
    rights = re.findall(r'"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"', text(ROOT / "activities" / "rights.py"))
    assert sorted(rights) == sorted(re.findall(r"'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'", CUSTOMER))


def test_the_page_explains_every_action() -> None:
    actions = json.loads(text(INFRA / "actions.json"))
    assert [action for action in actions if f"`{action}`" not in text(INFRA / "README.md")] == []


def test_the_api_offers_the_roles_that_count() -> None:
    offered = json.loads(text(INFRA / "app-roles.json"))
    assert {role["value"] for role in offered} == {role.value for role in Role}


def test_the_steps_grant_the_app_roles_that_the_page_explains() -> None:
    explained = set(re.findall(_GRAPH_ROLE, PERMISSIONS))
    assert set(re.findall(_GRAPH_ROLE, OPERATIONS)) == explained


@pytest.mark.parametrize("bicep", [SERVICE, CUSTOMER], ids=["service", "customer"])
def test_brackets_are_closed(bicep: str) -> None:
    code = re.sub(r"//[^\n]*|'(?:\\.|[^'\\])*'", "", re.sub(r"https://", "", bicep))
    pairs = {")": "(", "]": "[", "}": "{"}
    opened: list[str] = []
    for character in code:
        if character in pairs.values():
            opened.append(character)
        elif character in pairs:
            assert opened.pop() == pairs[character]
    assert opened == []
