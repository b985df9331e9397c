"""Mutations that were refused are in the audit log with who, what and why; what changes nothing is not."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import azure.functions as func
import pytest

from shared.domain.operations.operation import AuditEvent, ResourceType
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Caller, Office, handlers, signed_in
from tests.integration.scene import Scene, Trace
from tests.integration.scenes import PASSWORD, SCENES, WAITING
from tests.integration.services import in_place
from triggers.http.authentication import SignInFailures
from triggers.http.views.catalogue import audit_event_view


@pytest.fixture
async def here(tables: Tables) -> AsyncIterator[Office]:
    services = Office(tables)
    await services.tenants.insert(things.tenant())
    with in_place(services):
        yield services


async def refusals(here: Office, tenant_id: str = "contoso") -> list[AuditEvent]:
    return [stored.value async for stored in here.audit.each(tenant_id) if stored.value.refused_status]


OF_TENANT = sorted(name for name in SCENES if ("{tenant}" in name or "…" in name) and "/me/" not in name)


@pytest.mark.parametrize("name", OF_TENANT)
async def test_what_a_reader_was_refused_is_written_down(here: Office, functions: list[Any], name: str) -> None:
    if name == "DELETE tenants/{tenant}":
        await here.tenants.insert(things.tenant(id="fabrikam"))
    at = SCENES[name].at
    if name == "POST tenants/{tenant}/supportAccess":
        at = {}  # in the reader's own tenant: another one is not there for them
    caller = Caller(name, replace(SCENES[name], at=at), handlers(functions)[name], "CloudPC.Reader")
    answer = await caller()
    assert answer.status_code == 403
    (event,) = await refusals(here, at.get("tenant", "contoso"))
    assert (event.refused_status, event.actor.id) == (403, "id-eve")
    assert "needs one of the roles" in str(event.refused_why)
    assert event.resource_type in {*ResourceType, "wizard"}
    assert (event.resource_type == "sessionHost") == ("{host}" in name)
    named = "host" if "{host}" in name else "number" if "{number}" in name else "id"
    assert at.get(named, "") in event.resource_id
    assert audit_event_view(event)["activityResult"] == "clientError"
    assert PASSWORD not in json.dumps(event.to_json())


@pytest.mark.parametrize("role", ["Another.Role", "CloudPC.User"])
@pytest.mark.parametrize("name", OF_TENANT)
async def test_what_somebody_without_a_role_was_refused_is_counted_and_not_stored(
    here: Office, functions: list[Any], monkeypatch: pytest.MonkeyPatch, name: str, role: str
) -> None:
    counted: list[int] = []
    monkeypatch.setattr("triggers.http.problems.count_refusal", counted.append)
    tenant_id = SCENES[name].at.get("tenant", "contoso")
    if tenant_id != "contoso":
        await here.tenants.insert(things.tenant(id=tenant_id))
    caller = Caller(name, SCENES[name], handlers(functions)[name], role)
    assert (await caller()).status_code == 403
    assert (await refusals(here, tenant_id), counted) == ([], [403])


@pytest.mark.parametrize("role", ["CloudPC.Administrator", "Provider.Administrator"])
@pytest.mark.parametrize("name", ["POST tenants", "POST tenants/{tenant}/pause", "POST …/cloudPCs/{id}/reboot"])
async def test_a_role_of_another_directory_counts_for_nothing(
    here: Office, functions: list[Any], monkeypatch: pytest.MonkeyPatch, name: str, role: str
) -> None:
    counted: list[int] = []
    monkeypatch.setattr("triggers.http.problems.count_refusal", counted.append)
    theirs = "99999999-8888-4777-8666-555555555555"
    await here.tenants.insert(things.tenant(id="fabrikam", entra_tenant_id=theirs))
    caller = Caller(name, SCENES[name], handlers(functions)[name])
    caller.who = signed_in(role, directory=theirs)
    status = (await caller()).status_code
    assert status == (403 if name == "POST tenants" else 404)
    assert (await refusals(here), await refusals(here, "*")) == ([], [])
    assert counted == ([status] if name == "POST tenants" else [])  # of a tenant of others they learn nothing


async def test_who_names_a_cloud_pc_that_is_not_there_leaves_no_event(
    here: Office, functions: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    monkeypatch.setattr("triggers.http.problems.count_refusal", counted.append)
    name = "POST me/cloudPCs/{id}/reboot"
    scene = Scene(Trace.CHANGED, at={"id": "somebody-s"})
    for _ in range(3):
        assert (await Caller(name, scene, handlers(functions)[name], "Another.Role")()).status_code == 404
    assert (await refusals(here), await refusals(here, "*"), counted) == ([], [], [404] * 3)


async def test_a_failed_sign_in_is_slowed_down_and_a_valid_one_is_not(
    here: Office, functions: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("triggers.http.endpoints._FAILURES", SignInFailures())
    whoami, forwarded = handlers(functions)["GET me"], {"x-forwarded-for": "203.0.113.7:1"}
    bad = {"x-ms-client-principal": "", "authorization": "Bearer a.b.c", **forwarded}
    said = [(await ask(whoami, "GET me", headers=bad)).status_code for _ in range(70)]
    assert (said[:60], said[60:]) == ([401] * 60, [429] * 10)
    slowed = await ask(whoami, "GET me", headers=bad)
    assert 0 < int(slowed.headers["Retry-After"]) <= 60
    assert (await ask(whoami, "GET me", headers={**signed_in("CloudPC.Reader"), **forwarded})).status_code == 200


async def test_what_the_state_refused_is_written_down_with_its_resource(here: Office, functions: list[Any]) -> None:
    name = "POST tenants/{tenant}/cloudPCs/{id}/retry"
    await here.cloud_pcs.insert(things.cloud_pc("ada"))
    scene = Scene(Trace.CHANGED, at={"id": things.cloud_pc("ada").id})
    assert (await Caller(name, scene, handlers(functions)[name])()).status_code == 409
    (event,) = await refusals(here)
    assert (event.resource_type, event.resource_id) == ("cloudPC", things.cloud_pc("ada").id)
    assert (event.refused_status, event.before, event.after) == (409, None, None)


async def test_a_404_names_what_is_not_there_and_no_table(here: Office, functions: list[Any]) -> None:
    for name, noun in {
        "GET …/cloudPCs/{id}": "Cloud PC",
        "GET …/provisioningPolicies/{id}": "provisioning policy",
        "GET …/onPremisesConnections/{id}": "connection",
        "GET …/deviceImages/{id}": "device image",
        "GET tenants/{tenant}/sites/{site}": "site",
        "GET tenants/{tenant}/operations/{id}": "operation",
        "GET tenants/{tenant}/bulkActions/{id}": "bulk action",
    }.items():
        scene = Scene(Trace.ASKED, at={"id": "gone", "site": "gone"})
        answer = await Caller(name, scene, handlers(functions)[name])()
        assert answer.status_code == 404
        assert f"there is no such {noun}" in answer.get_body().decode()
        assert "table" not in answer.get_body().decode()
    assert not await refusals(here)  # whoever reads changes nothing


async def test_a_review_that_is_wrong_is_no_mutation(here: Office, functions: list[Any]) -> None:
    name = "POST tenants/{tenant}/wizards/{wizard}/review"
    scene = Scene(Trace.ASKED, {"throughStep": 1}, at={"wizard": "create-connection"})
    assert (await Caller(name, scene, handlers(functions)[name])()).status_code == 400
    assert not await refusals(here)


async def test_a_step_that_there_is_not_is_refused_with_those_there_are(here: Office, functions: list[Any]) -> None:
    name = "POST tenants/{tenant}/cloudPCs/{id}/rerunStep"
    pc = things.cloud_pc()
    await here.cloud_pcs.insert(pc)
    answer = await Caller(name, Scene(Trace.CHANGED, {"step": "paint"}, at={"id": pc.id}), handlers(functions)[name])()
    assert answer.status_code == 400
    assert "hidePowerIcons" in answer.get_body().decode()


async def test_a_key_in_progress_says_when_to_come_again(here: Office, functions: list[Any]) -> None:
    name = "POST tenants/{tenant}/orphans/scan"
    caller = Caller(name, Scene(Trace.ASKED), handlers(functions)[name])

    async def forgets(*_: Any) -> None:
        return None

    keep, here.idempotency.keep = here.idempotency.keep, forgets  # type: ignore[method-assign, assignment]
    await caller()
    here.idempotency.keep = keep  # type: ignore[method-assign]
    answer = await caller()
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "5")


async def test_removals_come_in_pages(here: Office, functions: list[Any]) -> None:
    for name in ("ada", "bob", "eve"):
        waits = things.cloud_pc(name).but(removal=WAITING)
        await here.cloud_pcs.insert(waits)
    route = "GET tenants/{tenant}/removals"
    caller = Caller(route, Scene(Trace.ASKED), handlers(functions)[route])
    caller.headers, caller.params = {}, {"$top": "2"}
    first = json.loads((await caller()).get_body())
    assert len(first["value"]) == 2
    token = first["@odata.nextLink"].partition("$skiptoken=")[2]
    await here.cloud_pcs.remove("contoso", first["value"][0]["cloudPcId"])
    caller.params = {"$top": "2", "$skiptoken": token}
    last = json.loads((await caller()).get_body())
    assert (len(last["value"]), "@odata.nextLink" in last) == (1, False)


@pytest.mark.parametrize(
    ("route", "body", "at", "why"),
    [
        ("POST …/userSettings", {"displayName": "Mine", "S3cret!": True}, {}, "/…: unknown property; leave it out"),
        ("PATCH tenants/{tenant}", {"S3cret!": 1}, {}, "/…: unknown field; leave it out"),
        ("POST tenants/{tenant}/orphans/scan", {"S3cret!": 1}, {}, "/…: unknown field; leave it out"),
        (
            "POST tenants/{tenant}/wizards/{wizard}",
            {"credentials": {"joinType": "azureADJoin", "network": "hosted", "S3cret!": 1}},
            {"wizard": "create-connection"},
            "/credentials/…: unknown field; leave it out",
        ),
    ],
)
async def test_a_name_that_nobody_knows_is_not_kept(
    here: Office, functions: list[Any], route: str, body: dict[str, Any], at: dict[str, str], why: str
) -> None:
    caller = Caller(route, Scene(Trace.ASKED, body, (), at), handlers(functions)[route])
    assert (await caller()).status_code == 400
    (event,) = [stored.value async for stored in here.audit.each("contoso")]
    assert why in str(event.refused_why)
    assert "S3cret" not in event.model_dump_json()


async def test_the_token_of_another_list_is_refused(here: Office, functions: list[Any]) -> None:
    for name in ("ada", "bob"):
        await here.cloud_pcs.insert(things.cloud_pc(name).but(removal=WAITING))
        await here.sites.insert(things.site(id=name, display_name=name))
        await here.tenants.insert(things.tenant(id=f"of-{name}"))
        await here.audit.append(things.audit_event(len(name), id=f"by-{name}"))
    routes = handlers(functions)
    in_tenant = ("removals", "operations", "sites", "orphans", "bulkActions")
    lists = [
        "GET …/cloudPCs",
        "GET …/auditEvents",
        "GET tenants",
        *(f"GET tenants/{{tenant}}/{it}" for it in in_tenant),
    ]

    async def asked(name: str, params: dict[str, str]) -> func.HttpResponse:
        caller = Caller(name, Scene(Trace.ASKED), routes[name])
        caller.headers, caller.params = {}, params
        return await caller()

    tokens = {}
    for name in lists:
        link = json.loads((await asked(name, {"$top": "1"})).get_body()).get("@odata.nextLink", "")
        tokens[name] = link.partition("$skiptoken=")[2]
    assert sum(map(bool, tokens.values())) == 5, tokens
    answers = {(a, b): (await asked(a, {"$skiptoken": t})).status_code for b, t in tokens.items() if t for a in lists}
    assert {pair: status for pair, status in answers.items() if status != (200 if len(set(pair)) == 1 else 400)} == {}
