"""A role that has just been given counts some minutes later, and nothing tells whether it does."""

import pytest

from packages.azure_simulator.tests.bodies import REGION
from packages.azure_simulator.tests.desks import APPS, SIGNS_IN, USES, Office
from packages.azure_simulator.tests.directory import open_directory
from packages.azure_simulator.tests.in_process import GROUP, SUB
from packages.azure_simulator.tests.test_permissions import CONTRIBUTOR, newcomer

DOCUMENTED = 600
"""Seconds: learn.microsoft.com/azure/role-based-access-control/troubleshooting says ten minutes."""

DISK = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 32}


def office_of_one(profile: str) -> tuple[Office, str]:
    """Open an office whose user has no role any more, and give the user's id."""
    office = Office(1)
    office.host("host-1")
    user = office.app.sim("GET", "state?view=directory&kind=user")
    (rows,) = user.values()
    office.app.sim("POST", "graph/members", {"group": "staff", "remove": office.users})
    office.app.sim("PATCH", "config", {"profile": profile})
    return office, str(rows[0]["id"])


def refusals(office: Office) -> tuple[list[str], int]:
    """Let the user try every five seconds; give why they were refused, and after how long they were not."""
    found: list[str] = []
    for second in range(0, 3 * DOCUMENTED, 5):
        record = office.sign_in(office.users[0])
        if record["outcome"] == "signedIn":
            return found, second
        found.append(record["reason"])
        office.pass_time(5)
    raise AssertionError(found)


@pytest.mark.parametrize(
    ("late", "early", "reason"),
    [((APPS, USES), (GROUP, SIGNS_IN), "NotAssigned"), ((GROUP, SIGNS_IN), (APPS, USES), "NotAllowedOnMachine")],
)
@pytest.mark.parametrize("profile", ["real", "slow-day"])
def test_a_user_is_refused_until_the_last_role_counts(
    profile: str, late: tuple[str, str], early: tuple[str, str], reason: str
) -> None:
    office, user = office_of_one(profile)
    office.grant(early[0], early[1], user, "User")
    office.pass_time(DOCUMENTED)
    path = office.grant(late[0], late[1], user, "User")
    assert office.app.request("GET", path)["properties"]["principalId"] == user  # it shows at once
    found, seconds = refusals(office)
    assert set(found) == {reason}
    assert 5 <= seconds <= DOCUMENTED
    assert office.findings("signInsFailed") == []


def test_half_count_within_a_minute_and_all_within_ten() -> None:
    office, user = office_of_one("real")
    for number in range(200):
        scope = f"{GROUP}/providers/Microsoft.Compute/disks/d{number}"
        office.app.request("PUT", scope, {"location": REGION, "properties": DISK})
        office.grant(scope, SIGNS_IN, user, "User")
    rows = office.app.sim("GET", "state?type=Microsoft.Authorization/roleAssignments")
    now = office.app.cloud.world.now_us
    late = sorted((each["facts"]["countsFromUs"] - now) / 1e6 for each in rows if "/disks/" in each["id"])
    assert 45 < late[100] < 80
    assert 150 < late[190] <= DOCUMENTED
    assert 0 < late[0] < late[-1] <= DOCUMENTED


def test_one_that_is_given_again_counts_late_again() -> None:
    office, user = office_of_one("real")
    office.grant(APPS, USES, user, "User")
    path = office.grant(GROUP, SIGNS_IN, user, "User")
    office.pass_time(DOCUMENTED)
    assert office.sign_in(office.users[0])["outcome"] == "signedIn"
    office.leave(office.users[0])
    given = office.app.request("DELETE", path)["properties"]
    body = {each: given[each] for each in ("roleDefinitionId", "principalId", "principalType")}
    office.app.request("PUT", path, {"properties": body})
    assert office.sign_in(office.users[0])["reason"] == "NotAllowedOnMachine"
    office.pass_time(DOCUMENTED)
    office.app.request("PUT", path, {"properties": body})  # the same again changes nothing
    assert office.sign_in(office.users[0])["outcome"] == "signedIn"


def test_a_caller_is_refused_until_the_role_counts() -> None:
    graph = open_directory()
    graph.app.request("PUT", GROUP, {"location": REGION})
    new = newcomer(graph)
    graph.app.sim("PATCH", "config", {"profile": "real"})
    new.gets(CONTRIBUTOR, GROUP)
    status, error = new.answer("GET", GROUP)
    assert (status, error["error"]["code"]) == (403, "AuthorizationFailed")
    assert new.status("GET", f"{SUB}/resourceGroups") == 403
    graph.app.advance(DOCUMENTED)
    assert new.status("GET", GROUP) == 200
    listed = new.answer("GET", f"{SUB}/resourceGroups")[1]["value"]
    assert [each["name"] for each in listed] == ["desks"]
