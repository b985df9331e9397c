"""Product rule 5: assignment; the user, and nobody else, can sign in, and the admin can tell them how."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.office import CLOSELY, MEDIUM, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
ROLES = "Microsoft.Authorization/roleAssignments"
HOSTS = "Microsoft.DesktopVirtualization/hostPools/sessionHosts"


@pytest.fixture(scope="module")
def upns(shared_office: Office) -> list[str]:
    """Two users of the office that tests here share, with a Cloud PC each."""
    office = shared_office
    upns = [office.user(n, MEDIUM) for n in (1, 2)]
    office.policy("Everyone", office.connection(), office.group("staff", *upns))
    for upn in upns:
        office.settled(upn)
    return upns


def test_the_machine_is_the_users_desktop_in_the_tenants_personal_pool(shared_office: Office, upns: list[str]) -> None:
    office = shared_office
    hosts = office.machines(HOSTS)

    assert sorted(host["body"]["properties"]["assignedUser"] for host in hosts) == upns
    assert len({host["id"].split("/sessionHosts/")[0] for host in hosts}) == 1


def test_only_the_user_may_sign_in_to_his_machine(shared_office: Office, upns: list[str]) -> None:
    office = shared_office
    rights = {role["body"]["properties"]["scope"]: role["body"]["properties"] for role in office.machines(ROLES)}
    machines = {vm["body"]["properties"]["osProfile"]["computerName"]: vm["id"] for vm in office.machines()}

    for upn in upns:
        machine = machines[office.cloud_pc_of(upn)["managedDeviceName"]]
        holders = [p["principalId"] for scope, p in rights.items() if scope.lower() == machine.lower()]
        assert holders == [office.user_id(upn)]


def sign_in(office: Office, upn: str) -> str:
    """Let a user sign in for a moment; return why they could not, or nothing."""
    (pool,) = {host["id"].split("/sessionHosts/")[0] for host in office.machines(HOSTS)}
    visit = {"user": upn, "hostPool": pool, "staySeconds": 1}
    return str(office.stack.tell_cloud("desktops/signins", visit)["reason"])


def counting_from(office: Office, upn: str) -> datetime:
    """The moment from which all roles of a user count."""
    user = office.user_id(upn)
    mine = [role for role in office.machines(ROLES) if role["body"]["properties"]["principalId"] == user]
    assert len(mine) == 2  # at the application group and at the machine
    return datetime.fromtimestamp(max(role["facts"]["countsFromUs"] for role in mine) / 1e6, UTC)


@pytest.mark.parametrize("users", [3, pytest.param(8, marks=pytest.mark.long)])
def test_who_is_told_that_it_is_ready_can_sign_in_that_moment(open_office: OpenOffice, users: int) -> None:
    office = open_office()
    upns = [office.user(n, MEDIUM) for n in range(1, users + 1)]
    office.policy("Everyone", office.connection(), office.group("staff", *upns))
    refused: dict[str, str] = {}

    def all_ready() -> bool:
        ready = {pc["userPrincipalName"] for pc in office.cloud_pcs("userPrincipalName", "status") if is_ready(pc)}
        refused.update({upn: reason for upn in ready - set(refused) if (reason := sign_in(office, upn))})
        return ready >= set(upns)

    office.until(all_ready, says="all are ready", look=CLOSELY)
    assert refused == {}
    for upn in upns:
        told = office.timeline(office.cloud_pc_of(upn)["id"])["entries"]
        assert [entry["outcome"] for entry in told] == ["succeeded"] * len(told)
        assert counting_from(office, upn) <= datetime.fromisoformat(told[-1]["endedAt"]) + timedelta(seconds=1)


def is_ready(pc: dict[str, str]) -> bool:
    return pc["status"] == "provisioned"


def test_who_gets_another_machine_can_sign_in_all_the_while(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, MEDIUM)
    office.policy("Everyone", office.connection(), office.group("staff", upn))
    before = office.settled(upn)
    path = f"{office.base}/cloudPCs/{before['id']}/reprovision"
    begun = office.portal.ask("POST", path, {"buildFirst": True})
    refused: list[str] = []

    def is_replaced() -> bool:
        refused.extend(reason for reason in [sign_in(office, upn)] if reason)
        return office.portal.is_over(begun)

    office.until(is_replaced, says="it is replaced", look=CLOSELY)
    # Nobody can have two personal desktops of a pool: the assignment moves by two calls, and one look may fall between.
    assert refused in ([], ["NoAssignedHost"])
    assert office.cloud_pc_of(upn)["managedDeviceName"] != before["managedDeviceName"]
    swapped = datetime.fromisoformat(office.timeline(before["id"])["entries"][-1]["endedAt"])
    office.until(lambda: "running" not in office.powers()[:1], says="the old one is closed")
    assert counting_from(office, upn) <= swapped + timedelta(seconds=1)


def test_the_sign_in_details_are_there_to_pass_on_and_hold_no_password(shared_office: Office, upns: list[str]) -> None:
    office, upn = shared_office, upns[0]
    pc = office.cloud_pc_of(upn)
    details = office.portal.ask("GET", f"{office.base}/cloudPCs/{pc['id']}/signInDetails").body

    assert details["userName"] == upn
    assert details["computerName"] == pc["managedDeviceName"]
    assert details["address"].startswith("https://windows.cloud.microsoft/webclient/avd/")
    assert details["appAddress"].startswith("ms-avd:connect?workspaceid=")
    assert upn in details["text"]
    assert "password" not in {key.lower() for key in details}


def test_sign_in_details_of_a_cloud_pc_that_is_not_ready_are_refused(open_office: OpenOffice) -> None:
    office = open_office()
    upn, other = office.user(1, MEDIUM), office.user(2, MEDIUM)
    office.policy("Others", office.connection(), office.group("others", other))
    pc = office.reaches(upn, "notProvisioned")
    answer = office.portal.send("GET", f"{office.base}/cloudPCs/{pc['id']}/signInDetails")

    assert answer.status == 409
