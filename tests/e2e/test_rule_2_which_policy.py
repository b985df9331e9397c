"""Product rule 2: the policy that was assigned first wins, and existing Cloud PCs never move."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.e2e.office import MEDIUM, SMALL, Office
from tests.e2e.queues import put_change

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]


def test_the_first_assigned_policy_wins_and_explain_names_winner_and_losers(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1)
    early, late = office.group("early", upn), office.group("late", upn)
    connection = office.connection()
    for name, group in (("First", early), ("Second", late), ("Third", late)):
        office.policy(name, connection, group)
        office.pass_time(timedelta(minutes=1))
    office.until(lambda: len(office.explain(upn)["policies"]) == 3, says="the directory shows both groups")
    office.give(upn, SMALL, MEDIUM)
    change = {"type": "userLicense", "userIds": [office.user_id(upn)], "at": office.stack.clock.now().isoformat()}
    put_change(office.stack, {"tenantId": office.name, **change})
    office.settled(upn, count=2)
    claims = office.explain(upn)["policies"]

    assert {pc["provisioningPolicyName"] for pc in office.cloud_pcs_of(upn)} == {"First"}
    assert [(claim["policyName"], claim["wins"]) for claim in claims] == [
        ("First", True),
        ("Second", False),
        ("Third", False),
    ]


def test_replacing_the_groups_keeps_since_when_the_staying_ones_are_assigned(open_office: OpenOffice) -> None:
    office = open_office()
    stays, goes, comes = office.group("stays"), office.group("goes"), office.group("comes")
    policy = office.policy("Everyone", office.connection(), stays, goes)
    where = f"{office.graph}/provisioningPolicies/{policy}/assignments"
    before = {a["target"]["groupId"]: a for a in office.portal.ask("GET", where).body["value"]}
    office.pass_time(timedelta(hours=1))
    office.assign(policy, stays, comes)
    after = {a["target"]["groupId"]: a for a in office.portal.ask("GET", where).body["value"]}

    assert set(after) == {stays, comes}
    assert after[stays]["@deskwright.assignedAt"] == before[stays]["@deskwright.assignedAt"]
    assert after[comes]["@deskwright.assignedAt"] > before[stays]["@deskwright.assignedAt"]


def test_an_existing_cloud_pc_stays_with_its_policy(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, MEDIUM)
    first, second = office.group("first", upn), office.group("second", upn)
    connection = office.connection()
    policy = office.policy("First", connection, first)
    built = office.settled(upn)
    office.policy("Second", connection, second)
    office.assign(policy)

    def seen() -> bool:
        return "Second" in [claim["policyName"] for claim in office.explain(upn)["policies"] if claim["wins"]]

    office.until(seen, says="the second policy wins today")
    now = office.cloud_pc_of(upn)
    assert (now["id"], now["provisioningPolicyName"]) == (built["id"], "First")
    assert len(office.machines()) == 1
