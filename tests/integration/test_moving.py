"""Cloud PCs move to another policy that targets their user: machine first, licence kept, no grace period."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.planning.entitlements import Entitlement
from shared.domain.planning.planner import plan
from shared.domain.planning.plans import Observed
from shared.domain.policies.policy import Assignment
from tests.cloud_pcs import edited
from tests.integration import things
from tests.integration.asking import ask
from tests.integration.callers import Office
from tests.integration.scenes import NOW, WORKS

MOVE = "POST tenants/{tenant}/cloudPCs/{id}/moveToPolicy"
BULK = "POST tenants/{tenant}/bulkActions"
OTHER = things.policy(
    id="p2", display_name="Designers", assignments=(Assignment(id="a2", group_id="g2", assigned_at=NOW),)
)


@pytest.fixture
async def office(office: Office) -> Office:
    await office.cloud_pcs.insert(WORKS)
    await office.policies.insert(OTHER)
    return office


async def move(routes: dict[str, Any], policy: str = "p2") -> tuple[int, dict[str, Any]]:
    body = json.dumps({"provisioningPolicyId": policy}).encode()
    answer = await ask(routes[MOVE], MOVE, body=body, at={"id": WORKS.id})
    return answer.status_code, json.loads(answer.get_body())


async def test_a_move_builds_by_the_named_policy_although_another_one_wins(
    office: Office, routes: dict[str, Any]
) -> None:
    office.directory.groups["g2"] = {"ada"}
    status, operation = await move(routes)
    assert (status, operation["kind"]) == (202, "moveToPolicy")
    pc = (await office.cloud_pcs.get(WORKS.tenant_id, WORKS.id)).value
    assert pc.replacement is not None
    assert pc.replacement.snapshot is not None
    assert (pc.replacement.snapshot.policy_id, pc.replacement.group_id) == ("p2", "g2")
    assert (pc.status, pc.plan, pc.grace, pc.current) == (WORKS.status, WORKS.plan, None, WORKS.current)


async def test_a_policy_that_does_not_target_the_user_is_refused_with_the_reason(
    office: Office, routes: dict[str, Any]
) -> None:
    status, problem = await move(routes)
    assert (status, problem["detail"]) == (409, "the policy does not target a group the user is in")
    own = WORKS.current.snapshot.policy_id if WORKS.current.snapshot else ""
    assert (await move(routes, own))[1]["detail"] == "it is of this policy already"
    assert (await move(routes, "no-such-policy"))[0] == 409
    assert (await office.cloud_pcs.get(WORKS.tenant_id, WORKS.id)).value == WORKS


@pytest.mark.parametrize("member", [True, False])
async def test_a_dry_run_says_whom_the_policy_does_not_target(
    office: Office, routes: dict[str, Any], *, member: bool
) -> None:
    office.directory.groups["g2"] = {"ada"} if member else set()
    form = {
        "action": "moveToPolicy",
        "cloudPcIds": [WORKS.id],
        "parameters": {"provisioningPolicyId": "p2"},
        "dryRun": True,
    }
    answer = await ask(routes[BULK], BULK, body=json.dumps(form).encode())
    assert answer.status_code == 200, answer.get_body()
    assert json.loads(answer.get_body())["possible"] == int(member)


def test_no_grace_period_begins_while_the_replacement_of_a_move_is_built() -> None:
    """The user has left the groups of the old policy, and is in one of the new policy."""
    snapshot = things.snapshot().but(policy_id="p2")
    building = WORKS.current.but(generation=2, phase=Phase.BUILDING, snapshot=snapshot)
    entitlement = Entitlement(user=WORKS.user, plans=(WORKS.plan,), group_ids=frozenset({"g2"}))

    def made(pc: Any) -> Any:
        observed = Observed(entitlements=(entitlement,), cloud_pcs=(pc,), complete=True)
        return plan(observed, (things.policy(), OTHER), {}, tenant_id=WORKS.tenant_id, at=NOW)

    assert [pc.status for pc in made(WORKS).grace] == [Status.IN_GRACE_PERIOD]
    moving = edited(WORKS, replacement=building)
    assert (made(moving).grace, made(moving).removals, made(moving).moved) == ((), (), ())
