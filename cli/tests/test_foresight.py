"""Dry runs by the service's planner, in place of the request that is not sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from deskwright.catalogue import NOUNS
from deskwright.errors import ExitCode

from cli.tests.conftest import Command, Service

POLICY = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
GROUP = "1f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f1"
FORESEEN = {
    "summary": "1 would enter a grace period.",
    "complete": True,
    "counts": {"beginGrace": 1},
    "value": [{"action": "beginGrace", "userPrincipalName": "ada", "status": "provisioned"}],
    "more": False,
}
MEMBERS = {
    **FORESEEN,
    "summary": "Of the members 1 would lose the access.",
    "counts": {},
    "value": [],
    "members": {"value": [{"action": "revoke", "userPrincipalName": "ada"}], "counts": {"revoke": 1}},
}
REVIEW: dict[str, Any] = {"valid": True, "warnings": [], "steps": [], "wouldHappen": {"summary": "locale changes."}}


@pytest.fixture(autouse=True)
def _contoso(service: Service, settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    del settings
    monkeypatch.setenv("DESKWRIGHT_TENANT", "contoso")
    service.put("POST", "/tenants/contoso/dryRun", FORESEEN)
    service.put("POST", "/tenants/contoso/wizards/edit-provisioning-policy/review", REVIEW)
    service.put("POST", "/tenants/contoso/wizards/edit-tenant/review", REVIEW)


EDITED = {"configuration": {"locale": "de-DE"}}
CASES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "assign": (["policy", "assign", POLICY, "--group", GROUP], {"assign": {"policyId": POLICY, "groupIds": [GROUP]}}),
    "unassign": (["policy", "assign", POLICY, "--no-groups"], {"assign": {"policyId": POLICY, "groupIds": []}}),
    "update": (
        ["policy", "update", POLICY, "--windows-setting", '{"locale": "de-DE"}', "--local-admin-enabled"],
        {"edit": {"policy": {"policyId": POLICY}, "configuration": {"locale": "de-DE", "localAdminEnabled": True}}},
    ),
    "edit": (
        ["policy", "edit", POLICY, "--set", "configuration.locale=de-DE"],
        {"edit": {"policy": {"policyId": POLICY}, **EDITED}},
    ),
    "pause a policy": (["policy", "pause", POLICY], {"pause": {"policyId": POLICY}}),
    "pause a tenant": (["tenant", "pause", "--reason", "x"], {"pause": {}}),
    "settings": (["tenant", "update", "--set", "settings.attempts=2"], {"settings": {"attempts": 2}}),
    "settings by the wizard": (["tenant", "edit", "--set", "settings.attempts=2"], {"settings": {"attempts": 2}}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_dry_run_says_what_the_planner_says(deskwright: Command, service: Service, case: str) -> None:
    words, asked = CASES[case]
    ended = deskwright(*words, "--dry-run")
    assert ended.code == 0, ended.err
    assert "1 would enter a grace period." in ended.out
    assert "beginGrace  ada" in ended.out
    sends_only_the_dry_run(service, asked)


def sends_only_the_dry_run(service: Service, asked: dict[str, Any]) -> None:
    (sent,) = service.requests("POST", "/tenants/contoso/dryRun")
    assert sent.body == asked
    others = [each.path for each in service.asked if each.method != "GET"]
    assert [path for path in others if not path.endswith(("/dryRun", "/review"))] == []


SPOT = "2f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f2"
OF_SPOT_GROUPS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "edit": (
        ["spot", "edit", SPOT, "--set", "license.quantity=1"],
        {"spotGroup": {"group": {"spotGroupId": SPOT}, "license": {"quantity": 1}}},
    ),
    "pause": (["spot", "pause", SPOT], {"pause": {"spotGroupId": SPOT}}),
}


@pytest.mark.parametrize("case", OF_SPOT_GROUPS)
def test_a_dry_run_says_what_becomes_of_members(deskwright: Command, service: Service, case: str) -> None:
    service.answers["POST /api/tenants/contoso/dryRun"] = []
    service.put("POST", "/tenants/contoso/dryRun", MEMBERS)
    service.put("POST", "/tenants/contoso/wizards/edit-spot-group/review", REVIEW)
    words, asked = OF_SPOT_GROUPS[case]
    ended = deskwright(*words, "--dry-run")
    assert ended.code == 0, ended.err
    assert "1 would lose the access" in ended.out
    assert "revoke  ada" in ended.out
    sends_only_the_dry_run(service, asked)


def test_for_programs_it_is_the_answer_itself(deskwright: Command) -> None:
    assert deskwright("policy", "assign", POLICY, "--no-groups", "--dry-run", "-o", "json").json == FORESEEN
    edited = deskwright("policy", "edit", POLICY, "--set", "configuration.locale=x", "--dry-run", "-o", "json")
    assert edited.json == {**REVIEW, "dryRun": FORESEEN}


def test_what_the_planner_knows_nothing_about_is_shown_as_a_request(deskwright: Command, service: Service) -> None:
    ended = deskwright("tenant", "update", "--display-name", "New", "--dry-run", "-o", "json")
    assert ended.json["body"] == {"displayName": "New"}
    assert service.requests("POST", "/tenants/contoso/dryRun") == []


def test_a_form_with_errors_is_not_planned(deskwright: Command, service: Service) -> None:
    path = "/tenants/contoso/wizards/edit-tenant/review"
    wrong = {"name": "settings", "errors": [{"pointer": "/settings/attempts", "message": "at least 1"}]}
    service.answers[f"POST /api{path}"] = []
    service.put("POST", path, {**REVIEW, "valid": False, "steps": [wrong]})
    ended = deskwright("tenant", "edit", "--set", "settings.attempts=0", "--dry-run")
    assert (ended.code, service.requests("POST", "/tenants/contoso/dryRun")) == (ExitCode.USAGE, [])
    assert "error  /settings/attempts  at least 1" in ended.out


def test_a_form_is_about_what_the_command_names(deskwright: Command, service: Service) -> None:
    words = ("policy", "edit", POLICY, "--dry-run", "--set")
    assert deskwright(*words, f"policy.policyId={POLICY}").code == 0
    ended = deskwright(*words, "policy.policyId=another")
    assert (ended.code, "about another one" in ended.err) == (ExitCode.USAGE, True)
    reviewed = service.requests("POST", "/tenants/contoso/wizards/edit-provisioning-policy/review")
    assert [each.body["policy"] for each in reviewed] == [{"policyId": POLICY}]


def test_wizards_about_one_thing_say_where_it_stands_in_the_form() -> None:
    about = [verb for noun in NOUNS for verb in noun.verbs if verb.wizard and verb.named]
    assert [verb.wizard for verb in about if "." not in verb.fills] == []


def test_files_are_tried_by_the_planner_too(deskwright: Command, service: Service, tmp_path: Path) -> None:
    tenant = {"id": "contoso", "displayName": "Contoso", "settings": {"attempts": 3}}
    service.put("GET", "/tenants/contoso", tenant)
    (tmp_path / "tenant.yaml").write_text("{kind: tenant, id: contoso, settings: {attempts: 2}}")
    ended = deskwright("apply", "-f", str(tmp_path / "tenant.yaml"), "--dry-run")
    assert "tenant contoso: 1 would enter a grace period." in ended.err
    assert service.requests("PATCH", "/tenants/contoso") == []
