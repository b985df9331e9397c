"""Results of a dry run: its plan is compared with the plan that is made once the change is saved."""

import json
from typing import Any

import pytest

from shared.contracts.reconciling import PLAN_TENANT, ReconcileOrder
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.policies.policy import Assignment
from shared.domain.tenants.tenant import RemovalBrake
from shared.errors import UnavailableError
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office, signed_in
from tests.integration.scenes import MADE
from tests.integration.services import perform

DRY_RUN = "POST tenants/{tenant}/dryRun"
GRAPH = "…/provisioningPolicies/{id}"
DONE: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "unassign": (
        {"assign": {"policyId": "p1", "groupIds": []}},
        f"POST {GRAPH}/assign",
        {"assignments": []},
    ),
    "assign another group": (
        {"assign": {"policyId": "p1", "groupIds": ["g2"]}},
        f"POST {GRAPH}/assign",
        {"assignments": [{"target": {"groupId": "g2"}}]},
    ),
    "assign one more": (
        {"assign": {"policyId": "p1", "groupIds": ["g1", "g2"]}},
        f"POST {GRAPH}/assign",
        {"assignments": [{"target": {"groupId": group}} for group in ("g1", "g2")]},
    ),
    "edit": (
        {"edit": {"policy": {"policyId": "p1"}, "configuration": {"locale": "de-DE"}}},
        f"PATCH {GRAPH}",
        {"windowsSetting": {"locale": "de-DE"}},
    ),
    "settings": (
        {"settings": {"disabledAccountStartsGrace": True}},
        "PATCH tenants/{tenant}",
        {"settings": {"disabledAccountStartsGrace": True}},
    ),
    "pause of the policy": (
        {"pause": {"policyId": "p1"}},
        "POST tenants/{tenant}/provisioningPolicies/{id}/pause",
        {},
    ),
    "pause of the tenant": ({"pause": {}}, "POST tenants/{tenant}/pause", {}),
    "seats": (
        {"settings": {"licenceSource": "seats", "seats": {"CPC_E_2C_8GB_128GB": 1}}},
        "PATCH tenants/{tenant}",
        {"settings": {"licenceSource": "seats", "seats": {"CPC_E_2C_8GB_128GB": 1}}},
    ),
}
EXPECTED = {
    "unassign": {"beginGrace": 2, "list": 1},
    "assign another group": {"provision": 1, "beginGrace": 2, "list": 1},
    "assign one more": {"provision": 1},
    "edit": {},
    "settings": {"beginGrace": 1},
}


@pytest.fixture
async def here(here: Office) -> Office:
    """Ada, Dan and Fay have a Cloud PC or are to have one by g1; Bob would by g2; Dan's account is disabled."""
    await here.tenants.change("contoso", lambda t: t.but(settings=t.settings.but(removal_brake=RemovalBrake(count=50))))
    assigned = (Assignment(id="a1", group_id="g1", assigned_at=things.NOW),)
    await here.policies.insert(things.policy(assignments=assigned))
    here.directory.groups = {"g1": {"ada", "dan", "fay"}, "g2": {"bob"}}
    here.directory.licences = dict.fromkeys(("ada", "bob", "dan", "fay"), ("sku-1",))
    here.directory.disabled = {"dan"}
    for name in ("ada", "dan"):
        pc = things.cloud_pc(name, status=Status.PROVISIONED, attempt=1, resources=MADE, group_id="g1")
        await here.cloud_pcs.insert(pc)
    await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    return here


async def foreseen(routes: dict[str, Any], body: dict[str, Any], status: int = 200, *roles: str) -> dict[str, Any]:
    headers = signed_in(*roles) if roles else {}
    answer = await ask(routes[DRY_RUN], DRY_RUN, body=json.dumps(body).encode(), headers=headers)
    assert answer.status_code == status, answer.get_body()
    found: dict[str, Any] = json.loads(answer.get_body())
    return found


async def statuses(here: Office) -> dict[str, Status]:
    return {s.value.id: s.value.status async for s in here.cloud_pcs.each("contoso")}


BECOMES = {
    "provision": Status.PENDING_PROVISION,
    "wait": Status.PENDING_PROVISION,
    "beginGrace": Status.IN_GRACE_PERIOD,
    "list": Status.NOT_PROVISIONED,
    "delete": None,
}


async def test_a_dry_run_has_the_cost_of_what_comes_and_goes(here: Office, routes: dict[str, Any]) -> None:
    for name in ("ada", "dan"):
        pc_id = things.cloud_pc(name).id
        placed = MADE.but(region="westeurope")
        await here.cloud_pcs.change("contoso", pc_id, lambda pc: pc.with_current(resources=placed))  # noqa: B023
    found = (await foreseen(routes, {"assign": {"policyId": "p1", "groupIds": []}}))["monthlyCost"]
    assert (found["added"]["machines"], found["removed"]["machines"]) == (0, 2)
    assert found["removed"]["cost"] == pytest.approx(2 * (0.115 * 730 + 21.68), abs=0.02)
    found = (await foreseen(routes, {"assign": {"policyId": "p1", "groupIds": ["g1", "g2"]}}))["monthlyCost"]
    assert (found["added"]["machines"], found["removed"]["machines"], found["added"]["basis"]) == (1, 0, "estimate")
    assert "monthlyCost" not in await foreseen(routes, {"assign": {"policyId": "p1", "groupIds": ["g1"]}})


SHORT = ("unassign", "assign another group", "pause of the tenant")


@pytest.mark.parametrize("change", [c if c in SHORT else pytest.param(c, marks=pytest.mark.long) for c in DONE])
async def test_what_is_foreseen_is_what_happens(here: Office, routes: dict[str, Any], change: str) -> None:
    form, route, body = DONE[change]
    before, seen = await statuses(here), await here.first_seen.places("contoso")
    found = await foreseen(routes, form)
    assert found["complete"] is True
    if change in EXPECTED:
        assert found["counts"] == EXPECTED[change]
    assert (await statuses(here), await here.first_seen.places("contoso")) == (before, seen)  # nothing was written
    assert [each async for each in here.operations.each("contoso")] == []

    answer = await ask(routes[route], route, body=json.dumps(body).encode(), at={"id": "p1"})
    assert answer.status_code < 300, answer.get_body()
    await perform(PLAN_TENANT, ReconcileOrder(tenant_id="contoso"))
    after = await statuses(here)
    for each in found["value"]:
        assert after.get(each["cloudPcId"]) is BECOMES[each["action"]], each
        assert each["status"] == before.get(each["cloudPcId"], Status.NOT_PROVISIONED)
    changed = {id_ for id_ in after if after[id_] is not before.get(id_, Status.NOT_PROVISIONED)}
    assert changed <= {each["cloudPcId"] for each in found["value"]}


async def test_an_edit_says_what_would_differ(here: Office, routes: dict[str, Any]) -> None:
    found = await foreseen(routes, DONE["edit"][0])
    assert (found["differ"], found["changed"]) == (2, ["locale"])
    assert found["summary"] == "No Cloud PC would change."


async def test_a_pause_names_what_would_wait(here: Office, routes: dict[str, Any]) -> None:
    here.directory.groups["g1"] = {"ada", "dan", "fay", "bob"}
    found = await foreseen(routes, {"pause": {}})
    assert found["counts"] == {"wait": 2}  # Fay's was planned; Bob's would be
    assert all("paused" in each["reason"] for each in found["value"])


async def test_the_brake_is_foreseen(here: Office, routes: dict[str, Any]) -> None:
    brake = {"settings": {"disabledAccountStartsGrace": True, "removalBrake": {"count": 0, "percent": 0}}}
    assert (await foreseen(routes, brake))["counts"] == {"confirmRemoval": 1}


async def test_a_directory_in_part_is_said(here: Office, routes: dict[str, Any]) -> None:
    here.directory.licences = {}
    found = await foreseen(routes, DONE["unassign"][0])
    assert (found["complete"], found["counts"].get("beginGrace")) == (False, None)


async def test_a_directory_that_is_away_is_an_error(
    here: Office, routes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> Any:
        raise UnavailableError("the directory is away")

    monkeypatch.setattr(here.directory, "group_users", away)
    await foreseen(routes, DONE["unassign"][0], 503)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"pause": {}, "settings": {}}, ""),
    ({"assign": {"policyId": "p1", "groupIds": ["none"]}}, "/assign/groupIds/0"),
    ({"assign": {"policyId": "p1", "groupIds": ["g1", "g1"]}}, "/assign/groupIds/1"),
    ({"edit": {"policy": {"policyId": "none"}}}, "/edit/policy/policyId"),
    ({"edit": {"policy": {"policyId": "p1"}, "configuration": {"locale": "xx"}}}, "/edit/configuration/locale"),
    ({"settings": {"attempts": 0}}, "/settings/attempts"),
    ({"colour": {}}, "/colour"),
]


async def test_what_is_wrong_is_named(here: Office, routes: dict[str, Any]) -> None:
    for body, pointer in WRONG:
        errors = (await foreseen(routes, body, 400))["errors"]
        assert [each["pointer"] for each in errors] == [pointer]


async def test_who_may_not_change_it_may_not_ask(here: Office, routes: dict[str, Any]) -> None:
    await foreseen(routes, {"pause": {}}, 403, "CloudPC.Operator")
    await foreseen(routes, {"pause": {}}, 200, "CloudPC.Administrator")


async def test_the_record_of_one_that_was_removed_is_built_again(here: Office, routes: dict[str, Any]) -> None:
    gone = edited(things.cloud_pc("bob"), status=Status.NOT_PROVISIONED, snapshot=None)
    await here.cloud_pcs.change("contoso", gone.id, lambda _: gone)
    assert (await foreseen(routes, DONE["assign one more"][0]))["counts"] == {"provision": 1}
