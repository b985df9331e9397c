"""Product rule 6: three attempts, then failed with the reason; room that is missing parks and uses up nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.portal import Answer
from tests.e2e.office import MEDIUM, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
BROKEN = {"kind": "lro_fail", "code": "VMExtensionProvisioningError", "message": "the join failed, exit code 51"}


def staffed(office: Office, *breaks: Callable[[], None]) -> str:
    upn = office.user(1, MEDIUM)
    connection = office.connection()
    for each in breaks:
        each()
    office.policy("Everyone", connection, office.group("staff", upn))
    return upn


@dataclass(frozen=True)
class Retried:
    """A Cloud PC that failed three times and was retried by hand: what was seen of it on the way."""

    office: Office
    user: str
    failed: dict[str, Any]
    entries: list[dict[str, Any]]
    answer: Answer
    again: dict[str, Any]
    machines: int


@pytest.fixture(scope="module")
def retried(shared_office: Office) -> Retried:
    """Three attempts take longest here: what fails, is retried and then stays is built once."""
    office = shared_office
    upn = staffed(office, lambda: office.break_cloud("extension.put", BROKEN))
    failed = office.settled(upn)
    entries = office.timeline(failed["id"])["entries"]
    office.mend_cloud("extension.put")
    answer = office.portal.ask("POST", f"{office.base}/cloudPCs/{failed['id']}/retry")
    again = office.reaches(upn, "provisioned")
    return Retried(office, upn, failed, entries, answer, again, len(office.machines()))


def test_after_three_attempts_it_has_failed_with_code_message_and_step(retried: Retried) -> None:
    pc = retried.failed
    told = {each["name"]: each["value"] for each in pc["statusDetail"]["additionalInformation"]}

    assert pc["status"] == "failed"
    assert pc["statusDetail"]["code"] == "VMExtensionProvisioningError"
    assert "exit code 51" in pc["statusDetail"]["message"]
    assert told["step"] == "joinDirectory"
    assert told["advice"]
    assert [e["attempt"] for e in retried.entries if e["outcome"] == "failed"] == [1, 2, 3]
    assert [e["attempt"] for e in retried.entries if e["step"] == "cleanUp"] == [2, 3]


def test_a_retry_by_hand_has_three_attempts_under_the_policy_that_wins_today(retried: Retried) -> None:
    assert retried.answer.status == 202
    assert retried.again["id"] == retried.failed["id"]
    assert retried.machines == 1
    assert retried.again["managedDeviceName"] != retried.failed["managedDeviceName"]


def test_a_retry_cancels_the_clean_up_that_is_due(retried: Retried) -> None:
    office = retried.office
    office.pass_time(timedelta(hours=4))

    assert len(office.machines()) == 1
    assert office.cloud_pc_of(retried.user)["status"] == "provisioned"


def test_a_cloud_pc_that_has_not_failed_is_not_retried(retried: Retried) -> None:
    path = f"{retried.office.base}/cloudPCs/{retried.again['id']}/retry"
    assert retried.office.portal.send("POST", path).status == 409


def test_three_hours_after_the_last_failure_nothing_is_left(open_office: OpenOffice) -> None:
    office = open_office()
    upn = staffed(office, lambda: office.break_cloud("extension.put", BROKEN))
    failed = datetime.fromisoformat(office.settled(upn)["lastModifiedDateTime"])
    left = len(office.machines())
    office.pass_time_to(failed + timedelta(hours=2, minutes=30))
    kept = len(office.machines())
    office.pass_time_to(failed + timedelta(hours=3, minutes=30))
    assert (left, kept) == (1, 1)
    office.until(lambda: not office.machines(), says="the machine is gone")
    office.until(lambda: not office.machines("Microsoft.Network/networkInterfaces"), says="the interface is gone")
    assert office.machines("Microsoft.Compute/disks") == []
    assert office.cloud_pc_of(upn)["status"] == "failed"


TAKEN = {"kind": "http", "status": 409, "code": "AssignmentConflict", "message": "not now"}
FULL = {"kind": "http", "status": 400, "code": "RoleAssignmentLimitExceeded", "message": "no assignment left"}


def made(machine: dict[str, Any]) -> str:
    """Return Azure's own id of a machine: another one of the same name has another."""
    return str(machine["body"]["properties"]["vmId"])


def test_the_next_attempt_goes_on_with_the_machine_that_is_there(open_office: OpenOffice) -> None:
    office = open_office()
    pc = office.settled(staffed(office, lambda: office.break_cloud("sessionHost.patch", TAKEN, max_hits=1)))
    entries = office.timeline(pc["id"])["entries"]

    assert pc["status"] == "provisioned"
    assert [e["step"] for e in entries if e["attempt"] == 2] == ["assignUser"]
    assert pc["managedDeviceName"] in entries[-1]["note"]
    assert len(office.machines()) == 1
    assert office.invariants() == []


def test_a_retry_by_hand_goes_on_with_the_machine_whose_clean_up_it_cancels(open_office: OpenOffice) -> None:
    office = open_office()
    failed = office.settled(upn := staffed(office, lambda: office.break_cloud("role.put", FULL)))
    assert (failed["status"], failed["statusDetail"]["code"]) == ("failed", FULL["code"])
    told = {each["name"]: each["value"] for each in failed["statusDetail"]["additionalInformation"]}
    assert told["retryResumesAt"] == "assignUser"
    (before,) = office.machines()
    office.mend_cloud("role.put")
    office.portal.ask("POST", f"{office.base}/cloudPCs/{failed['id']}/retry")
    again = office.reaches(upn, "provisioned")
    entries = office.timeline(again["id"])["entries"]

    assert again["managedDeviceName"] == failed["managedDeviceName"]
    assert [made(machine) for machine in office.machines()] == [made(before)]
    steps = [e["step"] for e in entries if e["generation"] == entries[-1]["generation"]]
    assert steps == ["assignUser", "awaitSignInRights"]


@pytest.mark.long
def test_a_retry_that_builds_elsewhere_leaves_nothing_where_it_failed(open_office: OpenOffice) -> None:
    office = open_office()
    upn = office.user(1, MEDIUM)
    group = office.group("staff", upn)
    office.site("second")
    here, there = office.connection(), office.connection("Second", site="second")
    office.break_cloud("extension.put", BROKEN)
    policy = office.policy("First", here, group)
    failed = office.settled(upn)
    office.policy("Second", there, group)
    office.assign(policy)  # now the second wins; without any policy what has failed would be cancelled
    office.mend_cloud("extension.put")
    office.portal.ask("POST", f"{office.base}/cloudPCs/{failed['id']}/retry")
    office.reaches(upn, "provisioned")

    assert [f"/resourceGroups/second-{office.name}/" in vm["id"] for vm in office.machines()] == [True]


def test_what_cannot_heal_stops_at_once(open_office: OpenOffice) -> None:
    office = open_office()
    forbidden = {"kind": "http", "status": 403, "code": "RequestDisallowedByPolicy", "message": "not in this region"}
    pc = office.settled(staffed(office, lambda: office.break_cloud("vm.create", forbidden)))
    attempts = {entry["attempt"] for entry in office.timeline(pc["id"])["entries"]}

    assert pc["status"] == "failed"
    assert attempts == {1}


def test_missing_room_parks_visibly_and_the_build_goes_on_when_there_is_room(open_office: OpenOffice) -> None:
    office = open_office()
    full = {"kind": "lro_fail", "code": "AllocationFailed", "message": "no capacity anywhere"}
    upn = staffed(office, lambda: office.break_cloud("vm.create", full))

    def parked() -> bool:
        mine = office.cloud_pcs_of(upn)
        detail = mine[0]["statusDetail"] if mine else None
        return bool(detail and mine[0]["status"] == "pendingProvision" and "no capacity" in detail["message"])

    office.until(parked, says="parked for want of room")
    office.mend_cloud("vm.create")
    pc = office.reaches(upn, "provisioned")

    assert {entry["attempt"] for entry in office.timeline(pc["id"])["entries"]} == {1}


@pytest.mark.long
def test_after_the_parking_limit_it_fails_for_want_of_room(open_office: OpenOffice) -> None:
    office = open_office(settings={"parkingLimitInHours": 2})
    full = {"kind": "lro_fail", "code": "AllocationFailed", "message": "no capacity anywhere"}
    pc = office.settled(staffed(office, lambda: office.break_cloud("vm.create", full)))

    assert pc["status"] == "failed"
    assert "2 hours" in pc["statusDetail"]["message"]
    assert office.machines() == []
