"""Product rule 5: assignment; the user, and nobody else, can sign in, and the admin can tell them how."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.office import MEDIUM, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
ROLES = "Microsoft.Authorization/roleAssignments"
HOSTS = "Microsoft.DesktopVirtualization/hostPools/sessionHosts"


def test_the_machine_is_the_users_desktop_in_the_tenants_personal_pool(open_office: OpenOffice) -> None:
    office = open_office()
    upns = [office.user(n, MEDIUM) for n in (1, 2)]
    office.policy("Everyone", office.connection(), office.group("staff", *upns))
    for upn in upns:
        office.settled(upn)
    hosts = office.machines(HOSTS)

    assert sorted(host["body"]["properties"]["assignedUser"] for host in hosts) == upns
    assert len({host["id"].split("/sessionHosts/")[0] for host in hosts}) == 1


def test_only_the_user_may_sign_in_to_his_machine(open_office: OpenOffice) -> None:
    office = open_office()
    upns = [office.user(n, MEDIUM) for n in (1, 2)]
    office.policy("Everyone", office.connection(), office.group("staff", *upns))
    for upn in upns:
        office.settled(upn)
    rights = {role["body"]["properties"]["scope"]: role["body"]["properties"] for role in office.machines(ROLES)}
    machines = {vm["body"]["properties"]["osProfile"]["computerName"]: vm["id"] for vm in office.machines()}

    for upn in upns:
        machine = machines[office.cloud_pc_of(upn)["managedDeviceName"]]
        holders = [p["principalId"] for scope, p in rights.items() if scope.lower() == machine.lower()]
        assert holders == [office.user_id(upn)]


def test_the_sign_in_details_are_there_to_pass_on_and_hold_no_password(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, MEDIUM)
    office.policy("Everyone", office.connection(), office.group("staff", upn))
    pc = office.settled(upn)
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
