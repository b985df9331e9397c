"""Resizing over HTTP: licences swapped in any order, one machine for each, and the way back without capacity."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.portal import Portal
from local.stack import Stack
from tests.e2e.management import manage
from tests.e2e.office import CLOSELY, MEDIUM, SMALL, STEADILY, Json, Office
from tests.e2e.test_actions import machine, named, outcomes, send

pytestmark = [pytest.mark.e2e, pytest.mark.long]

LARGE = "CPC_E_4C_16GB_256GB"
OK, NO_CONTENT, BAD_REQUEST, CONFLICT = 200, 204, 400, 409
FULL = {"kind": "lro_fail", "code": "ZonalAllocationFailed", "message": "Allocation failed in this zone."}
PEOPLE = range(1, 13)
BIG = 12
WAIT = 8
"""Hours; a day that passes costs half a minute."""


@pytest.fixture(scope="module")
def office(stack: Stack, portal: Portal) -> Office:
    """An office in which everybody has a small Cloud PC; each test has somebody of its own."""
    office = Office(stack, portal, "resizes").open(
        {"removalBrake": {"percent": 100}, "cleanUpDelayInHours": 0, "resizeWaitInHours": WAIT}
    )
    stack.tell_cloud("graph/licences", {"sku": LARGE, "enabled": 100_000})
    users = [office.user(number, LARGE if number == BIG else SMALL) for number in PEOPLE]
    office.policy("Desks", office.connection(), office.group("Everybody", *users))
    for user in users:
        assert office.settled(user)["status"] == "provisioned"
    return office


def plan_id(office: Office, licence: str) -> str:
    plans = office.portal.pages(f"{office.graph}/servicePlans")
    return next(str(plan["id"]) for plan in plans if plan["@deskwright.skuPartNumber"] == licence)


def to(office: Office, licence: str) -> Json:
    return {"targetServicePlanId": plan_id(office, licence)}


def ended(office: Office, answer: Any) -> Json:
    """Wait for an operation, however it ends."""
    where = answer.headers["operation-location"].partition("/api")[2]

    def over() -> Json | None:
        seen: Json = office.portal.ask("GET", where).body
        return seen if seen["status"] in {"succeeded", "failed"} else None

    found: Json = office.until(over, says="the operation has ended")
    return found


def swap(office: Office, upn: str, old: str, new: str) -> None:
    office.give(upn, new)
    office.take(upn, old)
    office.tell_changed(upn)


def hardware(office: Office, pc: Json) -> tuple[str, int]:
    found = machine(office, pc)
    return str(found["body"]["properties"]["hardwareProfile"]["vmSize"]), int(found["facts"]["partitionGb"])


def has_one_whole_machine(office: Office, upn: str) -> bool:
    pcs = {pc["id"] for pc in office.cloud_pcs_of(upn)}
    names = [named(each) for each in office.machines()]
    return sorted(name for name in names if name.removeprefix("cpc-") in pcs) == [f"cpc-{each}" for each in sorted(pcs)]


def await_request(office: Office, op: str, pc: Json, *, look: timedelta = STEADILY) -> None:
    path = f"requests?op={op}&path=*{pc['id']}*"
    office.until(lambda: office.stack.ask_cloud(path), says=f"{op} has been asked for", look=look)


def test_a_resize_waits_for_its_licence_and_keeps_machine_name_and_disk(office: Office) -> None:
    upn = office.named(1)
    before = office.cloud_pc_of(upn)
    asked = send(office, before, "resize", to(office, LARGE))
    assert (asked.status, office.cloud_pc_of(upn)["status"]) == (NO_CONTENT, "resizePendingLicense")
    swap(office, upn, SMALL, LARGE)
    operation = office.finish(asked)
    after = office.cloud_pc_of(upn)
    assert {outcome for _, outcome in outcomes(operation)} == {"succeeded"}
    assert (after["id"], after["status"], after["servicePlanId"]) == (
        before["id"],
        "provisioned",
        plan_id(office, LARGE),
    )
    assert after["managedDeviceName"] == before["managedDeviceName"]
    assert hardware(office, after) == ("Standard_D4s_v5", 256)
    assert has_one_whole_machine(office, upn)
    entry = office.timeline(before["id"])["entries"][-1]
    assert (entry["step"], entry["outcome"]) == ("resize", "succeeded")
    events = office.portal.pages(f"{office.graph}/auditEvents?$filter=resourceId%20eq%20'{before['id']}'")
    assert "Microsoft.CloudPC/cloudPCs/resize" in {event["activity"] for event in events}


def test_in_either_order_of_the_licences_nobody_loses_it_and_no_second_one_is_built(office: Office) -> None:
    upn = office.named(2)
    before = office.cloud_pc_of(upn)
    asked = send(office, before, "resize", to(office, MEDIUM))
    office.take(upn, SMALL)  # first the old one goes, later the new one comes
    office.tell_changed(upn)
    office.pass_time(timedelta(minutes=30))
    assert office.cloud_pc_of(upn)["status"] == "resizePendingLicense"
    assert send(office, before, "resize", to(office, LARGE)).status == CONFLICT
    office.give(upn, MEDIUM)
    office.tell_changed(upn)
    assert office.finish(asked)["status"] == "succeeded"
    office.until(lambda: office.cloud_pc_of(upn)["@deskwright.swap"] is None, says="the first swap is over")
    asked = send(office, before, "resize", to(office, LARGE))
    office.give(upn, LARGE)  # first the new one comes, later the old one goes
    office.tell_changed(upn)
    assert office.finish(asked)["status"] == "succeeded"
    office.pass_time(timedelta(minutes=30))
    after = office.cloud_pc_of(upn)
    assert (after["id"], after["servicePlanId"]) == (before["id"], plan_id(office, LARGE))
    assert after["@deskwright.swap"]["servicePlanId"] == plan_id(office, MEDIUM)
    office.take(upn, MEDIUM)
    office.tell_changed(upn)
    office.until(lambda: office.cloud_pc_of(upn)["@deskwright.swap"] is None, says="the swap is over")


def test_a_licence_that_never_comes_leaves_it_as_it_was_or_in_its_grace_period(office: Office) -> None:
    keeps, loses = office.named(3), office.named(4)
    asked = [send(office, office.cloud_pc_of(upn), "resize", to(office, LARGE)) for upn in (keeps, loses)]
    office.take(loses, SMALL)
    office.tell_changed(loses)
    office.pass_time(timedelta(hours=WAIT - 1))
    assert office.cloud_pc_of(loses)["status"] == "resizePendingLicense"
    office.pass_time(timedelta(hours=2))
    assert office.reaches(keeps, "provisioned")["@deskwright.swap"] is None
    assert office.reaches(loses, "inGracePeriod")["@deskwright.grace"]["cause"] == "licenseRemoved"
    assert {ended(office, each)["error"]["code"] for each in asked} == {"licenseNotAssigned"}
    office.give(loses, SMALL)
    office.tell_changed(loses)
    assert office.reaches(loses, "provisioned")


def test_without_hardware_it_keeps_its_size_says_so_and_is_resized_later(office: Office) -> None:
    upn = office.named(5)
    before = office.cloud_pc_of(upn)
    had = hardware(office, before)
    rule = {"match": {"op": "vm.start", "path": f"*{before['id']}*"}, "do": FULL, "when": {"max_hits": 3}}
    office.stack.tell_cloud("faults", {"id": "full", **rule})
    asked = send(office, before, "resize", to(office, LARGE))
    swap(office, upn, SMALL, LARGE)
    failed = ended(office, asked)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "ZonalAllocationFailed")
    assert "keeps its size" in failed["error"]["message"]
    after = office.cloud_pc_of(upn)
    assert (after["status"], hardware(office, after)[0]) == ("provisioned", had[0])
    assert machine(office, after)["facts"]["power"] == "running"
    office.pass_time(timedelta(minutes=15))  # the worker forgets which places were full
    assert office.act(after, "resize", to(office, LARGE))["result"]["vmSize"] == "Standard_D4s_v5"
    assert has_one_whole_machine(office, upn)


def test_one_that_was_ended_by_mistake_goes_on(office: Office) -> None:
    upn = office.named(6)
    pc = office.cloud_pc_of(upn)
    office.break_cloud("vm.deallocate", {"kind": "delay", "add": 900}, max_hits=1)
    asked = send(office, pc, "resize", to(office, MEDIUM))
    swap(office, upn, SMALL, MEDIUM)
    office.reaches(upn, "resizing")
    operation = asked.headers["operation-location"].rpartition("/")[2]
    instance = f"{office.name}-{pc['id']}-act-{operation}-{office.timeline(pc['id'])['generation']}"
    await_request(office, "vm.deallocate", pc, look=CLOSELY)  # else the machine stops before anybody can step in
    manage(office, "/terminate?reason=by+mistake", instance, method="POST")
    told = ended(office, asked)
    assert told["status"] == "succeeded", told["error"]
    assert office.reaches(upn, "provisioned")["servicePlanId"] == plan_id(office, MEDIUM)
    assert has_one_whole_machine(office, upn)


def test_the_host_is_killed_again_and_again_and_the_resize_comes_to_its_end(office: Office) -> None:
    upn = office.named(7)
    pc = office.cloud_pc_of(upn)
    asked = send(office, pc, "resize", to(office, LARGE))
    swap(office, upn, SMALL, LARGE)
    for op in ("vm.deallocate", "vm.update", "vm.start"):
        await_request(office, op, pc)
        office.stack.host.kill()
        office.stack.start_host()
    assert ended(office, asked)["status"] == "succeeded"
    assert hardware(office, office.cloud_pc_of(upn)) == ("Standard_D4s_v5", 256)
    assert has_one_whole_machine(office, upn)


def test_many_are_resized_in_bulk_and_those_that_wait_hold_up_nobody(office: Office) -> None:
    has, waits = office.named(8), office.named(9)
    form = {"action": "resize", "parameters": to(office, MEDIUM), "filter": {"userPrincipalNames": [has, waits]}}
    bulk = office.portal.ask("POST", f"{office.base}/bulkActions", form).body
    place = f"{office.base}/bulkActions/{bulk['id']}"
    office.until(lambda: office.portal.ask("GET", place).body["status"] == "succeeded", says="the bulk action is over")
    swap(office, has, SMALL, MEDIUM)
    office.until(
        lambda: office.cloud_pc_of(has)["servicePlanId"] == plan_id(office, MEDIUM),
        says="who has the licence is resized",
    )
    assert office.cloud_pc_of(waits)["status"] == "resizePendingLicense"
    assert send(office, office.cloud_pc_of(waits), "reboot").status == NO_CONTENT


def test_what_stands_in_the_way_is_said_plainly_for_one_and_for_many(office: Office) -> None:
    pc, big = (office.cloud_pc_of(office.named(number)) for number in (10, BIG))
    for body in ({}, {"targetServicePlanId": "nothing"}, {"targetServicePlanId": 7}):
        assert send(office, pc, "resize", body).status == BAD_REQUEST
    for one, why in ((pc, "already"), (big, "a disk only grows")):
        refused = send(office, one, "resize", to(office, SMALL))
        assert (refused.status, why in refused.body["error"]["message"]) == (CONFLICT, True)
        assert refused.body["error"]["innerError"]["code"] == "operationNotSupported"
    form = {"cloudPcIds": [pc["id"], big["id"], "gone"], **to(office, LARGE)}
    told = office.portal.ask("POST", f"{office.graph}/cloudPCs/validateBulkResize", form).body["value"]
    assert [each["validationResult"] for each in told] == ["success", "operationNotSupported", "cloudPcNotFound"]
    bulk = {"action": "resize", "parameters": to(office, LARGE), "cloudPcIds": form["cloudPcIds"], "dryRun": True}
    dry = office.portal.ask("POST", f"{office.base}/bulkActions", bulk).body
    assert (dry["possible"], dry["refused"], "operationNotSupported" in str(dry["value"])) == (1, 2, True)


def test_licences_that_are_swapped_without_a_resize_have_one_machine_each(office: Office) -> None:
    upn = office.named(11)
    before = office.cloud_pc_of(upn)
    swap(office, upn, SMALL, MEDIUM)
    office.until(
        lambda: sorted(pc["status"] for pc in office.cloud_pcs_of(upn)) == ["inGracePeriod", "provisioned"],
        says="the old one is in its grace period, a new one is there",
    )
    by_plan = {pc["servicePlanId"]: pc for pc in office.cloud_pcs_of(upn)}
    assert by_plan[plan_id(office, SMALL)]["id"] == before["id"]
    assert has_one_whole_machine(office, upn)
    taken = send(office, by_plan[plan_id(office, MEDIUM)], "resize", to(office, SMALL))
    assert taken.body["error"]["innerError"]["code"] == "targetLicenseHasAssigned"
    assert has_one_whole_machine(office, upn)
