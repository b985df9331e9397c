"""Built first, then swapped: a reprovision that leaves the user with a machine all the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from local.portal import PortalError
from local.stack import Stack
from tests.e2e.conftest import StartStack
from tests.e2e.office import SMALL, Office

OpenOffice = Callable[..., Office]
FULL = {"kind": "lro_fail", "code": "AllocationFailed", "message": "no capacity for one more"}
BROKEN = {"kind": "lro_fail", "code": "VMExtensionProvisioningError", "message": "the join failed, exit code 51"}
CONFLICT = 409
KILLS = 6


def begin(office: Office, user: str) -> dict[str, Any]:
    """Ask for another machine; return the Cloud PC as it was."""
    pc = office.cloud_pc_of(user)
    office.portal.ask("POST", f"{office.base}/cloudPCs/{pc['id']}/reprovision", {"buildFirst": True})
    return pc


def working(office: Office, *breaks: str) -> str:
    user = office.user(1, SMALL)
    office.policy("Desks", office.connection(), office.group("Everybody", user, office.user(90)))
    assert office.settled(user)["status"] == "provisioned"
    for each in breaks:
        office.break_cloud(each, FULL if each == "vm.create" else BROKEN)
    return user


def assigned(office: Office) -> list[str]:
    """The names of the session hosts that somebody may use."""
    hosts = office.machines("Microsoft.DesktopVirtualization/hostPools/sessionHosts")
    return [host["id"].rpartition("/")[2] for host in hosts if host["body"]["properties"].get("assignedUser")]


def replacement(office: Office, user: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = office.cloud_pc_of(user)["@deskwright.replacement"]
    return found


@pytest.mark.long
def test_the_user_goes_on_until_another_machine_takes_the_place_of_his(open_office: OpenOffice) -> None:
    office = open_office()
    user = working(office, "vm.create")
    before = begin(office, user)
    office.until(
        lambda: "no capacity" in ((replacement(office, user) or {}).get("reason") or ""), says="parked, for all to see"
    )
    refused = office.portal.send("POST", f"{office.graph}/cloudPCs/{before['id']}/reboot", {})
    assert refused.status == CONFLICT
    assert office.cloud_pc_of(user)["status"] == "provisioned"
    assert assigned(office) == [before["managedDeviceName"]]
    office.mend_cloud("vm.create")
    office.until(lambda: replacement(office, user) is None, says="the new one has taken the place")
    after = office.cloud_pc_of(user)
    office.until(lambda: office.powers() == ["deallocated", "running"], says="the old one has stopped")

    assert (after["id"], after["status"]) == (before["id"], "provisioned")
    assert after["managedDeviceName"] != before["managedDeviceName"]
    assert assigned(office) == [after["managedDeviceName"]]
    assert office.invariants() == []
    office.pass_time(timedelta(hours=4))
    office.until(lambda: len(office.machines()) == 1, says="the old one is gone")
    office.until(lambda: not office.devices(before["managedDeviceName"]), says="its device is gone")
    assert office.cloud_pc_of(user)["status"] == "provisioned"
    assert office.invariants() == []


@pytest.mark.long
def test_when_it_cannot_be_built_the_user_keeps_what_he_has_and_the_operation_says_so(open_office: OpenOffice) -> None:
    office = open_office()
    user = working(office, "extension.put")
    before = office.cloud_pc_of(user)
    path = f"{office.base}/cloudPCs/{before['id']}/reprovision"
    with pytest.raises(PortalError, match=BROKEN["code"]):
        office.finish(office.portal.ask("POST", path, {"buildFirst": True}))
    after = office.cloud_pc_of(user)

    assert (after["status"], after["managedDeviceName"]) == ("provisioned", before["managedDeviceName"])
    assert assigned(office) == [before["managedDeviceName"]]
    office.pass_time(timedelta(hours=4))
    office.until(lambda: len(office.machines()) == 1, says="what was built is gone")
    assert office.powers() == ["running"]
    assert office.invariants() == []


@pytest.mark.long
def test_who_loses_the_cloud_pc_meanwhile_keeps_the_old_one_for_the_grace_period(open_office: OpenOffice) -> None:
    office = open_office()
    user = working(office, "vm.create")
    before = begin(office, user)
    office.until(lambda: replacement(office, user), says="it is being built")
    office.take(user, SMALL)
    office.tell_changed(user)
    office.reaches(user, "inGracePeriod")
    office.mend_cloud("vm.create")
    office.until(lambda: replacement(office, user) is None, says="it is abandoned")
    office.pass_time(timedelta(hours=1))

    assert office.cloud_pc_of(user)["managedDeviceName"] == before["managedDeviceName"]
    assert assigned(office) == [before["managedDeviceName"]]
    office.until(lambda: len(office.machines()) == 1, says="only the old one is there")
    assert office.invariants() == []


def said(stack: Stack) -> int:
    return stack.host.output().count("\n")


@pytest.mark.long
@pytest.mark.timeout(600)
def test_kills_while_many_are_replaced_cost_nobody_his_machine(start_stack: StartStack) -> None:
    stack = start_stack(seed=7)
    office = Office(stack, stack.portal(), "kills").open()
    users = [office.user(number, SMALL) for number in range(1, 6)]
    office.policy("Desks", office.connection(), office.group("Everybody", *users))
    before = {user: office.settled(user)["managedDeviceName"] for user in users}
    form = {"action": "reprovision", "parameters": {"buildFirst": True}, "filter": {}, "canary": False}
    begun = office.portal.ask("POST", f"{office.base}/bulkActions", form).body

    def over() -> dict[str, Any] | None:
        told: dict[str, Any] = office.portal.ask("GET", f"{office.base}/bulkActions/{begun['id']}").body
        return told if told["status"] != "running" else None

    for _ in range(KILLS):
        until = said(stack) + 40
        while said(stack) < until and not over():
            time.sleep(0.2)
        stack.host.kill()
        stack.start_host()
        assert "assignedTwice" not in str(office.invariants())
    told = office.until(over, says="all are replaced")
    after = {user: office.cloud_pc_of(user) for user in users}

    assert (told["status"], told["counts"]) == ("succeeded", {"succeeded": len(users)})
    assert [pc["status"] for pc in after.values()] == ["provisioned"] * len(users)
    assert all(pc["managedDeviceName"] != before[user] for user, pc in after.items())
    assert sorted(assigned(office)) == sorted(pc["managedDeviceName"] for pc in after.values())
    office.pass_time(timedelta(hours=4))
    office.until(lambda: len(office.machines()) == len(users), says="the old ones are gone")
    assert office.invariants() == []
