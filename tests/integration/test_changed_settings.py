"""Changed settings of a policy on an existing Cloud PC: the route, its order, the bulk action and the record."""

import json
from typing import Any

import pytest

from shared.contracts.provisioning import RECORD_RERUN, RerunOrder, RerunRecord
from shared.domain.cloud_pcs.build import Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.planning.in_place import WantedSettings
from shared.domain.policies.configuration import PolicyScript, SecurityDefaults
from shared.domain.power.record import CloudPcPower
from shared.domain.power.state import ObservedPower
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.scenes import WORKS
from tests.integration.script_scenes import CLOCK, OTHERWISE
from tests.integration.services import IdleHost, perform

NAME = "POST tenants/{tenant}/cloudPCs/{id}/applySettings"
BULK = "POST tenants/{tenant}/bulkActions"
GRAPH = "GET …/cloudPCs/{id}"


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[RerunOrder]:
    """The orders that are started."""
    found: list[RerunOrder] = []

    async def start(_: IdleHost, name: str, instance_id: str, order: dict[str, Any]) -> str:
        if name == "rerun_steps":
            found.append(RerunOrder.model_validate(order))
        return instance_id

    monkeypatch.setattr(IdleHost, "start_new", start)
    return found


async def apply(
    office: Office, routes: dict[str, Any], pc: CloudPc = WORKS, body: Any = None, **more: Any
) -> tuple[int, Any]:
    if await office.cloud_pcs.find(pc.tenant_id, pc.id) is None:
        await office.cloud_pcs.insert(pc)
    content = b"" if body is None else json.dumps(body).encode()
    answer = await ask(routes[NAME], NAME, body=content, at={"id": pc.id}, **more)
    return answer.status_code, json.loads(answer.get_body() or b"null")


async def wants(office: Office, **configuration: Any) -> None:
    await office.policies.change(things.TENANT_ID, "p1", lambda policy: policy.but(**configuration))


async def test_an_edit_of_the_policy_reaches_the_machine_by_its_steps(
    office: Office, routes: dict[str, Any], orders: list[RerunOrder]
) -> None:
    scripts = (PolicyScript(script_id=CLOCK.id),)
    await wants(office, security_defaults=SecurityDefaults(clipboard=True), scripts=scripts, locale="de-DE")
    status, operation = await apply(office, routes)
    assert (status, operation["kind"]) == (202, "applySettings")
    (order,) = orders
    assert order.configuration.steps == ("setRedirections",)
    assert order.configuration.redirections == ("clipboard",)
    assert [(each.number, each.script.digest) for each in order.scripts] == [(0, CLOCK.digest)]
    shown = json.loads((await ask(routes[GRAPH], GRAPH, at={"id": WORKS.id})).get_body())["@deskwright.drift"]
    assert {"windowsSetting", *shown["inPlace"]} <= set(shown["differs"])
    assert shown["inPlace"] == ["@deskwright.scripts", "@deskwright.securityDefaults"]


async def test_an_administrator_who_is_to_be_none_is_named(
    office: Office, routes: dict[str, Any], orders: list[RerunOrder]
) -> None:
    assert (await apply(office, routes, edited(WORKS, snapshot=OTHERWISE)))[0] == 202
    (order,) = orders
    assert order.configuration.steps == ("removeLocalAdministrator",)
    assert order.configuration.local_administrator == WORKS.user.id


async def test_only_the_settings_that_are_named_are_applied(
    office: Office, routes: dict[str, Any], orders: list[RerunOrder]
) -> None:
    await wants(office, security_defaults=SecurityDefaults(clipboard=True))
    body = {"settings": ["@deskwright.securityDefaults"]}
    assert (await apply(office, routes, edited(WORKS, snapshot=OTHERWISE), body))[0] == 202
    assert orders[0].configuration.steps == ("setRedirections",)
    assert orders[0].wanted is not None
    assert orders[0].wanted.only == ("@deskwright.securityDefaults",)


@pytest.mark.parametrize(
    ("body", "said"), [({"settings": ["windowsSetting"]}, "/settings/0"), ({"settings": []}, "/settings")]
)
async def test_what_needs_a_rebuild_is_refused(
    office: Office, routes: dict[str, Any], orders: list[RerunOrder], body: dict[str, Any], said: str
) -> None:
    status, problem = await apply(office, routes, edited(WORKS, snapshot=OTHERWISE), body)
    assert (status, [each["pointer"] for each in problem["errors"]]) == (400, [said])
    assert not orders


async def test_where_nothing_differs_and_where_it_is_off_nothing_begins(
    office: Office, routes: dict[str, Any], orders: list[RerunOrder]
) -> None:
    status, problem = await apply(office, routes)
    assert (status, "no setting differs" in problem["detail"]) == (409, True)
    off = CloudPcPower(id=WORKS.id, tenant_id=WORKS.tenant_id, since=things.NOW, observed=ObservedPower.DEALLOCATED)
    await office.cloud_pc_powers.insert(off)
    await wants(office, local_admin_enabled=True)
    status, problem = await apply(office, routes)
    assert (status, "it is off" in problem["detail"]) == (409, True)
    assert not orders


async def test_the_same_request_twice_begins_once(
    office: Office, routes: dict[str, Any], orders: list[RerunOrder]
) -> None:
    await wants(office, local_admin_enabled=True)
    key = {"Idempotency-Key": "k1"}
    first, again = [await apply(office, routes, headers=key) for _ in range(2)]
    assert first[1]["id"] == again[1]["id"]
    assert len(orders) == 1


async def test_a_dry_run_names_those_that_have_nothing_to_apply(office: Office, routes: dict[str, Any]) -> None:
    same = things.cloud_pc("bob", status=WORKS.status, snapshot=things.snapshot(), resources=WORKS.current.resources)
    await office.cloud_pcs.insert(edited(WORKS, snapshot=OTHERWISE))
    await office.cloud_pcs.insert(same)
    body = {"action": "applySettings", "dryRun": True, "cloudPcIds": [WORKS.id, same.id]}
    answer = await ask(routes[BULK], BULK, body=json.dumps(body).encode())
    assert answer.status_code == 200, answer.get_body()
    text = answer.get_body().decode()
    assert "no setting differs" in text
    assert text.count("no setting differs") == 1


async def test_settings_that_were_applied_are_what_the_machine_has(office: Office) -> None:
    """The activity that records them, twice each; a failed setting stays as it was and is no warning."""
    warned = (Warn(step="setRedirections", message="x"),)
    pc = edited(WORKS, status=Status.PROVISIONED_WITH_WARNINGS, warnings=warned)
    await office.cloud_pcs.insert(pc)
    built, drives = things.snapshot(), SecurityDefaults(drives=True)
    wanted = WantedSettings(
        configuration=built.configuration.but(local_admin_enabled=True, security_defaults=drives), scripts=()
    )
    run = RerunRecord(
        tenant_id=pc.tenant_id,
        cloud_pc_id=pc.id,
        generation=pc.current.generation,
        operation_id="o2",
        steps=("assignLocalAdministrator", "setRedirections"),
        wanted=wanted,
    )
    failed = (Warn(step="assignLocalAdministrator", message="no such account"),)
    for record, administrator in ((run.but(warnings=failed), False), (run, True), (run.but(generation=9), True)):
        for _ in range(2):
            await perform(RECORD_RERUN, record)
        now = (await office.cloud_pcs.get(pc.tenant_id, pc.id)).value
        assert (now.status, now.current.warnings) == (Status.PROVISIONED, ())
        assert now.current.snapshot == built.but(security_defaults=drives, local_admin_enabled=administrator)
