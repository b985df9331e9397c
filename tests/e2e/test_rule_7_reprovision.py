"""docs/notes/product.md 3.7: reprovisioning deletes a Cloud PC, its device first, and builds it by today's policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.office import SMALL, Office

BAD_REQUEST, CONFLICT = 400, 409
OpenOffice = Callable[..., Office]


@pytest.fixture
def ready(open_office: OpenOffice) -> tuple[Office, str, str]:
    """An office with one Cloud PC; its user, and the group through which he has it."""
    office = open_office()
    user = office.user(1, SMALL)
    group = office.group("Everybody", user, office.user(90))
    office.policy("Desks", office.connection(), group)
    assert office.settled(user)["status"] == "provisioned"
    return office, user, group


def test_it_is_the_same_cloud_pc_with_a_new_machine_under_today_s_policy(ready: tuple[Office, str, str]) -> None:
    office, user, _ = ready
    before = office.cloud_pc_of(user)
    office.portal.ask("PATCH", f"{office.graph}/provisioningPolicies/{office.only_policy()}", {"displayName": "Newer"})
    operation = office.act(before, "reprovision", {"userAccountType": "administrator", "osVersion": "windows11"})
    assert operation["result"]["status"] == "provisioned"
    after = office.cloud_pc_of(user)
    assert after["id"] == before["id"]
    assert after["status"] == "provisioned"
    assert (after["provisioningPolicyName"], after["userAccountType"]) == ("Newer", "administrator")
    assert after["managedDeviceName"] != before["managedDeviceName"]
    assert after["managedDeviceId"] != before["managedDeviceId"]
    assert office.devices(before["managedDeviceName"]) == []
    assert len(office.devices(after["managedDeviceName"])) == 1
    assert len(office.machines()) == 1
    steps = [(entry["step"], entry["outcome"]) for entry in office.timeline(after["id"])["entries"]]
    assert ("cleanUp", "succeeded") in steps
    assert office.invariants() == []


@pytest.mark.long
def test_the_same_request_twice_reprovisions_once(ready: tuple[Office, str, str]) -> None:
    office, user, _ = ready
    pc = office.cloud_pc_of(user)
    path, key = f"{office.graph}/cloudPCs/{pc['id']}/reprovision", {"Idempotency-Key": "once"}
    first = office.portal.ask("POST", path, {}, key)
    second = office.portal.ask("POST", path, {}, key)
    assert first.headers["operation-location"] == second.headers["operation-location"]
    office.finish(first)
    assert office.timeline(pc["id"])["generation"] == office.timeline(pc["id"])["entries"][-1]["generation"]
    assert len({entry["generation"] for entry in office.timeline(pc["id"])["entries"]}) == len(["built", "rebuilt"])


def test_without_a_policy_nothing_is_deleted(ready: tuple[Office, str, str]) -> None:
    office, user, group = ready
    pc = office.cloud_pc_of(user)
    office.leave(group, user)  # and nobody has told us yet
    answer = office.portal.send("POST", f"{office.graph}/cloudPCs/{pc['id']}/reprovision", {})
    assert answer.status == CONFLICT
    assert "no provisioning policy" in answer.body["error"]["message"]
    assert len(office.machines()) == 1
    assert office.cloud_pc_of(user)["managedDeviceId"] == pc["managedDeviceId"]


def test_what_is_in_its_grace_period_or_asked_for_wrongly_is_left_alone(ready: tuple[Office, str, str]) -> None:
    office, user, group = ready
    pc = office.cloud_pc_of(user)
    path = f"{office.graph}/cloudPCs/{pc['id']}/reprovision"
    assert office.portal.send("POST", path, {"userAccountType": "king"}).status == BAD_REQUEST
    office.leave(group, user)
    office.tell_changed(user)
    office.reaches(user, "inGracePeriod")
    answer = office.portal.send("POST", path, {})
    assert (answer.status, "inGracePeriod" in answer.body["error"]["message"]) == (CONFLICT, True)
    assert len(office.machines()) == 1
