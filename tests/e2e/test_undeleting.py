"""Kept disks over HTTP: the disk of a removed machine is used again by its own user, and by another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.office import SELDOM, SMALL, Office

pytestmark = pytest.mark.e2e

OpenOffice = Callable[..., Office]
CONFLICT = 409


def kept(office: Office) -> list[dict[str, Any]]:
    """The deleted Cloud PCs whose disks can be used."""
    found = office.portal.pages(f"{office.base}/deletedCloudPCs")
    return [each for each in found if each["status"] == "kept"]


def copy_of(office: Office, upn: str) -> dict[str, Any]:
    (found,) = [each for each in kept(office) if each["userPrincipalName"] == upn]
    return found


def build_from(office: Office, action: str, upn: str, copy: dict[str, Any]) -> dict[str, Any]:
    """Build a user's Cloud PC from a copy, and wait for it; return the Cloud PC."""
    path = f"{office.base}/cloudPCs/{office.cloud_pc_of(upn)['id']}/{action}"
    office.finish(office.portal.ask("POST", path, {"deletedCloudPcId": copy["id"]}), look=SELDOM)
    return office.cloud_pc_of(upn)


def machine_of(office: Office, pc: dict[str, Any]) -> dict[str, Any]:
    """The machine of a Cloud PC, in either of its two places."""
    (found,) = [each for each in office.machines() if pc["id"] in each["id"]]
    return found


def source_of(office: Office, pc: dict[str, Any]) -> str:
    """The name of the copy of which the disk of a Cloud PC was made; empty where it was made of an image."""
    os_disk = machine_of(office, pc)["body"]["properties"]["storageProfile"]["osDisk"]
    wanted = os_disk["managedDisk"]["id"].casefold()
    (disk,) = [each for each in office.machines("Microsoft.Compute/disks") if each["id"].casefold() == wanted]
    return str(disk["body"]["properties"]["creationData"].get("sourceResourceId", "")).rpartition("/")[2]


def assigned(office: Office) -> dict[str, str]:
    """The users of the session hosts, by the names of these."""
    hosts = office.machines("Microsoft.DesktopVirtualization/hostPools/sessionHosts")
    named = {host["id"].rpartition("/")[2]: host["body"]["properties"].get("assignedUser") for host in hosts}
    return {name: user for name, user in named.items() if user}


def gone(office: Office, upn: str, group: str) -> None:
    """Take a user's licence, and end the grace period; wait until their machine is gone."""
    pc = office.cloud_pc_of(upn)
    office.take(upn, SMALL)
    office.leave(group, upn)
    office.tell_changed(upn)
    office.act(office.reaches(upn, "inGracePeriod"), "endGracePeriod")
    office.until(
        lambda: not any(pc["id"] in each["id"] for each in office.machines()), says="it is removed", look=SELDOM
    )


def test_the_disk_of_a_removed_machine_is_used_again_by_its_user_and_then_by_another(open_office: OpenOffice) -> None:
    office = open_office({"deletedCloudPcsKeptInDays": 7})
    ada, bob = office.user(1, SMALL), office.user(2, SMALL)
    everybody = office.group("Everybody", ada, bob)
    office.policy("Desks", office.connection(), everybody)
    before = {user: office.settled(user) for user in (ada, bob)}
    computer = before[bob]["managedDeviceName"]

    office.act(before[bob], "reprovision", {})
    copy = copy_of(office, bob)
    assert copy["managedDeviceName"] == computer
    path = f"{office.base}/cloudPCs/{before[ada]['id']}"
    assert office.portal.send("POST", f"{path}/undelete", {"deletedCloudPcId": copy["id"]}).status == CONFLICT
    back = build_from(office, "undelete", bob, copy)
    assert (back["id"], back["status"], back["managedDeviceName"]) == (before[bob]["id"], "provisioned", computer)
    assert assigned(office)[computer] == bob
    second = office.portal.send("POST", f"{path}/handOver", {"deletedCloudPcId": copy["id"]})
    assert (second.status, f"{computer}, the computer on the disk, is there" in str(second.body)) == (CONFLICT, True)

    gone(office, bob, everybody)
    latest = next(each for each in kept(office) if each["managedDeviceName"] == computer and each["id"] != copy["id"])
    taken_over = build_from(office, "handOver", ada, latest)
    assert (taken_over["id"], taken_over["managedDeviceName"]) == (before[ada]["id"], computer)
    assert assigned(office) == {computer: ada}
    assert office.invariants() == []
