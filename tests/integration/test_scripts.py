"""Scripts and apps over their routes, in the records of builds, and as activities."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.outcomes import Done, Superseded
from shared.contracts.scripts import RECORD_SCRIPT, ScriptRecord
from shared.domain.cloud_pcs.build import Failure, Step, Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.policies.configuration import OnFailure, PolicyScript
from shared.domain.policies.policy import BuiltScript
from shared.services.cloud_pcs.steps import RerunForm, refusal
from shared.services.policies.reconciling import snapshots_of
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.script_scenes import CLOCK
from tests.integration.services import perform

ALL, ONE = "…/deviceManagementScripts", "…/deviceManagementScripts/{id}"
BUILT = BuiltScript(script_id=CLOCK.id, display_name="Clock", version=1, digest=CLOCK.digest)


async def said(routes: dict[str, Any], name: str, body: Any = None, **more: Any) -> tuple[int, Any]:
    content = b"" if body is None else json.dumps(body).encode()
    answer = await ask(routes[name], name, body=content, **more)
    return answer.status_code, json.loads(answer.get_body() or b"null")


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def runs_clock(office: Office) -> None:
    wanted = (PolicyScript(script_id=CLOCK.id, on_failure=OnFailure.BLOCK),)
    await office.policies.change(things.TENANT_ID, "p1", lambda policy: policy.but(scripts=wanted))


def with_scripts(pc: CloudPc, *scripts: BuiltScript) -> CloudPc:
    return edited(pc, snapshot=things.snapshot().but(built_scripts=scripts))


async def test_another_content_is_another_version_and_each_is_kept(office: Office, routes: dict[str, Any]) -> None:
    status, made = await said(routes, f"POST {ALL}", {"displayName": "Hosts", "scriptContent": encoded("Get-Date")})
    assert (status, made["version"]) == (201, 1)
    at = {"id": made["id"]}
    for text, version in (("Get-Date", 1), ("Get-Host", 2), ("Get-Date", 3)):
        assert (await said(routes, f"PATCH {ONE}", {"scriptContent": encoded(text)}, at=at))[0] in {200, 204}
        assert (await said(routes, f"GET {ONE}", at=at))[1]["version"] == version
    kept = [each.value.script async for each in office.script_versions.each(things.TENANT_ID, script_id=made["id"])]
    assert sorted(map(str, kept)) == ["Get-Date", "Get-Host"]
    await said(routes, f"PATCH {ONE}", {"description": "of the machine"}, at=at)
    assert (await said(routes, f"GET {ONE}", at=at))[1]["version"] == 3


async def test_lists_have_no_text_of_scripts_and_no_audit_event_has_it(office: Office, routes: dict[str, Any]) -> None:
    await said(routes, f"POST {ALL}", {"displayName": "Hosts", "scriptContent": encoded("Get-Secret-Sauce")})
    _, listed = await said(routes, f"GET {ALL}")
    assert {each["scriptContent"] for each in listed["value"]} == {None}
    events = [each async for each in office.audit.all_of(things.TENANT_ID)] if hasattr(office.audit, "all_of") else []
    assert encoded("Get-Secret-Sauce") not in str(events)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"displayName": "setLocale", "packageId": "a.b"}, "/displayName"),
        ({"displayName": "clock", "packageId": "a.b"}, "/displayName"),
        ({"displayName": "x", "scriptContent": encoded("$password = 'hunter22'")}, "/scriptContent"),
        ({"displayName": "x"}, "/scriptContent"),
    ],
)
async def test_a_wrong_script_is_refused_with_its_place(
    office: Office, routes: dict[str, Any], body: dict[str, str], pointer: str
) -> None:
    status, answer = await said(routes, f"POST {ALL}", body)
    assert status == 400
    assert pointer in json.dumps(answer)
    assert [each.value.id async for each in office.scripts.each(things.TENANT_ID)] == [CLOCK.id]


async def test_a_script_that_is_needed_is_not_deleted(office: Office, routes: dict[str, Any]) -> None:
    await runs_clock(office)
    status, answer = await said(routes, f"DELETE {ONE}", at={"id": CLOCK.id})
    assert status == 409
    assert "Everyone" in json.dumps(answer) or "provisioning policy" in json.dumps(answer)
    await office.policies.change(things.TENANT_ID, "p1", lambda policy: policy.but(scripts=()))
    building = with_scripts(things.cloud_pc(status=Status.PROVISIONING), BUILT)
    await office.cloud_pcs.insert(building)
    assert (await said(routes, f"DELETE {ONE}", at={"id": CLOCK.id}))[0] == 409
    await office.cloud_pcs.change(
        building.tenant_id,
        building.id,
        lambda pc: pc.but(status=Status.PROVISIONED, current=pc.current.but(phase=Phase.BUILT)),
    )
    await office.script_versions.insert(CLOCK.kept)
    assert (await said(routes, f"DELETE {ONE}", at={"id": CLOCK.id}))[0] == 204
    assert [each async for each in office.script_versions.each(things.TENANT_ID)] == []


async def test_a_snapshot_has_the_versions_of_its_moment(office: Office) -> None:
    await runs_clock(office)
    tenant = (await office.tenants.get(things.TENANT_ID)).value
    policies = [each.value async for each in office.policies.each(tenant.id)]
    (found,) = (await snapshots_of(office, tenant, policies)).values()
    assert found.built_scripts == (BUILT.but(on_failure=OnFailure.BLOCK),)
    assert found.configuration.scripts == ()
    await office.scripts.remove(tenant.id, CLOCK.id)
    assert await snapshots_of(office, tenant, policies) == {}  # nothing is built without a script that is wanted


async def test_a_policy_cannot_name_a_script_that_there_is_not(office: Office, routes: dict[str, Any]) -> None:
    name = "PATCH …/provisioningPolicies/{id}"
    status, answer = await said(routes, name, {"@deskwright.scripts": [{"scriptId": "gone"}]}, at={"id": "p1"})
    assert status == 400
    assert "there is no such script" in json.dumps(answer)


@pytest.mark.parametrize(
    ("on_failure", "failure", "outcome"),
    [
        (OnFailure.WARN, None, "succeeded"),
        (OnFailure.WARN, Failure(code="scriptFailed", message="no"), "warned"),
        (OnFailure.BLOCK, Failure(code="scriptFailed", message="no"), "failed"),
    ],
)
async def test_each_script_is_an_entry_of_the_timeline_once(
    office: Office, on_failure: OnFailure, failure: Failure | None, outcome: str
) -> None:
    pc = with_scripts(things.cloud_pc(status=Status.PROVISIONING, phase=Phase.BUILDING, attempt=1), BUILT)
    await office.cloud_pcs.insert(pc)
    record = ScriptRecord(
        tenant_id=pc.tenant_id,
        cloud_pc_id=pc.id,
        generation=pc.current.generation,
        attempt=1,
        number=0,
        script=BUILT.but(on_failure=on_failure),
        began_at=office.clock.now() - timedelta(minutes=2),
        failure=failure,
    )
    for _ in range(2):
        assert isinstance(await perform(RECORD_SCRIPT, record), Done)
    (entry,) = await office.timeline.entries(pc.tenant_id, pc.id)
    assert (entry.step, entry.outcome, entry.note) == (Step.RUN_SCRIPTS, outcome, "Clock (version 1)")
    assert isinstance(await perform(RECORD_SCRIPT, record.but(generation=9)), Superseded)


def test_a_script_with_a_warning_is_run_again_by_its_name() -> None:
    pc = with_scripts(things.cloud_pc(status=Status.PROVISIONED_WITH_WARNINGS, phase=Phase.BUILT), BUILT)
    pc = edited(pc, warnings=(Warn(step="Clock", message="no"),))
    assert refusal(pc, RerunForm(step="Clock")) in {None, "the machine of this Cloud PC is not known"}
    assert "no warning" in str(refusal(pc, RerunForm(step="7-Zip")))
