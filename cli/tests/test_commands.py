"""Commands from their words to their requests, and back to an exit code."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import yaml
from deskwright.errors import ExitCode

from cli.tests.conftest import Command, Service

PC = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
GRAPH = "/tenants/contoso/beta/deviceManagement/virtualEndpoint"
OPERATION = "/tenants/contoso/operations/7"
RUNNING = {"id": "7", "kind": "reboot", "status": "running", "percentComplete": 40, "steps": []}
ENDED = {
    **RUNNING,
    "status": "succeeded",
    "percentComplete": 100,
    "steps": [{"name": "restart", "title": "Restart", "startedAt": "1", "endedAt": "2", "outcome": "done"}],
}


@pytest.fixture(autouse=True)
def _tenant(deskwright: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKWRIGHT_TENANT", "contoso")


def restarts(service: Service, *ends: object) -> None:
    where = {"Operation_Location": f"https://other.example/api{OPERATION}"}
    service.put("POST", f"{GRAPH}/cloudPCs/{PC}/reboot", status=204, **where)
    for end in ends:
        service.put("GET", OPERATION, end)


def test_waiting_shows_each_step_once_and_prints_the_operation(deskwright: Command, service: Service) -> None:
    restarts(service, RUNNING, ENDED)
    ended = deskwright("pc", "restart", PC, "--wait", "-o", "json")
    assert (ended.code, ended.json["status"]) == (0, "succeeded")
    assert ended.err.count("Restart: done") == 1


def test_every_change_has_a_key_of_its_own_or_the_callers(deskwright: Command, service: Service) -> None:
    restarts(service, ENDED)
    for more in ([], [], ["--idempotency-key", "mine"]):
        assert deskwright("pc", "restart", PC, "--no-wait", *more).code == 0
    keys = [each.headers["idempotency-key"] for each in service.requests("POST", f"{GRAPH}/cloudPCs/{PC}/reboot")]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


def test_without_waiting_the_command_that_waits_is_told(deskwright: Command, service: Service) -> None:
    restarts(service, RUNNING)
    ended = deskwright("pc", "restart", PC, "--no-wait", "-o", "json")
    assert ended.json == RUNNING
    assert "deskwright operation wait 7 --tenant contoso" in ended.err


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        ({**ENDED, "status": "failed", "error": {"message": "no disk", "advice": "Try again."}}, 6, "no disk"),
        ({**ENDED, "status": "canceled"}, 6, "canceled"),
        (RUNNING, 7, "operation wait 7"),
    ],
)
def test_how_an_operation_ends_is_the_exit_code(
    deskwright: Command, service: Service, end: object, code: int, said: str
) -> None:
    restarts(service, end)
    ended = deskwright("pc", "restart", PC, "--wait", "--timeout", "0.01")
    assert ended.code == code
    assert said in ended.err


@pytest.mark.parametrize(
    ("status", "code"), [(400, 2), (401, 4), (403, 4), (404, 3), (409, 5), (412, 5), (422, 1), (500, 1)]
)
def test_a_refusal_is_told_with_its_evidence_and_a_code(
    deskwright: Command, service: Service, status: int, code: int
) -> None:
    problem = {
        "title": "Refused",
        "detail": "because",
        "traceId": "abc",
        "errors": [{"pointer": "/name", "message": "write a name"}],
        "details": {"inTheWay": ["a policy"]},
    }
    service.put("GET", "/tenants", problem, status)
    ended = deskwright("tenant", "list")
    assert (ended.code, ended.out) == (code, "")
    for said in ("Refused: because", "/name: write a name", "inTheWay: a policy", "trace id: abc"):
        assert said in ended.err


def test_graphs_errors_are_told_alike(deskwright: Command, service: Service) -> None:
    error = {"code": "Conflict", "message": "in use", "innerError": {"request-id": "abc", "groups": ["Staff"]}}
    service.put("GET", f"{GRAPH}/cloudPCs/{PC}", {"error": error}, 409)
    ended = deskwright("pc", "show", PC)
    assert ended.code == ExitCode.CONFLICT
    for said in ("Conflict: in use", "groups: Staff", "trace id: abc"):
        assert said in ended.err


def test_a_name_stands_for_an_id(deskwright: Command, service: Service) -> None:
    service.put("GET", f"{GRAPH}/provisioningPolicies", {"value": [{"id": PC, "displayName": "Office"}]})
    service.put("POST", f"/tenants/contoso/provisioningPolicies/{PC}/pause", {"id": PC})
    assert deskwright("policy", "pause", "office", "--reason", "new image").code == 0
    (sent,) = service.requests("POST", f"/tenants/contoso/provisioningPolicies/{PC}/pause")
    assert sent.body == {"reason": "new image"}


@pytest.mark.parametrize(("count", "code"), [(0, ExitCode.NOT_FOUND), (2, ExitCode.CONFLICT)])
def test_a_name_that_stands_for_none_or_two_changes_nothing(
    deskwright: Command, service: Service, count: int, code: int
) -> None:
    found = [{"id": f"{number}", "displayName": "Office"} for number in range(count)]
    service.put("GET", f"{GRAPH}/provisioningPolicies", {"value": found})
    assert deskwright("policy", "delete", "Office", "--yes").code == code
    assert service.requests("DELETE", f"{GRAPH}/provisioningPolicies/0") == []


def test_what_destroys_is_not_begun_where_nobody_can_be_asked(deskwright: Command, service: Service) -> None:
    ended = deskwright("policy", "delete", PC)
    assert ended.code == ExitCode.USAGE
    assert "--yes" in ended.err
    assert [each.method for each in service.asked if each.method != "GET"] == []


def test_a_dry_run_shows_the_request_without_secrets_and_sends_none(
    deskwright: Command, service: Service, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("secret-1\n")
    where = ("connection", "set-password", PC, "--set", f"adDomainPassword=@{tmp_path / 'password'}")
    ended = deskwright(*where, "--dry-run", "-o", "json")
    assert ended.json["method"] == "POST"
    assert ended.json["body"] == {"adDomainPassword": "***"}
    assert [each.method for each in service.asked if each.method != "GET"] == []


SECRETS = {"steps": [{"name": "a", "secrets": ["Key"]}], "secrets": [{"name": "Key", "value": "secret-1"}]}


@pytest.mark.parametrize(
    "words",
    [
        ("image-set", "update", PC, "--recipe", json.dumps(SECRETS)),
        ("api", "PATCH", f"/{{graph}}/imageSets/{PC}", "--set", f"recipe={json.dumps(SECRETS)}"),
        ("api", "POST", "/tenants/contoso/wizards/create-image-set", "--set", f"recipe={json.dumps(SECRETS)}"),
    ],
)
def test_a_dry_run_shows_no_secret_of_a_recipe(deskwright: Command, service: Service, words: tuple[str, ...]) -> None:
    ended = deskwright(*words, "--dry-run", "-o", "json")
    assert ended.json["body"]["recipe"] == {**SECRETS, "secrets": [{"name": "Key", "value": "***"}]}
    assert [each.method for each in service.asked if each.method != "GET"] == []


def test_a_form_that_is_kept_has_no_secrets(deskwright: Command, service: Service, tmp_path: Path) -> None:
    at = "/tenants/contoso/wizards/create-image-set"
    service.put("POST", f"{at}/review", {"valid": True, "warnings": [], "steps": [], "wouldHappen": None})
    form = {
        "recipe": SECRETS,
        "detail": {"displayName": "Pupils", "adDomainPassword": "secret-2"},  # in the wrong place
    }
    (tmp_path / "form.json").write_text(json.dumps(form))
    kept = tmp_path / "kept.yaml"
    words = ("image-set", "create", "-f", str(tmp_path / "form.json"), "--save-form", str(kept), "--dry-run")
    assert deskwright(*words).code == 0
    without = {"recipe": {**SECRETS, "secrets": [{"name": "Key"}]}, "detail": {"displayName": "Pupils"}}
    assert yaml.safe_load(kept.read_text()) == without
    (sent,) = service.requests("POST", f"{at}/review")
    assert sent.body == form


def test_a_body_comes_from_a_file_then_options_then_settings(
    deskwright: Command, service: Service, tmp_path: Path
) -> None:
    service.put("PUT", "/tenants/contoso/sites/weu", {"id": "weu"}, 201)
    (tmp_path / "site.yaml").write_text("displayName: a\nregion: a\nresourceGroup: a\n")
    options = ("--region", "westeurope", "--zones", "1", "--zones", "2", "--set", "resourceGroup=pcs")
    assert deskwright("site", "set", "weu", "-f", str(tmp_path / "site.yaml"), *options).code == 0
    (sent,) = service.requests("PUT", "/tenants/contoso/sites/weu")
    assert sent.body == {"displayName": "a", "region": "westeurope", "zones": ["1", "2"], "resourceGroup": "pcs"}


def test_what_the_service_wants_confirmed_is_sent_with_yes(deskwright: Command, service: Service) -> None:
    service.put("DELETE", f"{GRAPH}/spotGroups/{PC}", RUNNING, 202, Location=f"/api{OPERATION}")
    assert deskwright("spot", "delete", PC, "--yes", "--no-wait").code == 0
    (sent,) = service.requests("DELETE", f"{GRAPH}/spotGroups/{PC}")
    assert sent.path.endswith("?confirm=true")


def test_a_bulk_action_is_tried_by_the_service(deskwright: Command, service: Service) -> None:
    service.put("POST", "/tenants/contoso/bulkActions", {"possible": 1, "refused": 0, "value": []})
    chosen = json.dumps({"status": ["failed"]})
    assert deskwright("bulk", "create", "--action", "retry", "--filter", chosen, "--dry-run").code == 0
    (sent,) = service.requests("POST", "/tenants/contoso/bulkActions")
    assert sent.body == {"action": "retry", "filter": {"status": ["failed"]}, "dryRun": True}


def test_groups_are_named_one_by_one(deskwright: Command, service: Service) -> None:
    service.put("POST", f"{GRAPH}/provisioningPolicies/{PC}/assign", status=204)
    service.put("GET", "/tenants/contoso/directory/groups", {"value": [{"id": "b", "displayName": "Staff"}]})
    assert deskwright("policy", "assign", PC, "--group", PC, "--group", "staff", "--yes").code == 0
    assert deskwright("policy", "assign", PC, "--no-groups", "--yes").code == 0
    sent = [each.body for each in service.requests("POST", f"{GRAPH}/provisioningPolicies/{PC}/assign")]
    targets = [[each["target"]["groupId"] for each in body["assignments"]] for body in sent]
    assert targets == [[PC, "b"], []]


def test_a_table_asks_only_for_what_it_shows(deskwright: Command, service: Service) -> None:
    service.put("GET", f"{GRAPH}/cloudPCs", {"value": [{"id": PC, "userPrincipalName": "ada", "status": "failed"}]})
    ended = deskwright("pc", "list", "--top", "5")
    assert deskwright("pc", "list", "-o", "json").json[0]["id"] == PC
    shown, whole = service.requests("GET", f"{GRAPH}/cloudPCs")
    assert "$select=userPrincipalName,servicePlanName,status,@deskwright.progress," in shown.path
    assert "$top=5" in shown.path
    assert "$select" not in whole.path
    assert ended.out.splitlines()[0].split() == ["USER", "PLAN", "STATUS", "STEP", "%", "COMPUTER", "POLICY", "ID"]


def test_any_request_can_be_sent(deskwright: Command, service: Service) -> None:
    service.put("POST", f"{GRAPH}/provisioningPolicies", {"id": PC}, 201)
    assert deskwright("api", "POST", "/{graph}/provisioningPolicies", "--set", "displayName=Lab").code == 0
    (sent,) = service.requests("POST", f"{GRAPH}/provisioningPolicies")
    assert sent.body == {"displayName": "Lab"}
    assert sent.headers["idempotency-key"]


def test_a_deployment_is_that_of_the_checkout(deskwright: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = deskwright("deploy", "all")
    assert (ended.code, "no checkout" in ended.err) == (ExitCode.USAGE, True)
    monkeypatch.chdir(Path(__file__).parents[1])
    with pytest.raises(SystemExit) as told:
        deskwright("deploy", "nonsense")
    assert told.value.code == 2


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("policies list", "'policy'"),
        ("cloudpc list", "'pc'"),
        ("policy ls", "'list'"),
        ("policy get x", "'show'"),
        ("list policy", "'deskwright policy list'"),
        ("pc list -o jsn", "json"),
    ],
)
def test_a_wrong_word_is_told_with_the_right_one(deskwright: Command, words: str, meant: str) -> None:
    ended = deskwright(*words.split())
    assert ended.code == ExitCode.USAGE
    assert meant in ended.err


@pytest.mark.parametrize(
    ("name", "said"),
    [("offic", "Did you mean 'Office'?"), ("ffice", "Did you mean 'Office'?"), ("zzz", "deskwright policy list")],
)
def test_a_wrong_name_is_told_with_those_that_are_like_it(
    deskwright: Command, service: Service, name: str, said: str
) -> None:
    service.put("GET", f"{GRAPH}/provisioningPolicies", {"value": [{"id": PC, "displayName": "Office"}]})
    ended = deskwright("policy", "show", name)
    assert ended.code == ExitCode.NOT_FOUND
    assert said in ended.err
    assert ("Did you mean" in ended.err) == ("Did you mean" in said)


def test_two_of_one_name_are_told_apart(deskwright: Command, service: Service) -> None:
    images = [{"id": f"{n}", "displayName": "Lab", "version": f"1.{n}.0"} for n in range(2)]
    service.put("GET", f"{GRAPH}/deviceImages", {"value": images})
    service.put("GET", f"{GRAPH}/deviceImages/1", images[1])
    ended = deskwright("image", "show", "lab")
    assert (ended.code, "0 (1.0.0); 1 (1.1.0)" in ended.err) == (ExitCode.CONFLICT, True)
    assert deskwright("image", "show", "Lab 1.1.0", "-o", "json").json == images[1]


def test_a_tenant_is_named_as_an_argument_or_by_its_option(
    deskwright: Command, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.put("GET", "/tenants/fabrikam", {"id": "fabrikam"})
    assert deskwright("tenant", "show", "fabrikam", "-o", "json").json == {"id": "fabrikam"}
    monkeypatch.delenv("DESKWRIGHT_TENANT")
    ended = deskwright("tenant", "delete", "fabrikam", "--tenant", "contoso", "--yes")
    assert (ended.code, service.requests("DELETE", "/tenants/fabrikam")) == (ExitCode.USAGE, [])


def test_who_may_see_no_tenant_is_told_what_they_may_see(
    deskwright: Command, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DESKWRIGHT_TENANT")
    service.answers["GET /api/me"] = []
    service.put("GET", "/me", {"tenants": []})
    ended = deskwright("pc", "list")
    assert (ended.code, "deskwright my list" in ended.err) == (ExitCode.SIGN_IN, True)


def test_before_a_bulk_action_is_begun_it_is_said_how_many_it_concerns(deskwright: Command, service: Service) -> None:
    service.put("POST", "/tenants/contoso/bulkActions", {"possible": 7, "refused": 1, "value": []})
    ended = deskwright("bulk", "create", "--action", "reboot", "--filter", "{}")
    assert (ended.code, "on 7 Cloud PC(s), and refused on 1" in ended.err) == (ExitCode.USAGE, True)
    assert [each.body["dryRun"] for each in service.requests("POST", "/tenants/contoso/bulkActions")] == [True]


@pytest.mark.parametrize(
    "words", [("api", "GRAB", "/x"), ("api", "GET", "x"), ("pc", "frobnicate"), ("pc", "list", "-o", "xml")]
)
def test_wrong_words_are_told(deskwright: Command, words: tuple[str, ...]) -> None:
    ended = deskwright(*words)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert ended.err


def test_a_service_that_is_not_there_is_told(deskwright: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKWRIGHT_ADDRESS", "http://127.0.0.1:9")
    ended = deskwright("policy", "create", "--set", "a=1")
    assert ended.code == ExitCode.FAILED
    assert "cannot be reached" in ended.err


@pytest.mark.parametrize(
    "words",
    [
        ("--file", "{}"),
        ("--script-content", "@{}"),
        ("--set", "scriptContent=@{}"),
    ],
)
@pytest.mark.parametrize("marked", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_script_comes_from_its_file(
    deskwright: Command, service: Service, tmp_path: Path, words: tuple[str, str], marked: str
) -> None:
    """In the encodings that editors and PowerShell write; the service is sent UTF-8 in Base64."""
    file = tmp_path / "Clock.PS1"
    file.write_bytes("Get-Date  # für alle\n".encode(marked))
    service.put("POST", f"{GRAPH}/deviceManagementScripts", {"id": "sc1"})
    ended = deskwright(
        "script", "create", "--display-name", "Clock", *(word.format(file) for word in words), "-o", "json"
    )
    assert ended.json == {"id": "sc1"}, ended.err
    (sent,) = service.requests("POST", f"{GRAPH}/deviceManagementScripts")
    assert sent.body["displayName"] == "Clock"
    assert base64.b64decode(sent.body["scriptContent"]).decode() == "Get-Date  # für alle\n"


def test_a_script_that_cannot_be_read_is_told_and_nothing_is_sent(deskwright: Command, service: Service) -> None:
    ended = deskwright("script", "create", "--display-name", "Clock", "-f", "no-such.ps1")
    assert (ended.code, "no-such.ps1 cannot be read" in ended.err) == (ExitCode.USAGE, True)
    assert service.requests("POST", f"{GRAPH}/deviceManagementScripts") == []


def test_the_times_of_warm_pools_have_a_column_each(deskwright: Command, service: Service) -> None:
    spans = {"count": 7, "medianInSeconds": 61, "p95InSeconds": 118}
    times = {"policyName": "Office", "windowInDays": 30, "claimed": 7, "missed": 0, "toUsable": spans}
    service.put("GET", "/tenants/contoso/poolTimes", {"value": [times]})
    ended = deskwright("policy", "pool-times", "-o", "csv")
    header, row = ended.out.splitlines()
    shown = dict(zip(header.split(","), row.split(","), strict=True))
    assert (shown["POLICY"], shown["DAYS"], shown["USABLE P50"], shown["USABLE P95"]) == ("Office", "30", "61", "118")
