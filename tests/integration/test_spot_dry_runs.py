"""The dry run of a Spot Group shows the actions of its next plan of members once the change is saved."""

import json
from typing import Any

import pytest

from shared.contracts.spot_groups import PLAN_SPOT_MEMBERS, SpotGroupOrder
from shared.domain.policies.policy import Assignment
from shared.domain.spot.groups.members import MemberStatus
from shared.domain.tenants.tenant import RemovalBrake
from tests.integration import desks, things
from tests.integration.asking import ask, told
from tests.integration.callers import Office, signed_in
from tests.integration.services import perform

DRY_RUN, SAVE = "POST tenants/{tenant}/dryRun", "POST tenants/{tenant}/wizards/{wizard}"
PAUSE = "POST …/spotGroups/{id}/pause"
ORDER = SpotGroupOrder(tenant_id="contoso", spot_group_id=desks.GROUP_ID)
CHOSEN = {"group": {"spotGroupId": desks.GROUP_ID}}
EDITS: dict[str, dict[str, Any]] = {
    "more places": {"license": {"quantity": 3}},
    "fewer places": {"license": {"quantity": 1}},
    "one more group": {"groups": {"groupIds": ["g1", "g2"]}, "license": {"quantity": 9}},
    "another group": {"groups": {"groupIds": ["g2"]}},
    "a name": {"name": {"description": "for the office"}},
}
EXPECTED = {
    "more places": {"grant": 1},
    "fewer places": {"revoke": 1},
    "one more group": {"grant": 2},
    "another group": {"wait": 1, "revoke": 2, "leave": 1},
    "a name": {},
}
BECOMES: dict[str, set[MemberStatus | None]] = {
    "grant": {MemberStatus.ENTITLED},
    "wait": {MemberStatus.WAITING},
    "revoke": {MemberStatus.WAITING, MemberStatus.LEAVING},
    "confirmRemoval": {MemberStatus.REMOVAL_HELD},
    "leave": {None},
}


@pytest.fixture
async def here(here: Office) -> Office:
    """Two of the three in g1 have a place; Bob is in g2."""
    await here.tenants.change(
        "contoso", lambda t: t.but(settings=t.settings.but(removal_brake=RemovalBrake(percent=100)))
    )
    here.directory.groups = {"g1": {"ada", "dan", "fay"}, "g2": {"bob"}}
    assigned = (Assignment(id="a", group_id="g1", assigned_at=things.NOW),)
    await here.spot_groups.insert(desks.spot_group(quantity=2, assignments=assigned))
    await perform(PLAN_SPOT_MEMBERS, ORDER)
    for each in (await statuses(here)).items():
        assert each[1] in {MemberStatus.ENTITLED, MemberStatus.WAITING}
    return here


async def statuses(here: Office) -> dict[str, MemberStatus]:
    found = here.spot_members.each("contoso", group_id=desks.GROUP_ID)
    return {each.value.user_id: each.value.status async for each in found}


async def foreseen(routes: dict[str, Any], body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = await ask(routes[DRY_RUN], DRY_RUN, body=json.dumps(body).encode())
    assert answer.status_code == status, answer.get_body()
    found: dict[str, Any] = json.loads(answer.get_body())
    return found


@pytest.mark.parametrize("change", EDITS)
async def test_what_is_foreseen_is_what_happens(here: Office, routes: dict[str, Any], change: str) -> None:
    form, before = {**CHOSEN, **EDITS[change]}, await statuses(here)
    members = (await foreseen(routes, {"spotGroup": form}))["members"]
    assert members["counts"] == EXPECTED[change]
    assert await statuses(here) == before  # nothing was written
    assert [each async for each in here.operations.each("contoso")] == []

    saved = await ask(routes[SAVE], SAVE, at={"wizard": "edit-spot-group"}, body=json.dumps(form).encode())
    assert saved.status_code == 202, saved.get_body()
    await perform(PLAN_SPOT_MEMBERS, ORDER)
    after = await statuses(here)
    for each in members["value"]:
        assert after.get(each["userId"]) in BECOMES[each["action"]], each
    changed = {user for user in {*before, *after} if before.get(user) is not after.get(user)}
    assert changed == {each["userId"] for each in members["value"]}


async def test_a_form_that_means_an_earlier_group_changes_nothing(here: Office, routes: dict[str, Any]) -> None:
    stored = await here.spot_groups.get("contoso", desks.GROUP_ID)
    body = json.dumps({**CHOSEN, "license": {"quantity": 3}}).encode()
    for etag, status, quantity in (('"old"', 412, 2), (stored.etag, 202, 3)):
        headers = {"if-match": etag}
        saved = await ask(routes[SAVE], SAVE, at={"wizard": "edit-spot-group"}, body=body, headers=headers)
        assert saved.status_code == status, saved.get_body()
        assert (await here.spot_groups.get("contoso", desks.GROUP_ID)).value.quantity == quantity


async def test_a_pause_keeps_who_would_get_a_place_waiting(here: Office, routes: dict[str, Any]) -> None:
    here.directory.groups["g1"] = {"ada", "dan", "fay", "bob"}
    await here.spot_groups.change("contoso", desks.GROUP_ID, lambda group: group.but(quantity=9))
    members = (await foreseen(routes, {"pause": {"spotGroupId": desks.GROUP_ID}}))["members"]
    assert members["counts"] == {"stay": 2}
    before = await statuses(here)
    paused = await ask(routes[PAUSE], PAUSE, at={"id": desks.GROUP_ID}, body=b"{}")
    assert paused.status_code == 200, paused.get_body()
    await perform(PLAN_SPOT_MEMBERS, ORDER)
    assert await statuses(here) == before


async def test_the_brake_is_foreseen(here: Office, routes: dict[str, Any]) -> None:
    await here.tenants.change(
        "contoso", lambda t: t.but(settings=t.settings.but(removal_brake=RemovalBrake(count=0, percent=0)))
    )
    found = await foreseen(routes, {"spotGroup": {**CHOSEN, **EDITS["another group"]}})
    assert found["members"]["counts"]["confirmRemoval"] == 2
    assert "2 would wait for the confirmation of their removal" in found["summary"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"spotGroup": {"group": {"spotGroupId": "none"}}}, "/spotGroup/group/spotGroupId"),
    ({"spotGroup": {**CHOSEN, "license": {"quantity": 0}}}, "/spotGroup/license/quantity"),
    ({"spotGroup": {**CHOSEN, "colour": {}}}, "/spotGroup/colour"),
    ({"spotGroup": CHOSEN, "pause": {}}, ""),
    ({"pause": {"spotGroupId": desks.GROUP_ID, "policyId": "p1"}}, "/pause/spotGroupId"),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG, ids=[pointer or "two" for _, pointer in WRONG])
async def test_what_is_wrong_is_named(here: Office, routes: dict[str, Any], body: dict[str, Any], pointer: str) -> None:
    answer = await ask(routes[DRY_RUN], DRY_RUN, body=json.dumps(body).encode())
    assert (answer.status_code, [at for at, _ in told(answer)]) == (400, [pointer])
    assert await statuses(here)


async def test_who_may_not_change_a_group_asks_nothing(here: Office, routes: dict[str, Any]) -> None:
    body = json.dumps({"spotGroup": CHOSEN}).encode()
    answer = await ask(routes[DRY_RUN], DRY_RUN, body=body, headers=signed_in("CloudPC.Operator"))
    assert answer.status_code == 403
    assert await statuses(here)
