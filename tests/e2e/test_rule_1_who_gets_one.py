"""Product rule 1: a licence and membership of an assigned group, in either order, give one Cloud PC."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.office import MEDIUM, SMALL, Json, Office
from tests.e2e.queues import peek, put_change

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
MEMBER, NESTED, RICH, POOR, OUTSIDER = range(1, 6)
LICENCES = [[MEDIUM], [MEDIUM], [SMALL, MEDIUM], [], [MEDIUM]]
"""The licences of the users of the office that tests here share, in that order."""


@pytest.fixture(scope="module")
def policy(shared_office: Office) -> str:
    """The policy of an office of five users: all but the outsider are members of its groups."""
    office = shared_office
    upns = [office.user(n, *licences) for n, licences in enumerate(LICENCES, start=1)]
    staff = office.group("staff", upns[MEMBER - 1], upns[RICH - 1], upns[POOR - 1])
    outer = office.group("outer", office.group("middle", office.group("inner", upns[NESTED - 1])))
    return office.policy("Everyone", office.connection(), staff, outer)


def test_a_licensed_member_has_a_cloud_pc_without_anyone_pressing_anything(shared_office: Office, policy: str) -> None:
    pc = shared_office.settled(shared_office.named(MEMBER))
    assert (pc["status"], pc["provisioningPolicyId"]) == ("provisioned", policy)
    assert len(shared_office.cloud_pcs_of(shared_office.named(MEMBER))) == 1
    shared_office.settled(shared_office.named(NESTED))
    shared_office.settled(shared_office.named(RICH), count=2)
    assert len(shared_office.machines()) == len(["the member's", "the nested one's"]) + len([SMALL, MEDIUM])


@pytest.mark.usefixtures("policy")
def test_members_of_nested_groups_count(shared_office: Office) -> None:
    assert shared_office.settled(shared_office.named(NESTED))["status"] == "provisioned"


def test_two_licences_give_two_cloud_pcs_under_one_policy(shared_office: Office, policy: str) -> None:
    upn = shared_office.named(RICH)
    shared_office.settled(upn, count=2)
    mine = shared_office.cloud_pcs_of(upn)

    assert len({pc["servicePlanId"] for pc in mine}) == 2
    assert {pc["provisioningPolicyId"] for pc in mine} == {policy}


@pytest.mark.usefixtures("policy")
def test_a_licence_without_a_policy_is_listed_with_the_reason(shared_office: Office) -> None:
    upn = shared_office.named(OUTSIDER)
    pc = shared_office.reaches(upn, "notProvisioned")
    assert "policy" in pc["statusDetail"]["message"]
    assert "no provisioning policy" in shared_office.explain(upn)["cloudPcs"][0]["because"]


def test_a_member_without_a_licence_has_no_cloud_pc_and_is_told_why(shared_office: Office, policy: str) -> None:
    office = shared_office
    licensed, unlicensed = office.named(MEMBER), office.named(POOR)
    office.settled(licensed)
    users = office.portal.ask("GET", f"{office.graph}/provisioningPolicies/{policy}/users").body["value"]
    told = {each["user"]["userPrincipalName"]: each for each in users}

    assert office.cloud_pcs_of(unlicensed) == []
    assert told[unlicensed]["standing"] == "lacks"
    assert "licence" in told[unlicensed]["because"]
    assert told[licensed]["standing"] == "has"
    assert "licence" in office.explain(unlicensed)["verdict"]


@pytest.mark.parametrize("order", ["licence first", "group first"])
def test_the_second_of_the_two_brings_the_cloud_pc_by_a_message(open_office: OpenOffice, order: str) -> None:
    office = open_office()
    upn = office.user(1, *([MEDIUM] if order == "licence first" else []))
    group = office.group("staff", *([upn] if order == "group first" else []))
    office.policy("Everyone", office.connection(), group)
    user_id = office.user_id(upn)
    if order == "licence first":
        office.join(group, upn)
        change: dict[str, Any] = {"type": "groupMembership", "groupId": group, "userIds": [user_id]}
    else:
        office.give(upn, MEDIUM)
        change = {"type": "userLicense", "userIds": [user_id]}
    put_change(office.stack, {"tenantId": office.name, "at": office.stack.clock.now().isoformat(), **change})

    assert office.settled(upn)["status"] == "provisioned"


def test_the_same_change_ten_times_makes_one_cloud_pc(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, MEDIUM)
    group = office.group("staff", upn)
    policy = office.policy("Everyone", office.connection(), group)
    user_id = office.user_id(upn)
    for _ in range(10):
        at = office.stack.clock.now().isoformat()
        change = {"tenantId": office.name, "type": "userLicense", "userIds": [user_id], "at": at}
        put_change(office.stack, change)
    office.assign(policy, group)
    office.settled(upn)

    assert len(office.cloud_pcs_of(upn)) == 1
    assert len(office.machines()) == 1


def test_a_malformed_message_is_kept_with_its_reason_and_blocks_nothing(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, MEDIUM)
    group = office.group("staff")
    office.policy("Everyone", office.connection(), group)
    office.join(group, upn)
    put_change(office.stack, {"tenantId": office.name, "type": "nonsense"})
    at = office.stack.clock.now().isoformat()
    put_change(office.stack, {"tenantId": office.name, "type": "user", "userIds": [upn], "at": at})
    good = {"tenantId": office.name, "type": "groupMembership", "groupId": group, "userIds": [office.user_id(upn)]}
    put_change(office.stack, {**good, "at": at})

    assert office.settled(upn)["status"] == "provisioned"

    def kept() -> list[Json]:
        found = (json.loads(base64.b64decode(text)) for text in peek(office.stack, "directory-changes-poison"))
        mine = [each for each in found if office.name in json.dumps(each["message"])]
        return mine if len(mine) == len(["type", "userIds"]) else []

    mine = office.until(kept, says="both are set aside")
    assert sorted(each["reason"].split(":")[0] for each in mine) == ["/type", "/userIds/0"]
