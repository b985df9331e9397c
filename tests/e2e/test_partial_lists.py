"""For an hour the list of a group lacks two of thirty members, without an error: only who really left loses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.office import MEDIUM, Office
from tests.e2e.test_bad_days import hits
from tests.e2e.test_image_sets import new_set
from tests.e2e.test_spot_engine import lost, ready, sign_in
from tests.e2e.test_spot_groups import group_form, may_reach, members, rights, wizard

pytestmark = [pytest.mark.e2e, pytest.mark.long]

OpenOffice = Callable[..., Office]
Json = dict[str, Any]
MEMBERS, LACKING, LEAVES = 30, 2, 3
TEN_MINUTES = timedelta(minutes=10)


def read_all(office: Office, spot_group: str, notes: str) -> None:
    """Have the members of the Spot Group, and everybody with a Cloud PC, read anew."""
    office.tell_changed()
    office.finish(wizard(office, "edit-spot-group", {"group": {"spotGroupId": spot_group}, "notes": {"notes": notes}}))


def standing(office: Office, spot_group: str, leaver: str) -> Json:
    """State of everybody but the leaver: their place and rights in the Spot Group, and their Cloud PC's machine."""
    kept = ("status", "maySignIn", "firstSeenDateTime")
    return {
        "members": {
            user: [each[name] for name in kept] for user, each in members(office, spot_group).items() if user != leaver
        },
        "cloudPCs": {
            pc["userPrincipalName"]: (pc["id"], pc["status"], pc["managedDeviceName"], pc["@deskwright.heldBack"])
            for pc in office.cloud_pcs()
            if pc["userPrincipalName"].startswith(office.name)  # the directory has other users, of other tests
            and pc["userPrincipalName"] != leaver
        },
        "machines": sorted(each["id"] for each in office.machines()),
        "removals": office.removals(),
    }


def partial(office: Office, group: str) -> Json:
    """Return the rule by which the list of a group's members ends too soon."""
    return {
        "id": f"{office.name}-partial",
        "match": {"op": "graph.group.transitiveMembers*", "path": f"*{group}*"},
        "do": {"kind": "partial", "share": (MEMBERS - LACKING + 0.5) / MEMBERS},
    }


def test_an_hour_of_lists_that_lack_two_of_thirty_members_takes_nothing(open_office: OpenOffice) -> None:
    office = open_office()
    everybody = sorted((office.user(number) for number in range(MEMBERS)), key=office.user_id)
    lacking, leaver = everybody[-LACKING:], everybody[0]  # a list is in the order of the ids, and ends too soon
    for user in (*lacking, leaver):
        office.give(user, MEDIUM)
    staff = office.group("Staff", *everybody)
    office.policy("Everyone", office.connection(), staff)
    form = group_form(office, new_set(office)["id"], staff, quantity=MEMBERS)
    spot_group = wizard(office, "create-spot-group", form).body["id"]
    for user in (*lacking, leaver):
        assert office.settled(user)["status"] == "provisioned"
    ready(office, spot_group, 3)
    office.until(lambda: len(may_reach(office, spot_group)) == MEMBERS, says="all may sign in")
    for user in (lacking[0], leaver):
        sign_in(office, spot_group, user, staySeconds=4 * 3600)
    before = standing(office, spot_group, leaver)
    roles = {user: rights(office, user) for user in lacking}

    rule = partial(office, staff)
    office.stack.tell_cloud("faults", rule)
    for part in range(6):
        if part == LEAVES:
            office.leave(staff, leaver)
        seen = hits(office, rule["id"])
        read_all(office, spot_group, f"part {part}")
        office.pass_time(TEN_MINUTES)
        assert hits(office, rule["id"]) >= seen + 2  # the Spot Group's reading, and that of the Cloud PCs
        assert standing(office, spot_group, leaver) == before
        assert {user: rights(office, user) for user in lacking} == roles
    assert office.cloud_pc_of(leaver)["status"] == "inGracePeriod"
    assert leaver not in may_reach(office, spot_group)
    assert lost(office, spot_group) == []
    office.stack.tell_cloud("faults", {**rule, "when": {"max_hits": 0}})

    read_all(office, spot_group, "whole again")
    office.pass_time(2 * TEN_MINUTES)
    assert standing(office, spot_group, leaver) == before
