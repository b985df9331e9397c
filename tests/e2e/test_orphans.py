"""docs/notes/product.md 3.10: a scan proves that no resource of ours is left without a record, and lists what is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.identity import on_premises, put_resource
from tests.e2e.office import MEDIUM, SMALL, Office

pytestmark = pytest.mark.e2e

CONFLICT = 409
FOUND = 8 + 4 + 3  # VM, NIC, disk, 2 rights, host, 2 devices; the hosted network; the pool with group and workspace
NOBODY = "0123456789abcdef0123"
OpenOffice = Callable[..., Office]
Json = dict[str, Any]


def scan(office: Office) -> Json:
    """Scan, and return what is listed then."""
    office.finish(office.portal.ask("POST", f"{office.base}/orphans/scan"))
    return orphans(office)


def orphans(office: Office) -> Json:
    body: Json = office.portal.ask("GET", f"{office.base}/orphans").body
    return body


def put_disk(office: Office, name: str, tags: dict[str, str]) -> str:
    """Make a disk in the tenant's own resource group, as a build that died would have left it."""
    place = f"/subscriptions/{office.subscription}/resourceGroups/pcs-{office.name}/providers/Microsoft.Compute/disks"
    properties = {"creationData": {"createOption": "Empty"}, "diskSizeGB": 32}
    body = {"location": "westeurope", "tags": tags, "sku": {"name": "Premium_LRS"}, "properties": properties}
    put_resource(office.stack, f"{place}/{name}?api-version=2026-03-02", body)
    return f"{place}/{name}"


def disks(office: Office) -> set[str]:
    return {each["name"] for each in (d["body"] for d in office.machines("Microsoft.Compute/disks"))}


@pytest.mark.long
def test_what_no_record_knows_is_listed_and_goes_and_nothing_else_does(open_office: OpenOffice) -> None:
    office = open_office()
    user = office.user(1, SMALL)
    office.policy("Desks", office.connection(), office.group("Everybody", user))
    earlier = office.settled(user)["managedDeviceName"]
    office.act(office.cloud_pc_of(user), "reprovision")
    pc, own = office.settled(user), disks(office)
    clean = scan(office)
    assert (clean["value"], clean["scan"]["complete"]) == ([], True)
    assert sum(each["found"] for each in clean["scan"]["lookedAt"]) == FOUND

    tags = {"deskwright:tenant": office.name, "deskwright:role": "cloudPc", "deskwright:cloudpc": NOBODY}
    left = put_disk(office, "left", tags)
    put_disk(office, "foreign", {**tags, "deskwright:tenant": "somebody-else"})
    put_disk(office, "untagged", {})
    second = put_disk(office, "second", {**tags, "deskwright:cloudpc": pc["id"]})
    alike = f"{earlier[:-1]}0"  # nobody was given this name: names have no digit 0
    for name in (earlier, alike):
        office.stack.tell_cloud("graph/devices", {"displayName": name})
    (device,) = office.devices(earlier)
    listed = {each["resourceId"]: each for each in scan(office)["value"]}
    assert set(listed) == {left, second, device["id"]}
    assert (listed[left]["type"], listed[left]["cloudPcId"], listed[left]["removable"]) == ("disk", NOBODY, False)
    assert (listed[second]["cloudPcId"], listed[second]["removableFrom"]) == (pc["id"], None)  # it may have a reason
    assert "an earlier machine" in listed[device["id"]]["why"]
    for each in listed.values():
        assert office.portal.send("POST", f"{office.base}/orphans/{each['id']}/remove").status == CONFLICT

    office.pass_time(timedelta(hours=6, minutes=1))
    gone = office.portal.ask("POST", f"{office.base}/orphans/{listed[left]['id']}/remove")
    assert office.finish(gone)["status"] == "succeeded"
    assert disks(office) == own | {"foreign", "untagged", "second"}
    assert office.devices(earlier)  # nobody has asked for that
    office.portal.ask("PATCH", office.base, {"settings": {"removeOrphans": True}})
    scan(office)
    office.until(lambda: not office.devices(earlier), says="the device goes by itself")
    assert [each["resourceId"] for each in orphans(office)["value"]] == [second]
    assert office.devices(alike)
    assert office.devices(pc["managedDeviceName"])
    assert disks(office) == own | {"foreign", "untagged", "second"}


def test_the_account_in_the_domain_is_disabled_before_the_machine_goes_or_listed(open_office: OpenOffice) -> None:
    office = open_office()
    user = office.user(1, MEDIUM)
    connection = office.connection(**on_premises(office.stack, office.subscription))
    office.policy("Desks", connection, office.group("Everybody", user))
    pc = office.settled(user)
    earlier = pc["managedDeviceName"]
    refusal = {"vm": f"cpc-{pc['id']}", "step": "disableComputerAccount", "message": "Access is denied."}
    office.stack.tell_cloud("config", {"scriptOutcomes": [refusal]})
    office.act(pc, "reprovision")
    office.stack.tell_cloud("config", {"scriptOutcomes": []})
    assert office.settled(user)["status"] == "provisioned"
    (computer,) = scan(office)["value"]
    assert (computer["type"], computer["name"], computer["removable"]) == ("onPremisesComputer", earlier, True)
    assert "Access is denied." in computer["why"]
    done = office.portal.ask("POST", f"{office.base}/orphans/{computer['id']}/remove")
    assert office.finish(done)["status"] == "succeeded"
    assert orphans(office)["value"] == []

    office.take(user, MEDIUM)
    office.tell_changed(user)
    office.act(office.reaches(user, "inGracePeriod"), "endGracePeriod")
    office.until(lambda: office.powers() == ["deallocated"], says="its machine has stopped")
    (machine,) = office.machines()
    assert machine["facts"]["steps"]["disableComputerAccount"] is True
    assert orphans(office)["value"] == []
