"""Graph's actions on a Cloud PC over HTTP: each ends with the Cloud PC, the machine and the operation as it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from local.portal import Portal
from local.stack import Stack
from tests.e2e.management import manage
from tests.e2e.office import SMALL, Json, Office

pytestmark = pytest.mark.e2e

ACCEPTED, NO_CONTENT, BAD_REQUEST, CONFLICT = 202, 204, 400, 409
DISKS, SNAPSHOTS = "Microsoft.Compute/disks", "Microsoft.Compute/snapshots"


@pytest.fixture(scope="module")
def office(stack: Stack, portal: Portal) -> Office:
    """An office with three Cloud PCs, which no test here leaves worse than it found them."""
    office = Office(stack, portal, "actions").open()
    users = [office.user(number, SMALL) for number in (1, 2, 3)]
    office.policy("Desks", office.connection(), office.group("Everybody", *users))
    office.user(9, SMALL)
    for user in users:
        assert office.settled(user)["status"] == "provisioned"
    return office


def cloud_pc(office: Office, number: int) -> Json:
    return office.cloud_pc_of(office.named(number))


def named(resource: Json) -> str:
    return str(resource["id"]).rpartition("/")[2]


def machine(office: Office, pc: Json) -> Json:
    return next(each for each in office.machines() if named(each) == f"cpc-{pc['id']}")


def stop(office: Office, pc: Json) -> None:
    """Somebody stops the machine in Azure's portal."""
    path = f"{machine(office, pc)['id']}/deallocate?api-version=2026-04-01"
    office.stack.tell_cloud("events", {"id": f"stop-{pc['id']}", "do": [{"method": "POST", "path": path}]})
    office.until(lambda: machine(office, pc)["facts"]["power"] == "deallocated", says="the machine is stopped")


def send(office: Office, pc: Json, action: str, body: object = None) -> Any:
    return office.portal.send("POST", f"{office.graph}/cloudPCs/{pc['id']}/{action}", body)


def snapshots_of(office: Office, pc: Json) -> list[Json]:
    answer = office.portal.ask("GET", f"{office.graph}/cloudPCs/{pc['id']}/retrieveSnapshots()")
    return list(answer.body["value"])


def disks_of(office: Office, pc: Json) -> list[str]:
    return [named(each) for each in office.machines(DISKS) if pc["id"] in named(each)]


def copies_of(office: Office, pc: Json) -> list[str]:
    return [named(each) for each in office.machines(SNAPSHOTS) if pc["id"] in named(each)]


def outcomes(operation: Json) -> list[tuple[str, str]]:
    return [(step["name"], step["outcome"]) for step in operation["steps"]]


def test_a_cloud_pc_is_renamed_and_its_computer_is_not(office: Office) -> None:
    before = cloud_pc(office, 1)
    for wrong in ("", "   ", "x" * 65, "a\nb", 7, None):
        assert send(office, before, "rename", {"displayName": wrong}).status == BAD_REQUEST
    operation = office.act(before, "rename", {"displayName": "Ada's desk"})
    after = cloud_pc(office, 1)
    assert (after["displayName"], after["managedDeviceName"]) == ("Ada's desk", before["managedDeviceName"])
    assert (operation["status"], outcomes(operation)) == ("succeeded", [("rename", "succeeded")])
    events = office.portal.pages(f"{office.graph}/auditEvents?$filter=resourceId%20eq%20'{before['id']}'")
    assert "Microsoft.CloudPC/cloudPCs/rename" in {event["activity"] for event in events}


def test_a_reboot_restarts_the_machine_once_for_the_same_request_twice(office: Office) -> None:
    pc = cloud_pc(office, 1)
    path, key = f"{office.graph}/cloudPCs/{pc['id']}/reboot", {"Idempotency-Key": "reboot-once"}
    first, second = (office.portal.ask("POST", path, None, key) for _ in range(2))
    assert first.headers["operation-location"] == second.headers["operation-location"]
    operation = office.finish(first)
    assert outcomes(operation) == [("restart", "succeeded"), ("answer", "succeeded")]
    asked = office.stack.ask_cloud(f"requests?op=vm.restart&path=*{pc['id']}*")
    assert len(asked) == 1
    assert cloud_pc(office, 1)["status"] == "provisioned"


def test_only_one_action_is_at_work_on_a_cloud_pc(office: Office) -> None:
    pc = cloud_pc(office, 2)
    office.break_cloud("vm.restart", {"kind": "delay", "add": 300})
    begun = office.portal.ask("POST", f"{office.graph}/cloudPCs/{pc['id']}/reboot")
    for action in ("createSnapshot", "reprovision", "troubleshoot"):
        refused = send(office, pc, action)
        assert (refused.status, "reboot is at work" in refused.body["error"]["message"]) == (CONFLICT, True)
    office.mend_cloud("vm.restart")
    assert office.finish(begun)["status"] == "succeeded"


def findings(office: Office) -> list[Any]:
    """Return the findings of the simulated cloud, without the session that a test ends by force."""
    found = office.invariants()
    return [each for each in found if (each["invariant"], each.get("user")) != ("sessionsLost", office.named(3))]


def test_a_cloud_pc_that_was_stopped_by_hand_is_started_by_its_users_sign_in(office: Office) -> None:
    pc, user = cloud_pc(office, 3), office.named(3)
    (pool,) = {named(each) for each in office.machines("Microsoft.DesktopVirtualization/hostPools")}
    operation = office.act(pc, "powerOff")
    assert outcomes(operation) == [("close", "succeeded"), ("stop", "succeeded"), ("open", "succeeded")]
    assert machine(office, pc)["facts"]["power"] == "deallocated"
    path = f"{office.graph}/cloudPCs/{pc['id']}"
    shown = office.portal.ask("GET", path).body
    assert (shown["powerState"], shown["status"]) == ("poweredOff", "provisioned")

    office.stack.tell_cloud("desktops/signins", {"user": user, "hostPool": pool})
    asked = f"desktops/signins?pool=*{pool}&limit=10"
    office.until(lambda: office.stack.ask_cloud(asked)[-1]["outcome"] == "signedIn", says="the user is signed in")
    refused = send(office, pc, "powerOff")
    assert (refused.status, user in refused.body["error"]["message"]) == (CONFLICT, True)
    assert machine(office, pc)["facts"]["power"] == "running"

    office.act(pc, "powerOff", {"force": True})
    assert machine(office, pc)["facts"]["power"] == "deallocated"
    operation = office.act(pc, "start")
    assert outcomes(operation) == [("start", "succeeded"), ("answer", "succeeded")]
    assert office.portal.ask("GET", path).body["powerState"] == "running"


def test_what_has_no_machine_has_no_actions(office: Office) -> None:
    listed = office.reaches(office.named(9), "notProvisioned")
    for action in ("reboot", "troubleshoot", "createSnapshot"):
        assert send(office, listed, action).status == CONFLICT


def test_the_user_becomes_an_administrator_and_a_standard_user_again(office: Office) -> None:
    pc = cloud_pc(office, 2)
    assert send(office, pc, "changeUserAccountType", {"userAccountType": "king"}).status == BAD_REQUEST
    office.act(pc, "changeUserAccountType", {"userAccountType": "administrator"})
    after = cloud_pc(office, 2)
    assert (after["userAccountType"], after["@deskwright.drift"]["differs"]) == ("administrator", ["localAdminEnabled"])
    office.act(pc, "changeUserAccountType", {"userAccountType": "standardUser"})
    after = cloud_pc(office, 2)
    assert (after["userAccountType"], after["@deskwright.drift"]["drifted"]) == ("standardUser", False)
    assert {"assignLocalAdministrator", "removeLocalAdministrator"} <= set(machine(office, pc)["facts"]["steps"])


def test_troubleshooting_starts_a_stopped_machine_and_tells_each_check(office: Office) -> None:
    pc = cloud_pc(office, 2)
    stop(office, pc)
    operation = office.act(pc, "troubleshoot")
    assert operation["status"] == "succeeded"
    checks = {check["name"]: check for check in operation["result"]["checks"]}
    assert operation["result"]["healthy"] is True, checks
    assert {name for name, check in checks.items() if check["repaired"]} >= {"power", "agent"}
    assert set(checks) == {"power", "agent", "sessionHost", "device", "managedDevice", "signInRights"}
    assert machine(office, pc)["facts"]["power"] == "running"
    again = office.act(pc, "troubleshoot")
    assert [check["status"] for check in again["result"]["checks"]] == ["passed"] * len(checks)


def test_a_cloud_pc_goes_back_to_a_restore_point(office: Office) -> None:
    pc = cloud_pc(office, 3)
    made = office.act(pc, "createSnapshot")
    point = snapshots_of(office, pc)[0]
    assert (point["id"], point["status"]) == (made["result"]["cloudPcSnapshotId"], "ready")
    assert send(office, pc, "restore", {"cloudPcSnapshotId": "another"}).status == CONFLICT
    (before,) = disks_of(office, pc)
    begun = send(office, pc, "restore", {"cloudPcSnapshotId": point["id"]})
    assert (begun.status, cloud_pc(office, 3)["status"]) == (NO_CONTENT, "restoring")
    operation = office.finish(begun)
    assert {outcome for _, outcome in outcomes(operation)} == {"succeeded"}
    assert cloud_pc(office, 3)["status"] == "provisioned"
    (after,) = disks_of(office, pc)
    assert after != before
    assert snapshots_of(office, pc)[0]["lastRestoredDateTime"] is not None
    found = office.act(pc, "troubleshoot")["result"]
    assert found["healthy"] is True, found
    assert findings(office) == []


@pytest.fixture
def unhurried(office: Office) -> Iterator[Callable[[], None]]:
    """Let time run as it does outside, until the test calls this."""
    with ExitStack() as until:
        until.enter_context(office.stack.at_speed(1.0))
        yield until.close


def test_a_restore_that_was_ended_by_mistake_goes_on(office: Office, unhurried: Callable[[], None]) -> None:
    pc = cloud_pc(office, 3)
    begun = send(office, pc, "createSnapshot")
    office.pass_time(timedelta(minutes=10))
    point = office.finish(begun)["result"]["cloudPcSnapshotId"]
    office.break_cloud("vm.deallocate", {"kind": "delay", "add": 300}, max_hits=1)
    begun = send(office, pc, "restore", {"cloudPcSnapshotId": point})
    operation = begun.headers["operation-location"].rpartition("/")[2]
    instance = f"{office.name}-{pc['id']}-act-{operation}-{office.timeline(pc['id'])['generation']}"
    manage(office, "/terminate?reason=by+mistake", instance, method="POST")
    office.until(lambda: manage(office, "", instance)["runtimeStatus"] == "Terminated", says="terminated")
    assert cloud_pc(office, 3)["status"] == "restoring"
    unhurried()
    assert office.finish(begun)["status"] == "succeeded"
    assert cloud_pc(office, 3)["status"] == "provisioned"
    assert len(disks_of(office, pc)) == 1


def test_restore_points_go_with_the_machine(office: Office) -> None:
    pc = cloud_pc(office, 1)
    office.act(pc, "createSnapshot")
    assert len(copies_of(office, pc)) == len(snapshots_of(office, pc))
    office.act(pc, "reprovision", {})
    assert copies_of(office, pc) == []
    assert snapshots_of(office, pc) == []
    assert findings(office) == []


def test_many_are_rebooted_at_once(office: Office) -> None:
    both = {"userPrincipalNames": [office.named(2), office.named(3)]}
    assert in_bulk(office, {"action": "reboot", "filter": both}) == ("succeeded", {"succeeded": 2})


def test_of_many_those_are_restored_that_have_a_restore_point(office: Office) -> None:
    pc = cloud_pc(office, 3)
    office.act(pc, "createSnapshot")
    (before,) = disks_of(office, pc)
    moment = snapshots_of(office, pc)[0]["createdDateTime"]
    pcs = [pc["id"] for pc in office.cloud_pcs() if pc["userPrincipalName"] in {office.named(2), office.named(3)}]
    asked = {"action": "restore", "parameters": {"restorePointDateTime": moment}, "cloudPcIds": pcs}
    assert in_bulk(office, asked) == ("succeeded", {"succeeded": 1})
    assert disks_of(office, pc) != [before]
    assert cloud_pc(office, 3)["status"] == "provisioned"


def in_bulk(office: Office, form: Json) -> tuple[str, Json]:
    answer = office.portal.ask("POST", f"{office.base}/bulkActions", form)
    assert answer.status == ACCEPTED
    place = f"{office.base}/bulkActions/{answer.body['id']}"

    def over() -> Json | None:
        seen: Json = office.portal.ask("GET", place).body
        return seen if seen["status"] != "running" else None

    ended = office.until(over, says="the bulk action is over")
    return ended["status"], ended["counts"]
