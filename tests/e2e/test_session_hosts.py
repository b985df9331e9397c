"""Session hosts over HTTP: built for a Spot Group, without capacity, without profiles, removed with their group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.identity import put_resource
from tests.e2e.office import SELDOM, Office
from tests.e2e.test_image_sets import PERSONAL, new_set
from tests.e2e.test_spot_groups import group_form, wizard

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
Json = dict[str, Any]
_HOSTS = "Microsoft.DesktopVirtualization/hostPools/sessionHosts"
_SHARE = r"\\files-{name}.contoso.com\profiles"


def hosts(office: Office, group: str) -> list[Json]:
    """The hosts of a group, as the API shows them."""
    return list(office.portal.pages(f"{office.graph}/spotGroups/{group}/hosts"))


def pooled(office: Office, *, quantity: int = 10, **steps: Any) -> str:
    """Make a pooled group with as many members as it has places, at most three; return its id."""
    people = [office.user(number) for number in range(min(quantity, 3))]
    profile = {"profilePath": _SHARE.format(name=office.name)}
    form = group_form(office, new_set(office)["id"], office.group("Staff", *people), quantity=quantity)
    made = wizard(office, "create-spot-group", {**form, "profile": profile, **steps})
    return str(made.body["id"])


def ready(office: Office, group: str, count: int = 1) -> list[Json]:
    """Wait until so many hosts are there; return them."""

    def there() -> list[Json] | None:
        found = [each for each in hosts(office, group) if each["status"] == "ready"]
        return found if len(found) == count else None

    found: list[Json] = office.until(there, says=f"{count} host(s) are ready", look=SELDOM)
    return found


def remove(office: Office, group: str) -> Json:
    """Delete a group, as somebody does who has been told what goes with it."""
    refused = office.portal.send("DELETE", f"{office.graph}/spotGroups/{group}")
    assert refused.status == 409
    answer = office.portal.ask("DELETE", f"{office.graph}/spotGroups/{group}?confirm=true")
    return office.finish(answer, look=SELDOM)


def left(office: Office) -> list[str]:
    """Everything that the simulated Azure has of groups of this tenant."""
    mark = f"/resourcegroups/deskwright-{office.name}-spot-"
    kinds = (
        "Microsoft.Compute/virtualMachines",
        "Microsoft.Compute/disks",
        "Microsoft.Network/networkInterfaces",
        "Microsoft.DesktopVirtualization/hostPools",
        "Microsoft.DesktopVirtualization/applicationGroups",
        "Microsoft.DesktopVirtualization/workspaces",
        "Microsoft.Authorization/roleAssignments",
        _HOSTS,
    )
    return [each["id"] for kind in kinds for each in office.machines(kind) if mark in each["id"].lower()]


def test_a_group_gets_its_hosts_and_leaves_nothing_behind(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    group = pooled(office, quantity=10)
    (host,) = ready(office, group)

    assert (host["proven"], host["failure"], host["warnings"]) == (True, None, [])
    assert host["computerName"].startswith("SPOT-")
    vms = [each for each in office.machines() if each["body"]["name"] == f"host-{host['id']}"]
    assert vms[0]["body"]["tags"]["deskwright:spotgroup"] == group

    operation = remove(office, group)
    assert [step["name"] for step in operation["steps"]] == ["removeHosts", "removePool", "removeResourceGroup"]
    assert operation["result"]["left"] == []
    assert left(office) == []
    assert office.devices(host["computerName"]) == []
    assert office.portal.send("GET", f"{office.graph}/spotGroups/{group}").status == 404


def test_a_host_that_does_not_reach_the_profiles_is_not_proven_and_says_why(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    share = _SHARE.format(name=office.name).rpartition("\\")[0] + "\\*"
    office.stack.tell_cloud("config", {"fileShares": {share: "away"}})
    group = pooled(office)
    (host,) = ready(office, group)

    assert host["proven"] is False
    assert "The network path was not found." in host["warnings"][0]["message"]
    place = next(each["id"] for each in office.machines()).partition("/providers/")[0]
    foreign = f"{place}/providers/Microsoft.Network/publicIPAddresses/somebody-elses"
    put_resource(office.stack, f"{foreign}?api-version=2026-03-01", {"location": "westeurope", "properties": {}})
    kept = remove(office, group)["result"]["left"]
    assert [each.lower() for each in kept] == [foreign.lower()]
    assert left(office) == []  # nor the role of Azure Virtual Desktop at the resource group that stays


def test_without_capacity_a_host_waits_visibly_until_there_is_some(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    office.break_cloud("vm.create", {"kind": "lro_fail", "code": "AllocationFailed", "message": "none in the region"})
    group = pooled(office)
    waiting = office.until(
        lambda: next((each for each in hosts(office, group) if each["parkedBecause"]), None),
        says="the host waits for capacity",
    )
    assert (waiting["status"], waiting["task"]) == ("pending", "build")
    assert "There is no capacity for 8 vCPU and 32 GB" in waiting["parkedBecause"]

    office.mend_cloud("vm.create")
    (host,) = ready(office, group)
    assert (host["id"], host["parkedBecause"]) == (waiting["id"], None)
    remove(office, group)
    assert left(office) == []


def test_each_dedicated_host_is_one_members(open_office: OpenOffice) -> None:
    office = open_office()
    office.connection()
    people = [office.user(number) for number in range(2)]
    single = new_set(office, source={"hostPoolType": "personal", "galleryImageId": PERSONAL})
    form = group_form(office, single["id"], office.group("Staff", *people))
    licence = {"licenseType": "personalDedicated", "quantity": 2}
    group = wizard(office, "create-spot-group", {**form, "license": licence}).body["id"]
    found = ready(office, group, 2)

    owners = {host["assignedUserId"] for host in found}
    assert owners == {office.user_id(name) for name in people}
    scopes = {
        (each["body"]["properties"]["principalId"], each["id"].lower().partition("/providers/microsoft.auth")[0])
        for each in office.machines("Microsoft.Authorization/roleAssignments")
        if "/virtualmachines/host-" in each["id"].lower()
    }
    mine = {(host["assignedUserId"], f"host-{host['id']}") for host in found}
    assert {(user, scope.rpartition("/")[2]) for user, scope in scopes if user in owners} == mine
    remove(office, group)
    assert left(office) == []
